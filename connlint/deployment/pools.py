"""The pools a pooler keeps on a server: their size, who fills them, what they can open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from connlint.deployment import demand
from connlint.deployment.model import Deployment, Pooler, Route, Server
from connlint.value import Origin, Value, total


@dataclass(frozen=True, slots=True)
class Pool:
    """All pools of one database of a pooler: one per user, unless the entry forces a user.

    `size`: server connections one user's clients can have. `clients`: how many this deployment's processes
    open. `may_open`: what configuration allows on the server over all users and instances. `opens`: what the
    known clients make of it: never more than they ask for, and no less where they can fill the pools.
    """

    name: str
    size: Value
    clients: Value
    may_open: Value
    opens: Value
    routes: tuple[Route, ...]


def pools_of(deployment: Deployment, pooler: Pooler) -> Mapping[Server, tuple[Pool, ...]]:
    """The pools that this deployment's processes use on a pooler, by the server they lead to."""
    found: dict[Server, dict[str, list[Route]]] = {}
    for route in deployment.routes:
        if route.pooler is pooler and route.server is not None and route.pool_database is not None:
            found.setdefault(route.server, {}).setdefault(route.pool_database, []).append(route)
    return {
        server: tuple(_pool(pooler, name, tuple(routes)) for name, routes in by_name.items())
        for server, by_name in found.items()
    }


def pool_size(pooler: Pooler, database: str) -> Value:
    """Connections per user of one database: pool_size (or default_pool_size) and the reserve (evidence: lab T22)."""
    entry = pooler.databases.get(database, {})
    size = entry.get("pool_size") or pooler.get("default_pool_size")
    reserve = entry.get("reserve_pool_size") or entry.get("reserve_pool") or pooler.get("reserve_pool_size")
    if reserve.always(lambda n: n == 0):
        return size.named("per user and database")
    return size.named("per user and database") + reserve.named("in reserve")


def _pool(pooler: Pooler, name: str, routes: tuple[Route, ...]) -> Pool:
    size = pool_size(pooler, name)
    clients = total(demand.of_group(route.group, route.database) for route in routes)
    users = Value.exact(1) if "user" in pooler.databases.get(name, {}) else _users(routes)
    whole = size if users.is_exact and users.only == 1 else size * users.named("users")
    for key in ("max_db_connections", "max_user_connections"):
        own = pooler.databases.get(name, {}).get(key) if key == "max_db_connections" else None
        cap = own or pooler.get(key)
        if key == "max_user_connections":
            cap = cap if users.is_exact and users.only == 1 else cap * users
        if not cap.is_unknown and not cap.always(lambda n: n == 0):  # 0 switches the cap off
            whole = whole.at_most(cap)
    may_open = demand.times(whole, pooler.instances)
    return Pool(name, size, clients, may_open, _filled(may_open, clients), routes)


def _filled(may_open: Value, clients: Value) -> Value:
    """What opens: the pools' own sum, from what the known clients fill of it at the least."""
    bounds, asked = may_open.bounds(), clients.bounds()
    if bounds is None:
        return may_open
    least = min(bounds[0], asked[0] if asked else (clients.least or 0))
    if least == bounds[0]:
        return may_open
    return replace(
        Value.between(least, bounds[1], *may_open.origins), operator=may_open.operator, operands=may_open.operands
    )


def _users(routes: Iterable[Route]) -> Value:
    """How many different users connect: each has a pool of its own."""
    values = [route.database.settings.get("USER") for route in routes]
    known = {v for value in values if value is not None and value.is_exact for v in value.alternatives}
    open_ends = {
        route.database.alias
        for route, value in zip(routes, values, strict=True)
        if value is not None and not value.is_exact
    }
    least = max(1, len(known))
    return Value.between(least, max(least, len(known) + len(open_ends)), Origin.default("users of the settings"))
