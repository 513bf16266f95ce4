"""Servers and poolers that an operator of Kubernetes runs, as its object states them (`formats.kubernetes.operators`).

What the object leaves out has the operator's own default, which is not always the server's: it is not known here. Only
CloudNativePG hands PgBouncer's settings on as they are, so that PgBouncer's defaults hold for what is not among them
(https://cloudnative-pg.io/documentation/current/connection_pooling/).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from connlint.deployment.containers.stated import typed
from connlint.deployment.model import Engine, Pooler, Server
from connlint.facts import Product, Version, product
from connlint.formats.mysql.reader import read_mysql
from connlint.formats.pgbouncer.reader import typed as of_pgbouncer
from connlint.formats.postgresql.values import typed as of_postgresql
from connlint.formats.services import Service
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value

_ENGINES: Final = {"postgresql": Engine.POSTGRESQL, "mysql": Engine.MYSQL}
_UNSTATED: Final = "the operator's own default holds, which its object does not state"


def runs(service: Service) -> str:
    """What an operator runs for this service: `postgresql`, `mysql` or `pgbouncer`; empty for any other service."""
    value = service.extra.get("runs") if "operator" in service.extra else None
    return str(value.only) if value is not None and value.is_exact else ""


def server(service: Service, tree: Tree, declared: Version | None) -> Server:
    """The server that an operator runs."""
    name = runs(service)
    stated = service.extra.get("version")
    tag = Version.parse(str(stated.only)) if stated is not None and stated.is_exact else None
    version = declared or tag
    settings = _settings(service, product(name)) if name == "postgresql" else {}
    document = None
    for text in service.files.values():
        if name == "mysql" and isinstance(text, Source):
            document = read_mysql(text, tree, version=version)
            settings |= document.settings
    return Server(
        name=service.name,
        engine=_ENGINES[name],
        document=document,
        settings=settings,
        declared={},
        product=name,
        version=version,
        span=service.span,
        lost=Value.unknown(_UNSTATED),
        hosts=frozenset(host.lower() for host in service.names),
        ports=service.ports,
        told=True,
    )


def pooler(service: Service, declared: Version | None) -> Pooler:
    """The PgBouncer that an operator runs in front of a server of its own."""
    table = product("pgbouncer")
    settings = _settings(service, table)
    settings.setdefault("listen_port", Value.exact(5432, Origin.default("port of the operator's poolers")))
    operator = service.extra["operator"]
    open_ended = "setting.*" in service.extra or not operator.always(lambda name: name == "cloudnative-pg")
    for key, setting in table.settings.items():
        if setting.defaults and open_ended:
            settings.setdefault(key, Value.unknown(f"{key} is not known: {_UNSTATED}"))
    target = service.extra.get("target")
    entry = {} if target is None else {"host": target, "port": Value.exact(5432, *target.origins)}
    return Pooler(
        name=service.name,
        kind="pgbouncer",
        document=None,
        settings=settings,
        databases={"*": entry} if entry else {},
        users={},
        instances=service.replicas,
        hosts=frozenset(host.lower() for host in service.names),
        version=declared,
        span=service.span,
        ports=service.ports,
        told=True,
    )


def _settings(service: Service, table: Product) -> dict[str, Value]:
    """The settings of the object that have facts, typed."""
    read = of_pgbouncer if table.name == "pgbouncer" else of_postgresql
    texts: Mapping[str, Value] = {
        key.removeprefix("setting."): value for key, value in service.extra.items() if key.startswith("setting.")
    }
    return {
        key: typed(text, partial(read, table.settings[key]), f"{table.title} refuses the value of {key}")
        for key, text in texts.items()
        if key in table.settings and table.settings[key].defaults
    }
