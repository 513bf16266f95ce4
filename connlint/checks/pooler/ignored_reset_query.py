"""server_reset_query is set where PgBouncer does not run it.

https://www.pgbouncer.org/config.html#server_reset_query: in transaction pooling only server_reset_query_always runs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import MULTIPLEXING
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for pooler in deployment.poolers:
        query = pooler.settings.get("server_reset_query")
        mode = pooler.get("pool_mode")
        always = pooler.get("server_reset_query_always")
        modes = [mode, *(entry["pool_mode"] for entry in pooler.databases.values() if "pool_mode" in entry)]
        if query is None or query.always(lambda v: v == "") or not always.always(lambda v: not v):
            continue
        if all(each.always(MULTIPLEXING.__contains__) for each in modes):
            yield Found(
                f"{pooler.name} never runs server_reset_query in {mode} mode",
                (Evidence(query, "not run"), Evidence(mode, "only session mode resets connections")),
                subject=f"{pooler.name}: server_reset_query",
                help="remove it; in transaction mode nothing may be left to reset, and server_reset_query_always = 1 would "
                "run it after each transaction",
            )
