"""Statement pooling refuses transactions, and Django needs them.

https://www.pgbouncer.org/features.html (statement pooling); lab T7: atomic(), bulk_create, get_or_create and delete fail.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import at, shared
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for way in shared(deployment):
        if not way.mode.ever(lambda mode: mode == "statement"):
            continue
        yield Found(
            f'every transaction of "{way.database.alias}" fails: {way.pooler.name} pools by statement, and atomic(), '
            "bulk_create(), get_or_create() and delete() need several on one connection",
            (
                *at(way.pooler, way.mode, "a transaction of several statements is refused"),
                Evidence(way.database.span, "Django connects through it"),
            ),
            subject=f"{way.pooler.name}: pool_mode for {way.database.alias}",
            help="set pool_mode = transaction, or session",
            verdict=Verdict.MUST if way.mode.is_exact else Verdict.CAN,
        )
