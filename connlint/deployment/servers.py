"""The database servers a deployment speaks of, by host and port, with their files and declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connlint.deployment.model import Database, Engine, Pooler, Server
from connlint.deployment.reaching import is_called, is_left_open, leads_to, publishes
from connlint.deployment.unread import lost
from connlint.facts import Version, product
from connlint.formats.document import Document
from connlint.project.configuration import DeclaredServer
from connlint.records import replace
from connlint.value import Origin, Value

_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
_DOCUMENTS = {Engine.POSTGRESQL: "postgresql", Engine.MYSQL: "mysql"}


class Servers:
    """Finds the server behind an alias or a pooler's entry; the same host and port give the same `Server`.

    A container of the deployment comes first (`containers`): HOST is one of its names, or the machine with a PORT that it
    publishes, or is not known (or a default for want of a variable) while it is the only server of its engine. Otherwise host and port make a server of their
    own. A lone postgresql.conf or my.cnf belongs to the one server of its engine it can be meant for. With several
    servers, or several files, nobody can tell, and the server's settings stay unknown.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        declared: Mapping[str, DeclaredServer],
        versions: Mapping[str, Value],
        addresses: Sequence[tuple[Engine, str]],
        containers: Sequence[Server] = (),
    ) -> None:
        used = [server.document for server in containers]
        self._documents = [document for document in documents if not any(document is its for its in used)]
        self._containers = containers
        self._declared = declared
        self._versions = versions
        self._addresses = set(addresses)
        self._known: dict[tuple[Engine, str], Server] = {}
        self._told: dict[Server, Server] = {}  # containers with what is declared of them

    @property
    def containers(self) -> Sequence[Server]:
        """The servers of the deployment's own, whether or not anybody connects to them."""
        return self._containers

    @property
    def all(self) -> tuple[Server, ...]:
        return tuple(dict.fromkeys((*self._told.values(), *self._known.values())))

    def behind(self, database: Database) -> Server | None:
        """The server an alias connects to straight; None when its engine is not a networked one."""
        engine = database.engine
        if engine is None or engine not in _DOCUMENTS:
            return None
        return self._at(engine, database.get("HOST"), database.get("PORT"), database.alias)

    def behind_pooler(self, pooler: Pooler, entry: str | None, database: Database) -> Server | None:
        """The server an entry of a pooler's [databases] leads to."""
        engine = pooler.serves
        if entry is None:
            return None
        stated = pooler.databases.get(entry, {})
        return self._at(engine, stated.get("host"), stated.get("port"), database.alias)

    def _at(self, engine: Engine, host: Value | None, port: Value | None, alias: str) -> Server:
        address = _address(engine, host, port, alias)
        container = self._container(engine, host, port, address)
        if container is not None:
            return container
        key = (engine, address)
        if key not in self._known:
            self._known[key] = self._build(engine, address)
        return self._known[key]

    def _container(self, engine: Engine, host: Value | None, port: Value | None, address: str) -> Server | None:
        """The container that host and port lead to, with what is declared of a server there, or of one called so."""
        found = container_at(self._containers, engine, host, port)
        if found is None:
            return None
        server, assumption = found
        if server not in self._told:
            name, declared = self._declaration(engine, server.name if server.name in self._declared else address)
            limits = declared.limits if declared is not None else {}
            self._told[server] = _assumed(replace(server, name=name or server.name, declared=limits), assumption)
        return self._told[server]

    def _build(self, engine: Engine, address: str) -> Server:
        name, declared = self._declaration(engine, address)
        document = self._document(engine)
        settings = dict(document.settings) if document is not None else {}
        if document is not None:
            note = f"assumed: {document.path} is the configuration of {name or address}"
            settings = {k: v if v.is_unknown else v.because(Origin.assumed(note)) for k, v in settings.items()}
        product_name = product_behind(engine, self._versions)
        version = self._versions.get(product_name)
        return Server(
            name=name or address,
            engine=engine,
            document=document,
            settings=settings,
            declared=declared.limits if declared is not None else {},
            product=product_name,
            version=Version.parse(str(version.only)) if version is not None and version.is_exact else None,
            span=document.source.span(0, 0) if document is not None else None,
            lost=lost(document) if document is not None else None,
        )

    def _document(self, engine: Engine) -> Document | None:
        mine = [document for document in self._documents if document.kind == _DOCUMENTS[engine]]
        alone = sum(1 for kind, _ in self._addresses if kind is engine) <= 1
        return mine[0] if len(mine) == 1 and alone else None

    def _declaration(self, engine: Engine, address: str) -> tuple[str, DeclaredServer | None]:
        """The declared server with this host (and port), or without one and called by its address; else one that can mean no other."""
        mine = {n: d for n, d in self._declared.items() if d.engine is None or d.engine.only == engine.value}
        if address in mine and mine[address].host is None:
            return address, mine[address]
        for name, declared in mine.items():
            if declared.host is not None and _same(engine, declared, address):
                return name, declared
        hostless = [(n, d) for n, d in mine.items() if d.host is None]
        alone = sum(1 for kind, _ in self._addresses if kind is engine) <= 1
        return hostless[0] if len(hostless) == 1 and alone else ("", None)


