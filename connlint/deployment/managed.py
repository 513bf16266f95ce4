"""Poolers that a service runs, told by the host name that clients connect to; their facts are tables by kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.deployment import demand
from connlint.deployment.declaring import line
from connlint.deployment.model import Database, Engine, Pooler
from connlint.facts import product
from connlint.project.configuration import DeclaredServer
from connlint.value import Origin, Value

# The tables with a set of `hosts`, and what each speaks (None: whatever the alias speaks).
KINDS: Final[Mapping[str, Engine | None]] = {
    "supavisor": Engine.POSTGRESQL,
    "neon": Engine.POSTGRESQL,
    "rds-proxy": None,
    "azure": Engine.POSTGRESQL,
    "digitalocean": Engine.POSTGRESQL,
    "fly": Engine.POSTGRESQL,
}


def managed_poolers(
    databases: Sequence[Database], known: Sequence[Pooler], servers: Mapping[str, DeclaredServer]
) -> Iterator[Pooler]:
    """One pooler for each host of `databases` that is known to be one, unless it is among `known` (declared) ones.

    What is declared of a server of that name speaks of the pooler: clients see no further.
    """
    seen = {(pooler.serves, host) for pooler in known for host in pooler.hosts}
    for database in databases:
        host, engine = _host(database), database.engine
        kind = None if host is None else kind_of(host, database.get("PORT"))
        if host is None or kind is None or engine is None or KINDS[kind] not in (None, engine):
            continue
        if (engine, host) not in seen:
            seen.add((engine, host))
            yield Pooler(
                name=product(kind).title,
                kind=kind,
                document=None,
                settings=_declared(host, servers),
                databases={},
                users={},
                instances=demand.one("one instance"),
                serves=engine,
                hosts=frozenset({host}),
            )


def hosts_of(kind: str, databases: Sequence[Database]) -> frozenset[str]:
    """The hosts of `databases` that name a pooler of this kind."""
    hosts = ((_host(database), database.get("PORT")) for database in databases)
    return frozenset(host for host, port in hosts if host is not None and kind_of(host, port) == kind)


def by_host_only(pooler: Pooler) -> bool:
    """Whether nothing but the host name of some alias speaks of this pooler."""
    return pooler.kind in KINDS and pooler.name == product(pooler.kind).title


def declaration(pooler: Pooler, key: str, example: str | int) -> str:
    """The line of configuration that states `key` of a pooler that no file configures."""
    return line("poolers", pooler.kind if by_host_only(pooler) else pooler.name, key, value=example)


def kind_of(host: str, port: Value) -> str | None:
    """The kind of pooler behind a host name in lower case and a port; None when it is none of those known here."""
    named = (kind for kind in KINDS if any(re.search(p, host) for p in product(kind).sets["hosts"]))
    return next((kind for kind in named if is_at(kind, port)), None)


def is_at(kind: str, port: Value) -> bool:
    """Whether a pooler of this kind listens on PORT; the server at the same host has another one."""
    ports = product(kind).sets.get("ports") if kind in KINDS else None
    return ports is None or (port.is_exact and str(port.only) in ports)


def mode_by_port(pooler: Pooler, port: Value) -> Value | None:
    """The pool mode where the port decides about it; None for a kind of pooler where it does not."""
    if pooler.kind not in KINDS or "transaction_ports" not in product(pooler.kind).sets:
        return None
    table = product(pooler.kind)
    modes = ("transaction", "session")
    told = [m for m in modes if port.is_exact and str(port.only) in table.sets[f"{m}_ports"]]
    if not told:
        return Value.unknown(f"which port of {table.title} is used is not known", *port.origins)
    return Value.exact(told[0], *port.origins, Origin.default(f"mode of port {port.only} of {table.title}"))


def works(pooler: Pooler, feature: str) -> bool:
    """Whether clients of this pooler may use `feature` although they share connections."""
    return pooler.kind in KINDS and feature in product(pooler.kind).sets.get("works", ())


def _host(database: Database) -> str | None:
    host = database.get("HOST")
    return host.only.lower() if host.is_exact and isinstance(host.only, str) else None


def _declared(host: str, servers: Mapping[str, DeclaredServer]) -> dict[str, Value]:
    names = {"max-connections": "max_client_conn", "idle-timeout": "client_idle_timeout"}
    said = next((s for s in servers.values() if s.host is not None and str(s.host.only).lower() == host), None)
    limits = {} if said is None else said.limits
    return {ours: limits[key] for key, ours in names.items() if key in limits}
