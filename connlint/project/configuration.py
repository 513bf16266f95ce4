"""What the user declares: `[tool.connlint]` of pyproject.toml, connlint.toml, `--config`, `--set` and `--env`.

Each key is declared once, as a field of a dataclass below: its name, shape and help. Reading, errors and the
reference (`reference()`) all come from there. A mistyped key or value is a `ConfigurationError`, never ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from connlint.project import configuration_shapes as shapes
from connlint.project.configuration_file import ConfigurationError, Stated, is_prefixed, stated_configuration
from connlint.project.configuration_shapes import Mismatch, Shape, count, kind_of, nearest, word
from connlint.project.tree import Tree
from connlint.records import dataclass, field, fields
from connlint.source import Span
from connlint.value import Certainty, Origin, Value

if TYPE_CHECKING:
    from dataclasses import Field

__all__ = [
    "Configuration", "ConfigurationError", "DeclaredPooler", "DeclaredProcess", "DeclaredServer", "Reference",
    "load_configuration", "reference",
]  # fmt: skip


class _Form(Enum):
    ONE = "one"
    MANY = "many"  # an array
    TABLE = "table"  # NAME = value
    TABLE_OF_MANY = "table of arrays"
    RECORDS = "records"  # a table of tables with keys of their own


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is written: its shape, whether there is one or several, and what it is for."""

    help: str
    form: _Form
    shape: Shape | None = None
    names: tuple[str, ...] = ()  # the only names a TABLE may have
    record: type | None = None


def _one(shape: Shape, help: str) -> Any:
    return field(default=None, metadata={"key": Key(help, _Form.ONE, shape)})


def _many(shape: Shape, help: str) -> Any:
    return field(default=(), metadata={"key": Key(help, _Form.MANY, shape)})


def _table(shape: Shape, help: str, names: tuple[str, ...] = (), form: _Form = _Form.TABLE) -> Any:
    return field(default_factory=dict, metadata={"key": Key(help, form, shape, names)})


def _records(record: type, help: str) -> Any:
    return field(default_factory=dict, metadata={"key": Key(help, _Form.RECORDS, None, (), record)})


