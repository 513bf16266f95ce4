"""The pools a pooler keeps on a server: one for each database entry and user, their size and who fills them.

PgBouncer: `pool_pool_size`, `pool_res_pool_size`, `database_max_connections` and `user_max_connections` in
src/server.c, `launch_new_connection` in src/objects.c, releases 1.18 to 1.25; evidence: lab T22.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connlint.deployment import demand
from connlint.deployment.model import Database, Deployment, Pooler, Route, Server
from connlint.facts import Version
from connlint.records import dataclass, field
from connlint.value import Value, total, union

_ZERO_IS_UNLIMITED: Final = Version((1, 24))


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The server connections that one user's clients of one database share, in each instance of the pooler.

    `entry` is the name in [databases]; under `*` each name that clients ask for is a `database` of its own, else it is
    the entry. `user` tells users apart, and `certain` says that it is no other pool's user under another name.
    `size` includes the reserve; `kept` is min_pool_size; the caps are None where there is none.
    """

    pooler: Pooler
    entry: str
    database: str = field(repr=False)
    user: str = field(repr=False)
    certain: bool
    size: Value
    kept: Value
    database_cap: Value | None
    user_cap: Value | None
    routes: tuple[Route, ...]

    def clients(self, *, deploying: bool = False) -> Value:
        """How many clients this deployment's processes are, between deploys or during one."""
        running = [route for route in self.routes if demand.takes_part(route.group, deploying=deploying)]
        return total(demand.of_route(route, deploying=deploying) for route in running)


def pools_of(deployment: Deployment, pooler: Pooler) -> Mapping[Server, tuple[Pool, ...]]:
    """The pools that this deployment's processes use on a pooler, by the server they lead to.

    Entries of [databases] that no process uses have none: PgBouncer opens a pool for clients only.
    """
    found: dict[Server, list[Route]] = {}
    for route in deployment.routes:
        if route.pooler is pooler and route.server is not None and route.pool_database is not None:
            found.setdefault(route.server, []).append(route)
    return {server: tuple(_pools(pooler, routes)) for server, routes in found.items()}


def _pools(pooler: Pooler, routes: Iterable[Route]) -> Iterator[Pool]:
    shared: dict[tuple[str, str, str], list[Route]] = {}
    for route in routes:
        entry = route.pool_database or ""
        shared.setdefault((entry, _database(route, entry), _user(pooler, route, entry)), []).append(route)
    for (entry, database, user), own in shared.items():
        first = None if _forced(pooler, entry) else own[0].database
        yield Pool(
            pooler=pooler,
            entry=entry,
            database=database,
            user=user,
            certain=first is None or first.get("USER").is_exact,
            size=_size(pooler, entry, first),
            kept=_of_entry(pooler, entry, "min_pool_size"),
            database_cap=_cap(pooler.databases.get(entry, {}).get("max_db_connections"))
            or _cap(pooler.get("max_db_connections")),
            user_cap=_cap(_of_user(pooler, first, "max_user_connections", pooler.get("max_user_connections"))),
            routes=tuple(own),
        )


def _forced(pooler: Pooler, entry: str) -> bool:
    """Whether the entry has a `user=`: then all its clients share one pool (lab T22)."""
    return "user" in pooler.databases.get(entry, {})


def _database(route: Route, entry: str) -> str:
    if entry != "*":
        return entry
    name = route.database.get("NAME")
    return f"named {name.only}" if name.is_exact else f"of {route.database.alias}"


def _user(pooler: Pooler, route: Route, entry: str) -> str:
    """The forced users of two entries count as two: their names are not kept."""
    if _forced(pooler, entry):
        return f"forced by {entry}"
    user = route.database.get("USER")
    return f"named {user.only}" if user.is_exact else f"of {route.database.alias}"


def _of_entry(pooler: Pooler, entry: str, key: str, older: str = "", general: str = "") -> Value:
    """What holds for an entry: its own value, else the global one; a number below 0 leaves it to that one, too."""
    own = pooler.databases.get(entry, {})
    stated = own.get(key, own.get(older))
    below = stated is not None and stated.always(lambda n: isinstance(n, int) and n < 0)
    return pooler.get(general or key) if stated is None or below else stated


def _of_user(pooler: Pooler, database: Database | None, key: str, otherwise: Value) -> Value:
    """What [users] states for the alias's user, else `otherwise`; one of them where the user is not known."""
    if database is None:
        return otherwise
    user = database.get("USER")
    if user.is_exact:
        return pooler.users.get(str(user.only), {}).get(key, otherwise)
    stated = [settings[key] for settings in pooler.users.values() if key in settings]
    return union((otherwise, *stated)) if stated else otherwise


def _size(pooler: Pooler, entry: str, database: Database | None) -> Value:
    """Connections of one pool with its reserve; `database` is the alias whose user may have a size of its own."""
    of_entry = _of_entry(pooler, entry, "pool_size", general="default_pool_size")
    size = _of_user(pooler, database, "pool_size", of_entry).named("per user and database")
    of_entry = _of_entry(pooler, entry, "reserve_pool_size", "reserve_pool")
    reserve = _of_user(pooler, database, "reserve_pool_size", of_entry).named("in reserve")
    none_left = pooler.get("reserve_pool_timeout").always(lambda seconds: seconds == 0)
    if none_left or reserve.always(lambda n: n == 0):
        reserve = Value.exact(0)
    whole = size if reserve.always(lambda n: n == 0) else size + reserve
    return (
        whole if pooler.kind != "pgbouncer" or not size.ever(lambda n: n == 0) else _of_nothing(pooler, size, reserve)
    )


def _of_nothing(pooler: Pooler, size: Value, reserve: Value) -> Value:
    """A pool size of 0: before 1.24 one connection at a time (lab T22), since then as many as there are clients.

    What bounds the clients is max_client_conn.
    """
    either = []
    if pooler.version is None or pooler.version < _ZERO_IS_UNLIMITED:
        bounds = reserve.bounds()
        either.append(Value.exact(1, *size.origins) if bounds is None or bounds[1] in (0, 1) else reserve)
    if pooler.version is None or pooler.version >= _ZERO_IS_UNLIMITED:
        either.append(pooler.get("max_client_conn").because(*size.origins))
    if not size.always(lambda n: n == 0):
        either.append(size + reserve)
    return union(either).named("per user and database")


def _cap(value: Value | None) -> Value | None:
    """A cap that is in force: 0 and less switch it off, and one nobody knows may be off."""
    if value is None or not value.always(lambda n: isinstance(n, int) and n > 0):
        return None
    return value
