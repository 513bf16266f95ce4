"""A pooler is deployed, and the settings connect to the server behind it.

https://www.pgbouncer.org/usage.html: clients connect to listen_port, not to the server's own port.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.deployment.routes import bypasses
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    used = {route.pooler for route in deployment.routes}
    seen = set()
    for route in deployment.routes:
        key = (route.database.module, route.database.alias)
        if route.pooler is not None or key in seen:
            continue
        for pooler in deployment.poolers:
            entry = bypasses(route.database, pooler)
            if entry is None or pooler in used:
                continue  # another alias uses it: this one may go round it for migrations
            seen.add(key)
            host = route.database.get("HOST")
            yield Found(
                f'"{route.database.alias}" connects straight to {host}, the server behind {pooler.name}',
                (
                    Evidence(host, "the server itself"),
                    Evidence(entry["host"], f"what {pooler.name} connects to"),
                    Evidence(pooler.get("listen_port"), f"where {pooler.name} listens"),
                ),
                subject=f"{route.database.module}:{route.database.alias}.HOST",
                help=f"point HOST and PORT at {pooler.name}, or take the pooler away",
            )
