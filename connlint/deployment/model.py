"""The map's own types. Rules read these and nothing else.

These are things, not values: two servers that look alike are two, so they compare by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum

from connlint.facts import Version, product
from connlint.formats.document import Document
from connlint.formats.packages.versions import Packages
from connlint.formats.services import Role
from connlint.orm.facts import CodeFacts
from connlint.records import dataclass, field
from connlint.source import Span
from connlint.value import ABSENT, Origin, Value


class Engine(Enum):
    """What speaks at the other end, told from ENGINE."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    ORACLE = "oracle"
    SQLITE = "sqlite"
    OTHER = "other"


class Concurrency(Enum):
    """How one process of a server handles requests, which decides what persistent connections do."""

    THREADS = "threads"  # a fixed set of threads, reused: at most `threads` connections per alias
    GREENLETS = "greenlets"  # one greenlet per HTTP connection: persistent ones are never reused
    ASGI = "asgi"  # one thread context per request: persistent ones are never reused
    PER_CONNECTION = "per-connection"  # runserver: one thread per TCP connection
    TASKS = "tasks"  # Celery and its kin: connections end with the task
    COMMAND = "command"  # a management command or a script: one connection for each alias until it ends


@dataclass(frozen=True, slots=True, eq=False)
class Database:
    """One alias of DATABASES, as one settings module states it. Keys are flattened: `OPTIONS.pool.max_size`."""

    alias: str
    settings: Mapping[str, Value]
    span: Span
    module: str
    django: Version | None = None
    when_set: Mapping[str, Value] = field(default_factory=dict)  # keys that are a default now, were their variable set

    def states(self, key: str) -> bool:
        """Whether the settings state `key` at all, in some branch."""
        return key in self.settings

    def get(self, key: str) -> Value:
        """What holds for `key`: the stated value, Django's default where it is absent."""
        stated = self.settings.get(key)
        if stated is None:
            return product("django").default(key, self.django)
        if stated.ever(lambda v: v is ABSENT):
            fallback = product("django").default(key, self.django)
            known = [v for v in stated.alternatives if v is not ABSENT]
            return Value.choice([*known, *fallback.alternatives], *stated.origins)
        return stated

    def below(self, prefix: str) -> Iterator[tuple[str, Value]]:
        """The stated keys under `prefix.`, without it."""
        start = prefix + "."
        return ((key[len(start) :], value) for key, value in self.settings.items() if key.startswith(start))

    @property
    def engine(self) -> Engine | None:
        """None when ENGINE is not known; a choice of several counts when all are of one kind."""
        value = self.settings.get("ENGINE")
        if value is None or not value.alternatives:
            return None
        kinds = {engine_of(name) for name in value.alternatives}
        return kinds.pop() if len(kinds) == 1 else None

    @property
    def persistent(self) -> bool | None:
        """CONN_MAX_AGE other than 0: True, False, or None when it is not known. None the value counts as True."""
        age = self.get("CONN_MAX_AGE")
        if age.is_unknown:
            return None
        bounds = age.bounds()
        if not age.alternatives and bounds is not None:
            return True if bounds[0] > 0 else None
        if age.always(keeps_connections):
            return True
        return None if age.ever(keeps_connections) else False


@dataclass(frozen=True, slots=True, eq=False)
class SettingsModule:
    """A settings module, evaluated under one environment."""

    name: str
    path: str
    databases: Mapping[str, Database]
    names: Mapping[str, Value] = field(default_factory=dict)  # other module-level names that rules need
    read_names: frozenset[str] = frozenset()  # module-level names that some evaluated code reads
    problems: tuple[tuple[Span, str], ...] = ()  # what could not be followed, for the list of unknowns
    span: Span | None = None  # the module's first line, where nothing better can be pointed at


@dataclass(frozen=True, slots=True, eq=False)
class ProcessGroup:
    """A kind of process a deployment runs, all replicas of it.

    `processes` per replica, `threads` per process (greenlets for GREENLETS; unbounded for ASGI without a limit).
    `deadline`: seconds after which a request's worker is killed or its answer lost; None when nothing ends it.
    """

    name: str
    server: str
    concurrency: Concurrency | None  # None: a worker class nobody here knows
    processes: Value
    threads: Value
    replicas: Value
    surge: Value  # extra replicas that run during a deploy
    worker_class: Value
    deadline: Value | None
    deadline_name: str  # the setting behind it, e.g. `timeout`
    preload: Value  # whether the application is loaded before the fork
    module: SettingsModule | None
    document: Document | None
    span: Span | None
    role: Role = Role.SERVICE
    program: str = ""  # what of the server runs: `celery beat`, `manage.py migrate`; empty where the server says it all

    @property
    def databases(self) -> Mapping[str, Database]:
        return self.module.databases if self.module else {}


