"""A pooler is deployed, and the settings connect to the server behind it.

https://www.pgbouncer.org/usage.html: clients connect to listen_port, not to the server's own port.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import at
from connlint.deployment.model import Deployment
from connlint.deployment.routes import bypasses, ways
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    every = list(ways(deployment))
    if any(not way.told for way in every):
        return  # an alias that may use the pooler: another may go round it on purpose
    used = {way.pooler for way in every}
    for way in every:
        for pooler in () if way.pooler is not None else deployment.poolers:
            entry = None if pooler in used else bypasses(way.database, pooler)
            if entry is None:
                continue  # where one alias uses the pooler, another goes round it on purpose, for migrations and the like
            alias, host = way.database.alias, way.database.get("HOST")
            yield Found(
                f'"{alias}" connects straight to {host}, the server behind {pooler.name}, and no alias connects to '
                f"{pooler.name} itself: it pools nothing",
                (
                    Evidence(host, "the server itself"),
                    Evidence(entry["host"], f"what {pooler.name} connects to"),
                    *at(pooler, pooler.get("listen_port"), f"where {pooler.name} listens"),
                ),
                subject=f"{way.database.module}:{alias}.HOST",
                help=f"point HOST and PORT at {pooler.name}, or take it out of the deployment",
            )
