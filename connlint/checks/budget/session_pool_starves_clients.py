"""Persistent clients of a session pool outnumber its server connections: the rest wait for ever.

https://www.pgbouncer.org/features.html (session pooling); lab T22d: 8 clients on a pool of 5, 9 of 192 requests fail with
query_wait_timeout, none with CONN_MAX_AGE = 0 or in transaction mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.deployment.pools import pools_of
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for pooler in deployment.poolers:
        for pools in pools_of(deployment, pooler).values():
            for pool in pools:
                modes = [route.mode for route in pool.routes if route.mode is not None]
                kept = [route for route in pool.routes if route.database.persistent]
                if not kept or not all(mode.always(lambda m: m == "session") for mode in modes):
                    continue
                if pool.clients.compare(pool.size) is not Verdict.MUST:
                    continue
                yield Found(
                    f"{pool.clients} persistent clients share the {pool.size} session connections of {pooler.name}'s "
                    f"pool {pool.name}: the others wait until query_wait_timeout",
                    (
                        Evidence(kept[0].database.get("CONN_MAX_AGE"), "each client keeps its server connection"),
                        Evidence(pool.size, "connections per user and database"),
                        Evidence(modes[0], "a connection is a client's until it disconnects"),
                        Evidence(pool.clients, "clients"),
                    ),
                    subject=f"{pooler.name}: pool {pool.name}",
                    help=f"{pool.clients.proof} against {pool.size.proof}; use pool_mode = transaction, set CONN_MAX_AGE "
                    "to 0, or make the pool as large as the number of clients",
                )
