"""The way from each process group's alias to its server: through which pooler, to which server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connlint.deployment.declaring import variable_behind
from connlint.deployment.idle import idle_kills
from connlint.deployment.managed import by_host_only, is_at, mode_by_port
from connlint.deployment.model import Database, Deployment, Engine, Pooler, ProcessGroup, Route, Server
from connlint.deployment.reaching import elsewhere, is_called, leads_to, publishes
from connlint.deployment.servers import Servers
from connlint.facts import product
from connlint.records import dataclass
from connlint.value import Certainty, Origin, Value, union

NETWORKED = (Engine.POSTGRESQL, Engine.MYSQL)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Whether an alias goes through a pooler: `pooler` (None: straight to the server), or `unsure` why."""

    pooler: Pooler | None = None
    assumption: Origin | None = None
    unsure: str = ""


def routes(
    groups: Sequence[ProcessGroup],
    poolers: Sequence[Pooler],
    servers: Servers,
    middleboxes: Mapping[str, Value],
) -> Iterator[Route | tuple[str, str]]:
    """One route per process group and networked alias; a pair (fact, declaration) where it cannot be told."""
    for group in groups:
        for database in group.databases.values():
            engine = database.engine
            if engine not in NETWORKED:
                continue
            crossing = cross(database, poolers, servers.containers)
            if crossing.unsure:
                yield crossing.unsure, _declaring(database)
                yield Route(group, database, None, None, None)
                continue
            yield _route(group, database, crossing, servers, middleboxes)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How an alias leaves its process, whichever process it is; `pooler` is None where it goes straight to the server.

    `told`: whether that is known; otherwise it may go through a pooler all the same.
    """

    database: Database
    pooler: Pooler | None
    mode: Value | None
    told: bool = True


def ways(deployment: Deployment) -> Iterator[Way]:
    """Every networked alias with every pooler it uses, once.

    Where no process is known whose settings these are, the aliases of all settings modules count: a pooler that their
    HOST and PORT name is theirs under any server.
    """
    found: dict[tuple[Database, Pooler | None], Way] = {}
    for route in deployment.routes:
        told = route.pooler is not None or route.server is not None
        key = (route.database, route.pooler)
        found.setdefault(key, Way(route.database, route.pooler, route.mode, told))
    yield from found.values()
    for database in () if deployment.routes else deployment.databases:
        if database.engine in NETWORKED:
            crossing = cross(database, deployment.poolers, deployment.servers)
            mode = None if crossing.pooler is None else mode_through(crossing, database, crossing.pooler)
            yield Way(database, crossing.pooler, mode, not crossing.unsure)


def _route(
    group: ProcessGroup, database: Database, crossing: Crossing, servers: Servers, middleboxes: Mapping[str, Value]
) -> Route:
    pooler = crossing.pooler
    if pooler is None:
        server = servers.behind(database)
        kills = tuple(idle_kills(database, None, None, server, middleboxes))
        return Route(group, database, None, None, server, kills)
    name = entry_for(database, pooler)
    mode = mode_through(crossing, database, pooler)
    server = servers.behind_pooler(pooler, name, database)
    kills = tuple(idle_kills(database, pooler, mode, server, middleboxes))
    return Route(group, database, pooler, name, server, kills, mode)


def entry_for(database: Database, pooler: Pooler) -> str | None:
    """The entry of the pooler's [databases] that serves this alias: its NAME, else `*`, else the only one."""
    name = database.get("NAME")
    if name.is_exact and str(name.only) in pooler.databases:
        return str(name.only)
    if "*" in pooler.databases:
        return "*"
    return next(iter(pooler.databases)) if len(pooler.databases) == 1 and not _certain(name) else None


def _declaring(database: Database) -> str:
    """The line that would say where an alias connects: a variable that HOST or PORT waits for, else HOST's own."""
    host, port = database.get("HOST"), database.get("PORT")
    return variable_behind(host, "db.internal") or variable_behind(port, "5432")


def cross(database: Database, poolers: Sequence[Pooler], containers: Sequence[Server] = ()) -> Crossing:
    """Decide from HOST and PORT whether this alias talks to one of `poolers`.

    Certain values decide. A default in code, used while its variable is unset, says where a developer's
    machine connects: it may lead to a pooler, but it does not prove that production goes round one.
    `containers`: the servers that run beside the poolers; one may have its name in common with a pooler.
    """
    usable = [pooler for pooler in poolers if pooler.serves is database.engine]
    if not usable:
        return Crossing()
    host, port = database.get("HOST"), _port(database)
    usable = [pooler for pooler in usable if not _is_beside(host, port, pooler, containers)]
    named = [pooler for pooler in usable if _names(host, port, pooler)]
    if len(named) > 1:  # containers of one pod have its names in common
        named = [pooler for pooler in named if leads_to(port, pooler.get("listen_port"), pooler)]
    if len(named) == 1:
        return Crossing(named[0])
    published = [(pooler, told) for pooler in usable if (told := publishes(host, port, pooler)) is not None]
    if len(published) == 1:
        return Crossing(*published[0])
    usable = [pooler for pooler in usable if not (by_host_only(pooler) or (pooler.told and elsewhere(host, pooler)))]
    if not usable:
        return Crossing()
    backends = [pooler for pooler in usable if _entry_at(pooler, host, port) is not None]
    listening = [pooler for pooler in usable if pooler not in backends and _listens(pooler, port)]
    if len(listening) == 1:
        pooler = listening[0]
        sure = _certain(port) and (_certain(host) or pooler.document is None)
        note = f"assumed: {pooler.name} is what listens on port {port}"
        return Crossing(pooler, None if sure and pooler.span is None else Origin.assumed(note, pooler.span))
    if len(listening) > 1:
        return Crossing(unsure=f'which of {len(listening)} poolers "{database.alias}" connects to')
    if _certain(host) and _certain(port):
        return Crossing()
    if host.is_unknown and port.is_unknown and len(usable) == 1:
        note = f"assumed: {usable[0].name} is the pooler in front of the only server"
        return Crossing(usable[0], Origin.assumed(note, usable[0].span))
    return Crossing(unsure=f'whether "{database.alias}" connects through {" or ".join(p.name for p in usable)}')


