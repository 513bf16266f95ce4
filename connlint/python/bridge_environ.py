"""django-environ in evaluated code: Env, FileAwareEnv, read_env, Path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.project.tree import Unreadable
from connlint.python.bridge import (
    IMPROPER,
    Default,
    ask,
    cast_of,
    folder_of,
    from_parts,
    plain_or_raise,
    positional_names,
    text_of,
)
from connlint.python.bridge_dotenv import set_assignments
from connlint.python.domain import (
    MISSING,
    Abstract,
    Arguments,
    External,
    Handler,
    Known,
    Mark,
    Native,
    Special,
    Tuple,
    Unknown,
)
from connlint.python.environment import doubt_variables, lookup
from connlint.python.files import LARGEST
from connlint.python.frameworks import mail_settings
from connlint.python.libraries import LibraryError, Lookup, Reading, environ, environ_url
from connlint.python.operators import truth
from connlint.python.paths import locate

if TYPE_CHECKING:
    from connlint.python.interpreter import Interpreter

_METHODS: Final = frozenset(
    [
        "str",
        "unicode",
        "bytes",
        "bool",
        "int",
        "float",
        "json",
        "list",
        "tuple",
        "dict",
        "url",
        "db",
        "db_url",
        "cache",
        "cache_url",
        "path",
        "email",
        "email_url",
        "search_url",
        "channels",
        "channels_url",
        "get_value",
    ]
)
_EXTRAS: Final = frozenset({"multiline", "choices", "encoding"})


class Env(Special):
    """An `environ.Env`. Its cells hold the scheme and the attributes a project sets on it."""

    __slots__ = ("file_aware",)

    def __init__(self, serial: int, mark: Mark, scheme: Mapping[str, Abstract], *, file_aware: bool) -> None:
        super().__init__(serial, (mark,), dict(scheme.items()))
        self.file_aware = file_aware

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name in _METHODS:
            return Native(name, lambda run, arguments, mark: self.ask(run, name, arguments, mark))
        if name == "read_env":
            return Native(name, read_env)
        if name == "ENVIRON":
            return run.attribute(External("os"), "environ", mark)
        if name in ("prefix", "smart_cast", "escape_proxy"):
            held = self.cells.get(name, MISSING)
            return held if held is not MISSING else Known("" if name == "prefix" else name == "smart_cast", (mark,))
        if name in ("DB_SCHEMES", "BOOLEAN_TRUE_STRINGS", "CACHE_SCHEMES"):
            return Unknown(f"{name} of django-environ is not modelled", (mark,))
        if name.endswith("_config"):
            return run.attribute(External("environ.Env"), name, mark)
        return Unknown(f"env.{name} is not modelled", (mark,))

    def set_attribute(self, run: Interpreter, name: str, value: Abstract, mark: Mark) -> None:
        run.store.write(self, f".{name}", value)

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        name = text_of(key)
        try:
            return None if name is None else lookup(run)(name) is not None
        except LibraryError:
            return None

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return self.ask(run, "__call__", arguments, mark)

    def _model(self, run: Interpreter, mark: Mark) -> environ.Env:
        scheme: dict[str, object] = {}
        for name in self.cells:
            text = str(name)
            if not text.startswith("."):
                scheme[text] = _declared(run, read_value(self, text), mark)
        prefix = plain_or_raise(self.cells.get(".prefix", Known("")))
        smart = truth(run, self.cells.get(".smart_cast", Known(True)))
        escape = truth(run, self.cells.get(".escape_proxy", Known(False)))
        if smart is None or escape is None or not isinstance(prefix, str):
            raise LibraryError("how the environment is read is not known")
        return environ.Env(scheme, prefix, smart, escape)

    def _lookup(self, run: Interpreter) -> Lookup:
        return environ.file_aware(lookup(run), file_reader(run)) if self.file_aware else lookup(run)

    def ask(self, run: Interpreter, method: str, arguments: Arguments, mark: Mark) -> Abstract:
        """`env.<method>(...)`, or `env(...)` for `__call__`."""
        if arguments.open:
            return Unknown("not all arguments are known", (mark,))
        second = "cast" if method in ("__call__", "get_value", "list", "dict", "tuple") else "default"
        second = "multiline_or_default" if method == "str" else second
        given = positional_names(
            arguments, ("var", second, "default" if second == "cast" else "engine", "parse_default")
        )
        if "multiline_or_default" in given:
            given["default"] = given.pop("multiline_or_default")
        name = given.pop("var", None)
        if name is not None and text_of(name) is None:
            return run.each(name, lambda option: self._named(run, method, option, given, mark))
        return self._ask(run, method, text_of(name), given, mark)

    def _named(self, run: Interpreter, method: str, name: Abstract, given: dict[str, Abstract], mark: Mark) -> Abstract:
        text = text_of(name)
        if text is None:
            return run.unknown_of([name], "which variable is read is not known", mark)
        return self._ask(run, method, text, given, mark)

    def _ask(
        self, run: Interpreter, method: str, name: str | None, given: Mapping[str, Abstract], mark: Mark
    ) -> Abstract:
        default = Default.of(given.get("default"), environ.NOTSET)
        if method == "unicode":
            method = "str"
        if method in ("email", "email_url"):
            return mail_settings(run, Arguments(), mark)
        variable = name or environ_variable(method)
        prefix = text_of(self.cells.get(".prefix")) or ""

        def reading() -> Reading:
            env, find = self._model(run, mark), self._lookup(run)
            if method in ("__call__", "get_value"):
                cast = cast_of(run, given.get("cast"), mark)
                parse = truth(run, given.get("parse_default", Known(False)))
                return environ.get_value(env, find, variable, cast, default.given, bool(parse))
            extras = {key: plain_or_raise(value) for key, value in given.items() if key in _EXTRAS}
            if "cast" in given:
                extras["cast"] = cast_of(run, given["cast"], mark)
            return environ.read(env, find, method, name, default.given, **extras)

        if method == "path":
            text = ask(
                run,
                prefix + variable,
                default,
                lambda: environ.get_value(self._model(run, mark), self._lookup(run), variable, None, default.given),
                mark,
            )
            return text if isinstance(text, EnvPath) else make_path(run, Arguments((text,)), mark)
        found = ask(run, prefix + variable, default, reading, mark)
        if method in ("db", "db_url", "cache", "cache_url"):
            return run.each(found, lambda option: _parsed_url(run, method, option, given, mark))
        return found


def environ_variable(method: str) -> str:
    """The variable that a method without a name asks for."""
    return "CACHE_URL" if method.startswith("cache") else "DATABASE_URL"


def read_value(env: Special, name: str) -> Abstract:
    return env.cells[name]


def _declared(run: Interpreter, value: Abstract, mark: Mark) -> object:
    """An entry of the scheme: a cast, or a cast and a default, which is passed on as it is."""
    if isinstance(value, Tuple) and len(value.items) == 2:
        default = value.items[1]
        return cast_of(run, value.items[0], mark), default
    return cast_of(run, value, mark)


def _parsed_url(run: Interpreter, method: str, url: Abstract, given: Mapping[str, Abstract], mark: Mark) -> Abstract:
    text = text_of(url)
    if text is None and not (isinstance(url, Known) and url.value is None):
        return url
    keyword = "engine" if method.startswith("db") else "backend"
    other = given.get(keyword)
    chosen = text_of(other)
    try:
        if method.startswith("db"):
            parts = environ_url.db_url(text, chosen)
        else:
            parts = environ_url.cache_url(text or "", chosen)
    except LibraryError as error:
        run.may_fail(IMPROPER, error.reason, mark)
        return Unknown(error.reason, (mark, *url.where))
    return from_parts(run, parts, {"url": url, keyword: other}, mark)


def file_reader(run: Interpreter) -> Callable[[str], str]:
    """How a file-aware environment reads the file that a variable names."""

    def read(path: str) -> str:
        located = locate(run, path)
        if located is None:
            raise LibraryError("a file outside the project is not read")
        try:
            return run.finder.tree.read(located, LARGEST).text
        except Unreadable:
            raise LibraryError("the file of a variable cannot be read") from None

    return read


def read_env(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`Env.read_env(env_file, overwrite=..., **overrides)`: set the variables of a `.env` file."""
    nothing = Known(None, (mark,))
    given = arguments.get(0, "env_file")
    value = plain_text(run, given) if given is not None and not _is_none(given) else None
    path = f"{folder_of(run)}/.env".lstrip("/") if given is None or _is_none(given) else value and locate(run, value)
    overwrite = arguments.named.get("overwrite")
    if path is not None and path != "" and run.finder.tree.is_dir(path):
        path = f"{path}/.env"
    if path is None or not run.finder.tree.is_file(path):
        if path is None:
            run.note(mark, "which .env file is read is not known, or it lies outside the project")
        return nothing
    try:
        source = run.finder.tree.read(path, LARGEST)
        assignments = environ.read_env(source.text)
    except (LibraryError, Unreadable) as error:
        doubt_variables(run, f"{path} is not read: {error}", mark)
        return nothing
    force = overwrite is not None and truth(run, overwrite) is True
    set_assignments(run, source, {a.name: a for a in assignments}.values(), mark, force=force)
    return nothing


