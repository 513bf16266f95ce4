"""The routes that share server connections between clients, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment, Engine, Pooler, Route
from connlint.value import Value, Verdict

MULTIPLEXING = frozenset({"transaction", "statement"})


def multiplexed(deployment: Deployment) -> Iterator[tuple[Route, Pooler, Value, Verdict]]:
    """Every PostgreSQL route whose pooler takes the server connection back after a transaction or statement.

    Once per alias and pooler, whichever processes use it. MUST when the mode is known, CAN when it is one of several.
    """
    seen = set()
    for route in deployment.routes:
        pooler, mode = route.pooler, route.mode
        key = (route.database.module, route.database.alias, pooler)
        if pooler is None or mode is None or pooler.serves is not Engine.POSTGRESQL or key in seen:
            continue
        seen.add(key)
        if mode.always(MULTIPLEXING.__contains__):
            yield route, pooler, mode, Verdict.MUST
        elif mode.ever(MULTIPLEXING.__contains__):
            yield route, pooler, mode, Verdict.CAN
