"""The budget: at each limit on the way, how many connections may be asked for and how many are granted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from connlint.deployment import demand
from connlint.deployment.model import Database, Deployment, Engine, Pooler, ProcessGroup, Route, Server
from connlint.deployment.pools import pools_of
from connlint.value import Value, Verdict, total

Ask = Callable[[ProcessGroup, Database], Value]


@dataclass(frozen=True, slots=True)
class Term:
    """What one process group (or pooler) adds at a limit; `connections.formula` is its sum."""

    process: str
    connections: Value
    declare: str = ""  # the line of configuration that would make it known
    pooled: bool = False  # opened by a pooler, not by the processes themselves


@dataclass(frozen=True, slots=True)
class Limit:
    """A place where connections are counted.

    `kind`: `server` (max_connections less what is reserved), `pooler-clients` (max_client_conn) or
    `pooler-servers` (what the pooler's pools may open on the server). `steady` is the demand between
    deploys, `deploy` while old and new processes overlap. All in connections.
    """

    at: str
    kind: str
    usable: Value
    steady: Value
    deploy: Value
    terms: tuple[Term, ...]
    setting: str  # the setting behind `usable`, as its file spells it
    declare: str  # the line of configuration that would make `usable` known

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

    Unknown when neither a file nor a declaration speaks of the server: a managed one rarely has the
    product's default. MySQL keeps one more for an administrator on top of max_connections (evidence: lab T19).
    """
    declared = server.declared.get("max-connections")
    reserved = server.declared.get("reserved")
    if declared is None and server.document is None:
        return Value.unknown(f"max_connections of {server.name} is not known")
    most = (server.get("max_connections") if declared is None else declared).named("in all")
    if server.engine is Engine.MYSQL:
        return most if reserved is None else most - reserved.named("reserved")
    if reserved is None and declared is not None and server.document is None:
        reserved = server.get("superuser_reserved_connections")
    if reserved is not None:
        return most - reserved.named("reserved")
    usable = most - server.get("superuser_reserved_connections").named("reserved for superusers")
    for_roles = server.get("reserved_connections").named("reserved for roles")  # PostgreSQL 16 and later
    return usable if for_roles.always(lambda n: n == 0) or for_roles.is_unknown else usable - for_roles


def clients_of(deployment: Deployment, pooler: Pooler, ask: Ask = demand.of_group) -> tuple[Term, ...]:
    """What each process group may open on a pooler."""
    return tuple(_terms((r for r in deployment.routes if r.pooler is pooler), ask))


def _of_pooler(deployment: Deployment, pooler: Pooler) -> Iterator[Limit]:
    steady = clients_of(deployment, pooler)
    if steady:
        usable = demand.times(pooler.get("max_client_conn"), pooler.instances)
        deploy = clients_of(deployment, pooler, demand.during_deploy)
        declare = f'[tool.connlint.poolers."{pooler.name}"] config = "pgbouncer.ini"'
        yield _limit(pooler.name, "pooler-clients", usable, steady, deploy, ("max_client_conn", declare))
    for server, pools in pools_of(deployment, pooler).items():
        terms = tuple(_pool_term(pooler, pool.name, pool.may_open) for pool in pools)
        at = f"{pooler.name} -> {server.name}"
        yield _limit(at, "pooler-servers", usable_connections(server), terms, terms, _of(server))


def _of_server(deployment: Deployment, server: Server) -> Iterator[Limit]:
    direct = [route for route in deployment.routes if route.server is server and route.pooler is None]
    pooled = tuple(
        _pool_term(pooler, pool.name, pool.opens)
        for pooler in deployment.poolers
        for pool in pools_of(deployment, pooler).get(server, ())
    )
    steady = (*_terms(direct, demand.of_group), *pooled)
    if steady:
        deploy = (*_terms(direct, demand.during_deploy), *pooled)
        yield _limit(server.name, "server", usable_connections(server), steady, deploy, _of(server))


def _limit(
    at: str, kind: str, usable: Value, steady: tuple[Term, ...], deploy: tuple[Term, ...], of: tuple[str, str]
) -> Limit:
    first, second = (total(term.connections for term in terms) for terms in (steady, deploy))
    return Limit(at, kind, usable, first, second, steady, *of)


def _of(server: Server) -> tuple[str, str]:
    host = "" if server.name.startswith("the server of") else f', host = "{server.name}"'
    return "max_connections", f"[tool.connlint.servers.primary] max-connections = 100{host}"


def _pool_term(pooler: Pooler, name: str, connections: Value) -> Term:
    declare = f'[tool.connlint.poolers."{pooler.name}"] config = "pgbouncer.ini"'
    return Term(f"{pooler.name}, pool of {name}", connections, declare, pooled=True)


def _terms(routes: Iterable[Route], ask: Ask) -> Iterator[Term]:
    """One term per process group and alias. Another alias than default counts from 0: it may never be
    used, and an unused one opens nothing (evidence: lab, "only default queried")."""
    for route in routes:
        asked = ask(route.group, route.database)
        name = route.group.name
        if route.database.alias != "default":
            name = f"{name} ({route.database.alias})"
            asked = _perhaps(asked)
        yield Term(name, asked, f"[tool.connlint.processes.{route.group.name}] processes = 4, threads = 1")


def _perhaps(value: Value) -> Value:
    """From none up to `value`."""
    bounds = value.bounds()
    if bounds is None:
        return replace(value, least=0)
    return replace(Value.between(0, bounds[1], *value.origins), operator=value.operator, operands=value.operands)