@dataclass(frozen=True, slots=True, eq=False)
class Pooler:
    """A pooler between processes and servers. `get` answers with the product's default where the file is silent.

    `ports`: (published port, its own port), where it runs in a container. `told`: what starts it is known, so that the
    product's defaults hold where neither file nor declaration states a setting.
    """

    name: str
    kind: str
    document: Document | None
    settings: Mapping[str, Value]
    databases: Mapping[str, Mapping[str, Value]]  # by the name clients connect to; `*` is the fallback
    users: Mapping[str, Mapping[str, Value]]
    instances: Value
    serves: Engine = Engine.POSTGRESQL
    hosts: frozenset[str] = frozenset()  # names under which clients reach it, where they are declared
    version: Version | None = None
    span: Span | None = None
    ports: tuple[tuple[int, int], ...] = ()
    told: bool = False

    @property
    def configured(self) -> bool:
        """Whether all that configures it is known: a file, or the container it runs in."""
        return self.document is not None or self.told

    def get(self, key: str) -> Value:
        stated = self.settings.get(key)
        if stated is not None:
            return stated
        try:
            return product(self.kind).default(key, self.version)
        except KeyError:  # a kind without a table of facts
            return Value.unknown(f"{key} of {self.name} is not known")

    def pool_mode(self, database: str | None = None) -> Value:
        """session, transaction or statement, for clients of `database` (its own setting wins)."""
        own = self.databases.get(database or "", self.databases.get("*", {})).get("pool_mode")
        return own if own is not None else self.get("pool_mode")


@dataclass(frozen=True, slots=True, eq=False)
class Server:
    """A database server: its file where there is one, what is declared, and the product's defaults.

    `lost`: what stands for each setting where nothing of the file can be read. `hosts`: the names, in lower case, under
    which the processes of a deployment reach it; `ports`: (published port, its own port). `told`: what starts it is
    known, so that the product's defaults hold where nothing is stated.
    """

    name: str
    engine: Engine
    document: Document | None
    settings: Mapping[str, Value]
    declared: Mapping[str, Value]
    product: str = ""  # whose facts hold: `postgresql`, `mysql` or `mariadb`
    version: Version | None = None
    span: Span | None = None
    lost: Value | None = None
    hosts: frozenset[str] = frozenset()
    ports: tuple[tuple[int, int], ...] = ()
    told: bool = False

    def get(self, key: str) -> Value:
        """The setting in the unit of the facts table; the default where nothing states it, or could."""
        stated = self.settings.get(key) or self.lost
        return stated if stated is not None else product(self.product or self.engine.value).default(key, self.version)


@dataclass(frozen=True, slots=True, eq=False)
class IdleKill:
    """Something on a client's path that hangs up on idle connections."""

    setting: str  # as its own config spells it
    seconds: Value
    of: str  # what does it: `MySQL db.internal`, `PgBouncer`, `NLB`
    silent: bool = False  # a middlebox that drops without telling either side


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """The way from one process group's alias to its server."""

    group: ProcessGroup
    database: Database
    pooler: Pooler | None
    pool_database: str | None  # the name in the pooler's [databases] it uses
    server: Server | None
    kills: tuple[IdleKill, ...] = ()
    mode: Value | None = None  # pool mode where there is a pooler


@dataclass(frozen=True, slots=True, eq=False)
class Deployment:
    """What runs together."""

    name: str
    modules: tuple[SettingsModule, ...]
    groups: tuple[ProcessGroup, ...]
    poolers: tuple[Pooler, ...]
    servers: tuple[Server, ...]
    routes: tuple[Route, ...]
    documents: tuple[Document, ...]
    versions: Mapping[str, Value] = field(default_factory=dict)  # product -> version as text
    options: Mapping[str, Value] = field(default_factory=dict)  # cpus, headroom and the like
    lacks: tuple[tuple[str, str], ...] = ()  # facts missing for the map itself, and how to declare them
    packages: Packages = field(default_factory=Packages)  # what the requirements and locks say is installed
    development: bool = False  # for a developer's machine, tests or CI, as its files' names say
    read_code: Callable[[], CodeFacts] = CodeFacts  # looks at the project's code when it is first asked

    def version(self, name: str) -> Version | None:
        """The installed or declared version of a product; None when not known exactly."""
        value = self.versions.get(name)
        return Version.parse(str(value.only)) if value is not None and value.is_exact else None

    @property
    def code(self) -> CodeFacts:
        """What the code does outside of requests; shared by all deployments of a tree, and read only when asked for."""
        return self.read_code()

    @property
    def databases(self) -> Iterator[Database]:
        """Every alias of every settings module of this deployment."""
        return (database for module in self.modules for database in module.databases.values())


def keeps_connections(age: object) -> bool:
    """Whether this CONN_MAX_AGE keeps connections: None (for ever) or any number above 0."""
    if age is None:
        return True
    return isinstance(age, (int, float)) and age > 0


_ENGINES = {
    "postgresql": Engine.POSTGRESQL,
    "postgis": Engine.POSTGRESQL,
    "mysql": Engine.MYSQL,
    "mariadb": Engine.MYSQL,
    "oracle": Engine.ORACLE,
    "sqlite": Engine.SQLITE,
    "spatialite": Engine.SQLITE,
}


def engine_of(name: object) -> Engine:
    """The engine behind a Django backend's dotted name, third-party wrappers included."""
    text = str(name).lower()
    for word in ("django_tenants", "tenant_schemas", "pgschemas", "cockroach", "psqlextra"):
        if word in text:
            return Engine.POSTGRESQL if word != "cockroach" else Engine.OTHER
    return next((engine for word, engine in _ENGINES.items() if word in text), Engine.OTHER)


__all__ = [
    "Concurrency", "Database", "Deployment", "Engine", "IdleKill", "Origin", "Pooler", "ProcessGroup", "Role", "Route",
    "Server", "SettingsModule", "engine_of", "keeps_connections",
]  # fmt: skip
