"""The budget: at each limit on the way, how many connections may be asked for and how many are granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from connlint.deployment import demand
from connlint.deployment.declaring import line, table, variable_behind
from connlint.deployment.filling import shares
from connlint.deployment.managed import declaration
from connlint.deployment.model import Deployment, Engine, Pooler, Route, Server
from connlint.deployment.platforms import granted
from connlint.deployment.pools import pools_of
from connlint.deployment.processes import UNSEEN, unseen_fact
from connlint.facts import product
from connlint.facts.platforms import Platform
from connlint.records import dataclass, replace
from connlint.source import Span
from connlint.value import Origin, Value, Verdict, total

CPUS: Final = ("how many processors the machines have", "cpus = 4")


@dataclass(frozen=True, slots=True)
class Term:
    """What one process group (or pooler) adds at a limit; `connections.formula` is its sum."""

    process: str
    connections: Value
    declare: str = ""  # the line of configuration that would make it known
    fact: str = ""  # what that line would state, in words
    pooled: bool = False  # opened by a pooler, not by the processes themselves
    place: Span | None = None  # the settings or the pooler that open them
    deploying: bool = False  # only during a deploy: a release command


@dataclass(frozen=True, slots=True)
class Limit:
    """A place where connections are counted.

    `kind`: `server` (max_connections less what is reserved), `pooler-clients` (max_client_conn) or
    `pooler-servers` (what the pooler's pools may open on the server). `steady` is the demand between
    deploys, `deploy` while old and new processes overlap. All in connections. `terms` are those of the steady
    demand, then those that only a deploy adds.
    """

    at: str
    kind: str
    usable: Value
    steady: Value
    deploy: Value
    terms: tuple[Term, ...]
    setting: str  # the setting behind `usable`, as its file spells it
    declare: str  # the line of configuration that would make `usable` known
    filled: Value | None = None  # of a pooler's pools, what the known clients make of it
    place: Span | None = None  # the file that could state `usable` and may not do so
    server: str = ""  # whose limit it is, where `at` says more than that
    table: Platform | None = None  # the dated table of plans that the limit comes from

    @property
    def verdict(self) -> str:
        """fits, can-exceed, exceeds or unknown; the steady demand decides before the deploy's."""
        for asked in (self.steady, self.deploy):
            outcome = asked.compare(self.usable)
            if outcome is not Verdict.HOLDS:
                return _WORDS[outcome]
        return _WORDS[Verdict.HOLDS]


_WORDS = {Verdict.MUST: "exceeds", Verdict.CAN: "can-exceed", Verdict.HOLDS: "fits", Verdict.UNKNOWN: "unknown"}


def limits(deployment: Deployment) -> tuple[Limit, ...]:
    """Every limit of a deployment: each pooler's clients and pools, then each server."""
    return (
        *(limit for pooler in deployment.poolers for limit in _of_pooler(deployment, pooler)),
        *(limit for server in deployment.servers for limit in _of_server(deployment, server)),
    )


def usable_connections(server: Server) -> Value:
    """What ordinary users may open: max_connections less the reserved slots.

    Unknown when neither a file, a container nor a declaration speaks of the server: a managed one rarely has the
    product's default. MySQL keeps one more for an administrator on top of max_connections, and MariaDB raises a
    smaller number than its minimum to that without an error (evidence: lab T19).
    """
    declared = server.declared.get("max-connections")
    reserved = server.declared.get("reserved")
    if declared is None and server.document is None and not server.told:
        by_plan = granted(server)
        return Value.unknown(f"max_connections of {server.name} is not known") if by_plan is None else by_plan[0]
    most = (_stated_limit(server) if declared is None else declared).named("in all")
    if reserved is not None:
        return most if reserved.always(lambda n: n == 0) else most - reserved.named("reserved")
    if server.engine is Engine.MYSQL:
        return most
    for key, name in (("superuser_reserved_connections", "superusers"), ("reserved_connections", "roles")):
        kept = server.get(key)  # the second one is of PostgreSQL 16 and later, and 0 unless stated
        if not (kept.always(lambda n: n == 0) or (kept.is_unknown and key not in server.settings)):
            most = most - kept.named(f"reserved for {name}")
    return most


def _stated_limit(server: Server) -> Value:
    """max_connections of the server's file, at the least what the product makes of it."""
    stated = server.get("max_connections")
    raised = product("mariadb").settings["max_connections"].least
    if server.engine is not Engine.MYSQL or raised is None or not stated.is_exact:
        return stated
    number = stated.only
    if not isinstance(number, int) or number >= raised or (server.product != "mariadb" and server.version is not None):
        return stated
    note = Origin.default(f"MariaDB allows no fewer than {raised}")
    return Value.between(raised if server.product == "mariadb" else number, raised, *stated.origins, note)


def clients_of(deployment: Deployment, pooler: Pooler, *, deploying: bool = False) -> tuple[Term, ...]:
    """What each process group may open on a pooler."""
    return tuple(_terms(deployment, (r for r in deployment.routes if r.pooler is pooler), deploying=deploying))


def _of_pooler(deployment: Deployment, pooler: Pooler) -> Iterator[Limit]:
    steady, deploy = (clients_of(deployment, pooler, deploying=deploying) for deploying in (False, True))
    if deploy and _admits_so_many(pooler):
        usable = demand.times(pooler.get("max_client_conn"), pooler.instances)
        declare = declaration(pooler, "max-client-conn", 1000)
        limit = _limit(pooler.name, "pooler-clients", usable, steady, deploy, ("max_client_conn", declare))
        yield replace(limit, place=pooler.span)
    yield from _of_databases(deployment, pooler)
    for server, pools in pools_of(deployment, pooler).items():
        parts = tuple(shares(pools))
        terms = tuple(_pool_term(pooler, share.name, share.may_open) for share in parts)
        limit = _limit(
            f"{pooler.name} -> {server.name}", "pooler-servers", usable_connections(server), terms, terms, _of(server)
        )
        filled = total(share.opens for share in parts)
        yield replace(limit, filled=filled, place=server.span, server=server.name)


def _admits_so_many(pooler: Pooler) -> bool:
    """Whether max_client_conn is a limit of this pooler: declared, or known to the facts about its kind."""
    try:
        known = product(pooler.kind).knows("max_client_conn", pooler.version)
    except KeyError:  # a kind without a table of facts may well have one
        return True
    return known is not False or "max_client_conn" in pooler.settings


def _of_databases(deployment: Deployment, pooler: Pooler) -> Iterator[Limit]:
    """The clients of each entry that max_db_client_connections limits (PgBouncer 1.24 and later, 0 is no limit)."""
    key = "max_db_client_connections"
    if pooler.kind != "pgbouncer" or product("pgbouncer").knows(key, pooler.version) is False:
        return
    mine = [route for route in deployment.routes if route.pooler is pooler and route.pool_database is not None]
    for entry in dict.fromkeys(route.pool_database for route in mine):
        usable = next((v for v in _stated(pooler, entry or "", key) if not v.always(_is_no_limit)), None)
        if usable is None or entry == "*":  # under `*` each database has the limit for itself
            continue
        routes = [route for route in mine if route.pool_database == entry]
        steady, deploy = (tuple(_terms(deployment, routes, deploying=deploying)) for deploying in (False, True))
        usable = demand.times(usable, pooler.instances)
        declare = declaration(pooler, "max-client-conn", 1000)
        yield _limit(f"{pooler.name}, database {entry}", "pooler-clients", usable, steady, deploy, (key, declare))


def _stated(pooler: Pooler, entry: str, key: str) -> Iterator[Value]:
    """What an entry states, then what holds for all; nothing where the file is silent."""
    own = (pooler.databases.get(entry, {}).get(key), pooler.settings.get(key))
    return (value for value in own if value is not None)


def _is_no_limit(value: object) -> bool:
    return isinstance(value, int) and value <= 0


def _of_server(deployment: Deployment, server: Server) -> Iterator[Limit]:
    direct = [route for route in deployment.routes if route.server is server and route.pooler is None]
    pooled = [
        (pooler, share)
        for pooler in deployment.poolers
        for share in shares(pools_of(deployment, pooler).get(server, ()))
    ]
    steady = (
        *_terms(deployment, direct, deploying=False),
        *(_pool_term(pooler, share.name, share.opens) for pooler, share in pooled),
    )
    deploy = (
        *_terms(deployment, direct, deploying=True),
        *(_pool_term(pooler, share.name, share.deploy) for pooler, share in pooled),
    )
    if deploy:
        limit = _limit(server.name, "server", usable_connections(server), steady, deploy, _of(server))
        yield replace(limit, place=server.span, table=_table(server))


def _table(server: Server) -> Platform | None:
    """The dated table behind `usable_connections`, where nothing states max_connections of the server itself."""
    by_plan = granted(server)
    stated = "max-connections" in server.declared or server.document is not None or server.told
    return None if stated or by_plan is None else by_plan[1]


def _limit(
    at: str, kind: str, usable: Value, steady: tuple[Term, ...], deploy: tuple[Term, ...], of: tuple[str, str]
) -> Limit:
    first, second = (total(term.connections for term in terms) for terms in (steady, deploy))
    added = {term.process for term in deploy} - {term.process for term in steady}
    terms = (*steady, *(replace(term, deploying=True) for term in deploy if term.process in added))
    return Limit(at, kind, usable, first, second, terms, *of)


def _of(server: Server) -> tuple[str, str]:
    return "max_connections", line("servers", server.name, "max-connections", value=100)


def _pool_term(pooler: Pooler, name: str, connections: Value) -> Term:
    declare = declaration(pooler, "default-pool-size", 20)
    at = f"{pooler.name}, pool of {name}"
    return Term(at, connections, declare, f"connections of {at}: {connections.reason}", pooled=True, place=pooler.span)


def _terms(deployment: Deployment, routes: Iterable[Route], *, deploying: bool) -> Iterator[Term]:
    """One term per process group and alias that runs at that time."""
    for route in routes:
        if not demand.takes_part(route.group, deploying=deploying):
            continue
        asked = demand.of_route(route, deploying=deploying)
        fact, declare = lacking(deployment, route, asked)
        yield Term(_name(route), asked, declare, fact, place=route.database.span)


def lacking(deployment: Deployment, route: Route, asked: Value | None = None) -> tuple[str, str]:
    """What would make the connections of a route known, and the line that declares it; empty where none would."""
    group, asked = route.group, demand.of_route(route) if asked is None else asked
    if group.server == UNSEEN:
        return unseen_fact(group)
    if follows_cpus(deployment, asked):
        return CPUS
    fact = f"connections of {_name(route)}: {asked.reason}"
    counts = {"processes": (group.processes, 4), "threads": (group.threads, 1)}
    unknown = {key: example for key, (value, example) in counts.items() if value.is_unknown}
    if unknown and group.concurrency is not None:
        return fact, table("processes", group.name, **unknown)
    return fact, variable_behind(asked, "60")


def _name(route: Route) -> str:
    alias = route.database.alias
    return route.group.name if alias == "default" else f"{route.group.name} ({alias})"


def follows_cpus(deployment: Deployment, value: Value) -> bool:
    """Whether `value` is not known because nobody declares how many processors the machines have."""
    cpus = deployment.options.get("cpus")
    return cpus is not None and value.is_unknown and not set(cpus.origins).isdisjoint(value.origins)
