"""Persistent clients of a session pool outnumber its server connections: the rest wait in vain.

https://www.pgbouncer.org/features.html (session pooling); lab T22d: 8 persistent clients on a pool of 5, 9 of 192 requests
fail with query_wait_timeout, and none with CONN_MAX_AGE = 0 or in transaction mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import asked, unbounded
from connlint.checks.budget._raising import leave
from connlint.deployment import demand
from connlint.deployment.budget import lacking
from connlint.deployment.client_pool import has_pool, pool_span
from connlint.deployment.managed import declaration
from connlint.deployment.model import Concurrency, Deployment, Route
from connlint.deployment.pools import Pool, pools_of
from connlint.finding import Amount, Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Span
from connlint.value import Value, Verdict, total


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for pooler in deployment.poolers:
        for pools in pools_of(deployment, pooler).values():
            for pool in pools:
                yield from _starved(deployment, pool)


def _starved(deployment: Deployment, pool: Pool) -> Iterator[Found | Missing]:
    kept = [route for route in pool.routes if _keeps(route)]
    mode = pool.routes[0].mode
    if not kept or mode is None or mode.always(lambda m: m != "session"):
        return
    clients, room = total(demand.of_route(route) for route in kept), demand.times(pool.size, pool.pooler.instances)
    verdict = clients.compare(room)
    if verdict is Verdict.HOLDS or (verdict is Verdict.CAN and unbounded(clients)):
        return
    if verdict is Verdict.UNKNOWN or not mode.always(lambda m: m == "session"):
        yield from _missing(deployment, pool, clients, room, mode)
        return
    name, stated = pool.pooler.name, _stated_mode(pool, mode)
    yield Found(
        f"{asked(clients, verdict)} clients stay connected to {name}, and its pool of {pool.entry} has {room} connections, each of them one "
        f"client's until it disconnects (session mode): {_rest(clients, room)} in vain and fail with query_wait_timeout",
        (
            Evidence(_held(kept[0]), "keeps its connection to the pooler"),
            Evidence(room, f"{room} server connections per user and database"),
            *((stated,) if stated is not None else ()),
            Evidence(clients, f"{clients} clients"),
        ),
        subject=f"{name}: pool of {pool.entry}",
        help=f"{clients.proof} against {room.proof}; set pool_mode = transaction (see server-side-cursors-with-"
        "transaction-pooling), or CONN_MAX_AGE to 0, or give the pool a connection for each client",
        severity=Severity.ERROR if verdict is Verdict.MUST else Severity.WARNING,
        verdict=verdict,
        fix=leave(kept),
        amount=Amount.of(clients, room),
    )


def _rest(clients: Value, room: Value) -> str:
    """`3 wait`, or `others wait` where the number is not exact."""
    rest = (clients - room).bounds()
    if rest is None or rest[0] != rest[1]:
        return "others wait"
    return "1 waits" if rest[0] == 1 else f"{rest[0]} wait"


def _stated_mode(pool: Pool, mode: Value) -> Evidence | None:
    """Where the mode is written, else where it could be."""
    pooler = pool.pooler
    if "pool_mode" in pooler.settings or "pool_mode" in pooler.databases.get(pool.entry, {}):
        return Evidence(mode, "session mode")
    return None if pooler.span is None else Evidence(pooler.span, "pool_mode is not set: session")


def _keeps(route: Route) -> bool:
    """Whether its clients stay connected between requests; tasks close theirs (lab T16)."""
    if route.group.concurrency is Concurrency.TASKS:
        return False
    return route.database.persistent is True or has_pool(route.database) is True


def _held(route: Route) -> Value | Span:
    """What says that connections are kept, where a person can edit it."""
    return (pool_span(route.database) if has_pool(route.database) else None) or route.database.get("CONN_MAX_AGE")


def _missing(deployment: Deployment, pool: Pool, clients: Value, room: Value, mode: Value) -> Iterator[Missing]:
    pooler = pool.pooler
    if clients.is_unknown:
        yield from (Missing(*lacking(deployment, route)) for route in pool.routes if demand.of_route(route).is_unknown)
    if room.is_unknown:
        yield Missing(f"pool size of {pooler.name}: {room.reason}", declaration(pooler, "default-pool-size", 20))
    if mode.is_unknown:
        yield Missing(f"pool_mode of {pooler.name}", declaration(pooler, "pool-mode", "session"))