def _is_beside(host: Value, port: Value, pooler: Pooler, containers: Sequence[Server]) -> bool:
    """Whether host and port are those of a server that shares the pooler's name: both run in one pod."""
    if leads_to(port, pooler.get("listen_port"), pooler):
        return False
    return any(is_called(host, server) and leads_to(port, server.get("port"), server) for server in containers)


def _port(database: Database) -> Value:
    stated = database.get("PORT")
    if stated.always(lambda v: v in ("", None)):
        assert database.engine is not None
        return product(database.engine.value).default("port", None).because(*stated.origins)
    return stated


def mode_through(crossing: Crossing, database: Database, pooler: Pooler) -> Value:
    """`mode_of`, with what was assumed to find the pooler, or the HOST that names it."""
    mode = mode_of(database, pooler)
    told = database.get("HOST").origins if crossing.assumption is None else (crossing.assumption,)
    return mode.because(*told)


def mode_of(database: Database, pooler: Pooler) -> Value:
    """The pool mode this alias gets: its user's own, else its database's, else the pooler's (PgBouncer's src/server.c).

    One of several while nobody can tell which user or which entry it is; unknown where no file or declaration says it.
    """
    by_port = mode_by_port(pooler, _port(database)) if "pool_mode" not in pooler.settings else None
    if by_port is not None:
        return by_port
    if pooler.kind == "pgbouncer" and not pooler.configured and "pool_mode" not in pooler.settings:
        return Value.unknown(f"pool_mode of {pooler.name} is not known")
    modes = [pooler.pool_mode(name) for name in _entries_for(database, pooler)]
    own = {name: values["pool_mode"] for name, values in pooler.users.items() if "pool_mode" in values}
    if not own:
        return union(modes)
    user = database.get("USER")
    forced = any("user" in pooler.databases.get(name or "", {}) for name in _entries_for(database, pooler))
    if forced or not _certain(user):
        return union([*modes, *own.values()])
    return own.get(str(user.only), union(modes))


def _entries_for(database: Database, pooler: Pooler) -> tuple[str | None, ...]:
    """The entries of [databases] that may serve this alias, where its NAME does not tell which one."""
    name = database.get("NAME")
    one = entry_for(database, pooler)
    if name.is_exact and (one is not None or _certain(name)):
        return (one,)
    names = [str(v) for v in name.alternatives] if len(name.alternatives) > 1 else list(pooler.databases)
    fallback = "*" if "*" in pooler.databases else None
    return tuple(dict.fromkeys(n if n in pooler.databases else fallback for n in names)) or (one,)


def _certain(value: Value) -> bool:
    return value.is_exact and value.certainty <= Certainty.DEFAULT


def _names(host: Value, port: Value, pooler: Pooler) -> bool:
    """HOST is the pooler's own (and PORT not another than the declared one), or says that it is a PgBouncer."""
    if not host.is_exact:
        return False
    text = str(host.only).lower()
    declared = pooler.settings.get("listen_port")
    other_port = (
        declared is not None
        and declared.certainty is Certainty.DECLARED
        and _certain(port)
        and str(declared.only) != str(port.only)
    )
    if pooler.told:
        return is_called(host, pooler)
    if not is_at(pooler.kind, port):
        return False
    return (text in pooler.hosts and not other_port) or (pooler.kind == "pgbouncer" and "bouncer" in text)


def _listens(pooler: Pooler, port: Value) -> bool:
    listening = pooler.get("listen_port")
    return port.is_exact and listening.is_exact and str(port.only) == str(listening.only)


def bypasses(database: Database, pooler: Pooler) -> Mapping[str, Value] | None:
    """The entry of the pooler that leads to the very database this alias connects to; None if there is none.

    HOST and PORT have to be certain, and NAME, where entry and alias both state one, the same.
    """
    host, port, name = database.get("HOST"), _port(database), database.get("NAME")
    if pooler.serves is not database.engine or not (_certain(host) and _certain(port)):
        return None
    for key, entry in pooler.databases.items():
        there = entry.get("dbname", None if key == "*" else Value.exact(key))
        other = there is not None and there.is_exact and name.is_exact and str(there.only) != str(name.only)
        if not other and _leads_to(pooler, entry, host, port):
            return entry
    return None


def _entry_at(pooler: Pooler, host: Value, port: Value) -> Mapping[str, Value] | None:
    """The entry whose server is at HOST and PORT."""
    return next((entry for entry in pooler.databases.values() if _leads_to(pooler, entry, host, port)), None)


def _leads_to(pooler: Pooler, entry: Mapping[str, Value], host: Value, port: Value) -> bool:
    if not host.is_exact or not port.is_exact:
        return False
    there, behind = entry.get("host"), entry.get("port", product(pooler.serves.value).default("port", None))
    same_host = there is not None and there.is_exact and str(there.only).lower() == str(host.only).lower()
    return same_host and behind.is_exact and str(behind.only) == str(port.only)