def _is_none(value: Abstract) -> bool:
    return isinstance(value, Known) and value.value is None


def plain_text(run: Interpreter, value: Abstract) -> str | None:
    """A path given as a text, a pathlib path or an environ.Path; None when it is not known."""
    if isinstance(value, EnvPath):
        return value.root
    if isinstance(value, Known):
        return str(value.value)
    return None


class EnvPath(Special):
    """An `environ.Path`."""

    __slots__ = ("root",)

    def __init__(self, serial: int, root: str, mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.root = root

    def text(self, mark: Mark) -> Abstract:
        return Known(self.root, (mark,))

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name in ("root", "__root__"):
            return Known(self.root, (mark,))
        if name == "path":
            return Native(name, self.call)
        if name == "rfind" or hasattr(str, name):
            return run.attribute(Known(self.root, (mark,)), name, mark)
        return Unknown(f"{name} of environ.Path is not modelled", (mark,))

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        made = make_path(run, Arguments((Known(self.root), *arguments.positional)), mark)
        return Known(made.root, (mark,)) if isinstance(made, EnvPath) else made

    def operate(self, run: Interpreter, sign: str, other: Abstract, mark: Mark) -> Abstract:
        try:
            value = plain_or_raise(other) if not isinstance(other, EnvPath) else other.root
            if sign == "-" and isinstance(value, (int, str)):
                return EnvPath(run.store.number(), environ.path_minus(self.root, value), mark)
            if sign == "+" and isinstance(value, str):
                return EnvPath(run.store.number(), environ.path(self.root, value), mark)
        except LibraryError as error:
            return Unknown(error.reason, (mark,))
        return Unknown(f"{sign} of environ.Path is not modelled", (mark,))


def make_path(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`environ.Path(start, *paths, is_file=False)`."""
    is_file = arguments.named.get("is_file")
    try:
        parts = [
            value.root if isinstance(value, EnvPath) else str(plain_or_raise(value)) for value in arguments.positional
        ]
        start = parts[0] if parts else run.finder.tree.base
        if not start.startswith("/"):
            start = f"{run.finder.tree.base}/{start}"
        root = environ.path(start, *parts[1:], is_file=is_file is not None and truth(run, is_file) is True)
        return EnvPath(run.store.number(), root, mark)
    except LibraryError as error:
        return Unknown(error.reason, (mark,))


def _make(file_aware: bool) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return Env(run.store.number(), mark, arguments.named, file_aware=file_aware)

    return handler


def _db_config(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`Env.db_url_config(url, engine=None)`."""
    url = arguments.get(0, "url")
    if url is None:
        return Unknown("the database URL is not known", (mark,))
    given = {"engine": engine} if (engine := arguments.get(1, "engine")) is not None else {}
    return run.each(url, lambda option: _parsed_url(run, "db", option, given, mark))


HANDLERS: Final[Mapping[str, Handler]] = {
    "environ.Env": _make(False),
    "environ.FileAwareEnv": _make(True),
    "environ.Env.read_env": read_env,
    "environ.FileAwareEnv.read_env": read_env,
    "environ.Env.db_url_config": _db_config,
    "environ.Path": make_path,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "environ.Env.ENVIRON": lambda run, mark: run.attribute(External("os"), "environ", mark),
}