def container_at(
    containers: Sequence[Server], engine: Engine, host: Value | None, port: Value | None
) -> tuple[Server, Origin | None] | None:
    """The server in a container that clients of HOST and PORT reach, and what is assumed to say so."""
    mine = [server for server in containers if server.engine is engine]
    where = host if host is not None else Value.exact("")
    there = product(engine.value).default("port", None) if port is None or port.always(_says_nothing) else port
    named = [server for server in mine if is_called(where, server)]
    if len(named) > 1:  # containers of one pod have its names in common
        named = [server for server in named if leads_to(there, server.get("port"), server)]
    if named:
        return (named[0], None) if len(named) == 1 else None
    for server in mine:
        assumption = publishes(where, there, server)
        if assumption is not None:
            return server, assumption
    if (where.is_unknown or is_left_open(where)) and len(mine) == 1:
        note = f"assumed: {mine[0].name} is the only {product(engine.value).title} of the deployment"
        return mine[0], Origin.assumed(note, mine[0].span)
    return None


def _says_nothing(port: object) -> bool:
    return port in ("", None)


def _assumed(server: Server, assumption: Origin | None) -> Server:
    """The server with a note on all that it states."""
    if assumption is None:
        return server
    return replace(
        server, settings={k: v if v.is_unknown else v.because(assumption) for k, v in server.settings.items()}
    )


def product_behind(engine: Engine, versions: Mapping[str, Value]) -> str:
    """The product whose facts hold for an engine: MariaDB where a version of it is declared."""
    return "mariadb" if engine is Engine.MYSQL and "mariadb" in versions else engine.value


def _same(engine: Engine, declared: DeclaredServer, address: str) -> bool:
    host = str(declared.host.only) if declared.host is not None else ""
    if declared.port is None:
        return address.rpartition(":")[0].lower() == host.lower() or address.lower() == host.lower()
    return address == _address(engine, declared.host, declared.port, "")


def address_of(database: Database) -> str:
    """`host` or `host:port` of an alias; a name of its own where HOST is not known."""
    assert database.engine is not None
    return _address(database.engine, database.get("HOST"), database.get("PORT"), database.alias)


def _address(engine: Engine, host: Value | None, port: Value | None, alias: str) -> str:
    """A stable text for a server: local spellings are one, the engine's own port goes unsaid."""
    if host is not None and not host.is_exact:
        return f'the server of "{alias}"'
    name = "" if host is None or host.only is None else str(host.only)
    where = "localhost" if name.lower() in _LOCAL or name.startswith("/") else name
    usual = product(engine.value).default("port", None)
    if port is None or port.always(lambda v: v in ("", None)) or not port.is_exact:
        return where
    return where if usual.is_exact and str(usual.only) == str(port.only) else f"{where}:{port.only}"