_SERVER = word(
    "gunicorn", "uwsgi", "uvicorn", "daphne", "hypercorn", "granian", "waitress", "mod-wsgi", "runserver", "celery",
    "rq", "dramatiq", "huey", "command", also={"mod_wsgi": "mod-wsgi"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeclaredProcess:
    """`[tool.connlint.processes.NAME]`: what is known of a process group beside its files; None: not declared."""

    replicas: Value | None = _one(count(0, "3"), "how many copies of this process group run")
    surge: Value | None = _one(count(0, "1"), "how many further copies run while a deploy replaces the old ones")
    server: Value | None = _one(_SERVER, "what runs the process, where no file says so")
    processes: Value | None = _one(count(1, "4"), "processes of each copy, in place of what its files say")
    threads: Value | None = _one(count(1, "8"), "threads, greenlets or requests at once of each process")
    settings: Value | None = _one(shapes.MODULE, "the settings module this process group runs with")
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class DeclaredServer:
    """`[tool.connlint.servers.NAME]`: a database server outside the repository; None: not declared."""

    host: Value | None = _one(shapes.TEXT, "the name or address that the settings or the pooler connect to")
    port: Value | None = _one(shapes.PORT, "the port it listens on")
    engine: Value | None = _one(
        word("postgresql", "mysql", "oracle", also={"mariadb": "mysql", "postgres": "postgresql"}),
        "what it speaks",
    )
    max_connections: Value | None = _one(count(1, "200"), "max_connections of the server")
    reserved: Value | None = _one(count(0, "3"), "connections of these that the application cannot use")
    idle_timeout: Value | None = _one(shapes.SECONDS, "seconds after which the server ends idle connections; 0: never")
    platform: Value | None = _one(shapes.PLATFORM, "the service and plan it runs on")
    span: Span | None = None

    @property
    def limits(self) -> Mapping[str, Value]:
        """Everything declared but where it is, by the keys of the configuration."""
        return {key: value for key, value in _declared(self) if key not in ("host", "port", "engine")}


@dataclass(frozen=True, slots=True)
class DeclaredPooler:
    """`[tool.connlint.poolers.NAME]`: a pooler, or what is known of one beside its file; None: not declared."""

    kind: Value | None = _one(
        word("pgbouncer", "rds-proxy", "supavisor", "neon", "pgcat", "odyssey", "pgpool", "proxysql"), "what it is"
    )
    config: Value | None = _one(shapes.FILE, "the file of the repository that configures it")
    host: Value | None = _one(shapes.TEXT, "the name or address that the settings connect to")
    port: Value | None = _one(shapes.PORT, "the port it listens on")
    instances: Value | None = _one(count(1, "2"), "how many of it run side by side")
    pool_mode: Value | None = _one(word("transaction", "session", "statement"), "when a connection goes back")
    max_client_conn: Value | None = _one(count(1, "1000"), "clients that each instance lets in")
    default_pool_size: Value | None = _one(count(0, "20"), "server connections for each database and user")
    reserve_pool_size: Value | None = _one(count(0, "5"), "further server connections for each database and user")
    max_db_connections: Value | None = _one(count(0, "50"), "server connections for each database; 0: no limit")
    client_idle_timeout: Value | None = _one(
        shapes.SECONDS, "seconds after which it hangs up on idle clients; 0: never"
    )
    query_wait_timeout: Value | None = _one(shapes.SECONDS, "seconds a client waits for a connection; 0: no limit")
    max_prepared_statements: Value | None = _one(count(0, "200"), "prepared statements kept for each connection")
    span: Span | None = None

    @property
    def settings(self) -> Mapping[str, Value]:
        """What is declared of its settings, by PgBouncer's names."""
        named = {"port": "listen_port"}
        apart = ("kind", "config", "host", "instances")
        return {named.get(k, k.replace("-", "_")): value for k, value in _declared(self) if k not in apart}


@dataclass(frozen=True, slots=True)
class DeclaredMiddlebox:
    """`[tool.connlint.middleboxes.NAME]`: what stands between the processes and what they connect to."""

    idle_timeout: Value | None = _one(shapes.SECONDS, "seconds after which it forgets an idle connection")
    span: Span | None = None


PRODUCTS: Final = (
    "python", "django", "psycopg", "psycopg2", "psycopg-pool", "mysqlclient", "pymysql", "gunicorn", "uwsgi",
    "uvicorn", "daphne", "hypercorn", "granian", "waitress", "celery", "channels", "dj-database-url",
    "django-environ", "postgresql", "mysql", "mariadb", "pgbouncer",
)  # fmt: skip
_HEADROOM: Final = Value.exact(80, Origin.default("default of connlint"))
# Its origin lets a rule tell what was computed from it.
_NO_CPUS: Final = Value.unknown(
    "the number of processors is not declared", Origin(Certainty.UNKNOWN, None, "the processors of the host"), least=1
)
_FAIL_ON: Final = Value.exact("warning", Origin.default("default of connlint"))


@dataclass(frozen=True, slots=True)
class Configuration:
    """`[tool.connlint]`. Every value is declared at its line, or on the command line (no span, a note)."""

    settings: tuple[Value, ...] = _many(shapes.MODULE, "the settings modules that are deployed")
    python_path: tuple[Value, ...] = _many(shapes.FOLDER, "folders that imports start from, in this order")
    cpus: Value = field(
        default=_NO_CPUS, metadata={"key": Key("processors of the machines it runs on", _Form.ONE, count(1, "4"))}
    )
    env: Mapping[str, Value] = _table(shapes.VARIABLE, "environment variables of the processes")
    versions: Mapping[str, Value] = _table(shapes.VERSION, "versions of what runs in production", PRODUCTS)
    managed_runners: tuple[Value, ...] = _many(
        shapes.RUNNER, "functions that close the connections of what they run in other threads"
    )
    select: tuple[Value, ...] = _many(shapes.RULE, "rules and families to check; empty: all")
    ignore: tuple[Value, ...] = _many(shapes.RULE, "rules and families to leave out")
    per_file_ignores: Mapping[str, tuple[Value, ...]] = _table(
        shapes.RULE, "rules and families to leave out for files that match a pattern", form=_Form.TABLE_OF_MANY
    )
    exclude: tuple[Value, ...] = _many(shapes.PATTERN, "files and folders that are not read")
    baseline: Value | None = _one(shapes.NEW_FILE, "the file of accepted findings, which connlint baseline writes")
    fail_on: Value = field(
        default=_FAIL_ON,
        metadata={"key": Key("the least severity that fails", _Form.ONE, word("warning", "error", "info"))},
    )
    headroom: Value = field(
        default=_HEADROOM,
        metadata={"key": Key("per cent of a limit from which low-headroom warns", _Form.ONE, shapes.PERCENT)},
    )
    processes: Mapping[str, DeclaredProcess] = _records(DeclaredProcess, "process groups, named as `show` names them")
    servers: Mapping[str, DeclaredServer] = _records(DeclaredServer, "database servers")
    poolers: Mapping[str, DeclaredPooler] = _records(DeclaredPooler, "connection poolers")
    declared_middleboxes: Mapping[str, DeclaredMiddlebox] = field(
        default_factory=dict,
        metadata={
            "key": Key("load balancers and the like on the way", _Form.RECORDS, None, (), DeclaredMiddlebox),
            "name": "middleboxes",
        },
    )
    path: str = ""  # the file that holds it; empty when none does

    def around(self, environment: Mapping[str, Value]) -> Mapping[str, Value]:
        """What a process finds whose files give it `environment`: over what is declared, and below the command line."""
        asked = {name: value for name, value in self.env.items() if value.span is None}
        return {**self.env, **environment, **asked}

    @property
    def middleboxes(self) -> Mapping[str, Value]:
        """Seconds after which each middlebox on the clients' way forgets an idle connection."""
        boxes = self.declared_middleboxes.items()
        return {name: box.idle_timeout for name, box in boxes if box.idle_timeout is not None}


def load_configuration(
    tree: Tree,
    *,
    config: str | None = None,
    overrides: Sequence[str] = (),
    env: Sequence[str] = (),
    answers: Sequence[tuple[str, str]] = (),
) -> Configuration:
    """What is declared for the project `tree`; raises `ConfigurationError` at the first mistake.

    `config`: a file in place of the project's own; relative to where the command runs. `overrides`: texts
    `KEY=VALUE` with any key of `[tool.connlint]` and a value in TOML. `env`: texts `NAME=VALUE`. `answers`: texts
    like `overrides`, below them and above the file, each with a note on where it comes from.
    """
    stated, path = stated_configuration(tree, config, overrides, answers)
    reader = _Reader(tree, "tool.connlint." if not path or is_prefixed(path) else "")
    found = reader.record(Configuration, stated, "")
    variables = {**found.get("env", {}), **dict(_variable(text) for text in env)}
    return Configuration(**{**found, "env": variables, "path": path})


def _variable(text: str) -> tuple[str, Value]:
    name, equals, value = text.partition("=")
    if not equals or not name or "\0" in text:
        raise ConfigurationError("--env takes NAME=VALUE", None, "for example --env DJANGO_ENV=production")
    return name, Value.exact(value, Origin.declared(None, "declared on the command line"))


def _key_fields(record: type) -> dict[str, Field[Any]]:
    """The fields of a record that are keys, by the name the user writes."""
    return {
        item.metadata.get("name", item.name.replace("_", "-")): item
        for item in fields(record)
        if "key" in item.metadata
    }


def _declared(record: Any) -> Iterator[tuple[str, Value]]:
    for name, item in _key_fields(type(record)).items():
        value = getattr(record, item.name)
        if value is not None:
            yield name, value


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns what is stated into records. `prefix` is how the file names its tables."""

    tree: Tree
    prefix: str

    def record(self, record: type, stated: Stated, name: str) -> dict[str, Any]:
        """The fields of `record` that the table `name` states."""
        known = _key_fields(record)
        found: dict[str, Any] = {}
        for written, inner in self._members(stated, name):
            item = known.get(written)
            if item is None:
                raise self._unknown_key(written, inner, name, known)
            found[item.name] = self._field(item.metadata["key"], inner, f"{name}.{written}" if name else written)
        return found

    def _field(self, key: Key, stated: Stated, name: str) -> Any:
        if key.form is _Form.RECORDS and key.record is not None:
            return {
                inner: key.record(**self.record(key.record, node, f"{name}.{inner}"), span=node.span)
                for inner, node in self._members(stated, name)
            }
        assert key.shape is not None
        if key.form is _Form.ONE:
            return self._value(key.shape, stated, name)
        if key.form is _Form.MANY:
            return self._values(key.shape, stated, name)
        members = self._members(stated, name)
        if key.names:
            members = [(self._product(inner, node, name, key.names), node) for inner, node in members]
        if key.form is _Form.TABLE_OF_MANY:
            return {inner: self._values(key.shape, node, f"{name}.{inner}") for inner, node in members}
        return {inner: self._value(key.shape, node, f"{name}.{inner}") for inner, node in members}

    def _members(self, stated: Stated, name: str) -> list[tuple[str, Stated]]:
        if not isinstance(stated.value, dict):
            raise self._wrong(name, stated, "a table", "")
        return list(stated.value.items())

    def _values(self, shape: Shape, stated: Stated, name: str) -> tuple[Value, ...]:
        if not isinstance(stated.value, list):
            example = f"{name.rpartition('.')[2]} = [{shape.example}]"
            raise self._wrong(name, stated, "an array", f"write {example}")
        return tuple(self._value(shape, inner, name) for inner in stated.value)

    def _value(self, shape: Shape, stated: Stated, name: str) -> Value:
        origin = Origin.declared(stated.span, stated.note)
        try:
            accepted = shape.accept(stated.value, self.tree)
        except Mismatch as mismatch:
            raise self._wrong(name, stated, shape.expected, str(mismatch)) from None
        return accepted.because(origin) if isinstance(accepted, Value) else Value.exact(accepted, origin)

    def _product(self, written: str, stated: Stated, name: str, known: tuple[str, ...]) -> str:
        """The product's name, spelled as packages are: `psycopg_pool` is psycopg-pool."""
        spelled = written.lower().replace("_", "-")
        spelled = {"psycopg2-binary": "psycopg2", "postgres": "postgresql"}.get(spelled, spelled)
        if spelled not in known:
            raise self._unknown_key(written, stated, name, dict.fromkeys(known))
        return spelled

    def _wrong(self, name: str, stated: Stated, expected: str, suggestion: str) -> ConfigurationError:
        found = kind_of(stated.value)
        told = f", found {found}" if not expected.startswith((found, "one of")) else ""
        return ConfigurationError(f"{self.prefix}{name} must be {expected}{told}", stated.span, suggestion)

    def _unknown_key(self, written: str, stated: Stated, name: str, known: Mapping[str, object]) -> ConfigurationError:
        table = f"[{(self.prefix + name).rstrip('.')}]" if self.prefix or name else "connlint.toml"
        shown = written if written.isprintable() and len(written) <= 80 else "(unprintable)"
        return ConfigurationError(
            f'unknown key "{shown}" in {table}', stated.key, nearest(written, known) or self._elsewhere(written, known)
        )

    def _elsewhere(self, written: str, known: Mapping[str, object]) -> str:
        """Where a key that is unknown here belongs, else what is known here."""
        if written == "tool" and not self.prefix:
            return "only pyproject.toml has [tool.connlint]; here the keys stand without it"
        for entry in reference():
            if entry.key == written and entry.table:
                return f"it belongs to [{self.prefix}{entry.table}]"
        return f"known keys: {', '.join(known)}"


@dataclass(frozen=True, slots=True)
class Reference:
    """One key for the documentation; `table` is empty for the top level, or as in `processes.NAME`."""

    table: str
    key: str
    expected: str
    example: str
    help: str


def reference() -> Iterator[Reference]:
    """Every key of the configuration, the top level first."""
    records = []
    for name, item in _key_fields(Configuration).items():
        key: Key = item.metadata["key"]
        if key.record is not None:
            records.append((name, key.record))
        elif key.shape is not None:
            yield Reference("", name, _expected(key), _example(name, key), key.help)
    for table, record in records:
        for name, item in _key_fields(record).items():
            key = item.metadata["key"]
            yield Reference(f"{table}.NAME", name, _expected(key), _example(name, key), key.help)


def _expected(key: Key) -> str:
    assert key.shape is not None
    words = {
        _Form.MANY: "an array: each ",
        _Form.TABLE: "a table: each ",
        _Form.TABLE_OF_MANY: "a table of arrays: each ",
    }
    return words.get(key.form, "") + key.shape.expected


def _example(name: str, key: Key) -> str:
    assert key.shape is not None
    inner = key.names[1] if key.names else "docs/**" if key.form is _Form.TABLE_OF_MANY else "NAME"
    quoted = f'"{inner}"' if "*" in inner else inner
    forms = {
        _Form.ONE: "{}", _Form.MANY: "[{}]", _Form.TABLE: f"{{{{ {quoted} = {{}} }}}}",
        _Form.TABLE_OF_MANY: f"{{{{ {quoted} = [{{}}] }}}}",
    }  # fmt: skip
    return f"{name} = {forms[key.form].format(key.shape.example)}"
