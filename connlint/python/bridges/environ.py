"""django-environ in evaluated code: Env, FileAwareEnv, read_env."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from connlint.project.tree import Unreadable
from connlint.python.bridges.dotenv import Loading, assigned, file_at, open_file, set_texts, set_unread
from connlint.python.bridges.environ_path import EnvPath, make_path
from connlint.python.bridges.environ_url import cache_schemes, parsed_url, schemes
from connlint.python.bridges.shared import (
    Default,
    Environment,
    Question,
    ask,
    by_name,
    cast_of,
    folder_of,
    given_to,
    lookup_in,
    plain_or_raise,
    text_of,
)
from connlint.python.language.domain import (
    REST,
    Abstract,
    Arguments,
    External,
    Handler,
    Known,
    List,
    Mark,
    Native,
    Tuple,
    Unknown,
)
from connlint.python.language.operators import truth
from connlint.python.language.plain import NotPlain, lift, plain
from connlint.python.libraries import LibraryError, Lookup, Reading, environ
from connlint.python.libraries.signatures import PARAMETERS
from connlint.python.models.environment import variables
from connlint.python.models.files import LARGEST, File
from connlint.python.models.frameworks import mail_settings
from connlint.python.models.paths import locate
from connlint.source import Source

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_PREFIX: Final = "environ.Env."
_ON_CLASS: Final = frozenset({"read_env", "db_url_config", "cache_url_config", "parse_value"})
_METHODS: Final = frozenset(
    name.removeprefix(_PREFIX) for name in PARAMETERS if name.startswith(_PREFIX)
) - _ON_CLASS | {"unicode", "email", "email_url", "search_url", "channels", "channels_url"}
_URLS: Final = frozenset({"db", "db_url", "cache", "cache_url"})
_PLAIN: Final = ("var", "default")
_EXTRAS: Final = frozenset({"multiline", "choices", "encoding"})
# Attributes of an Env that a project may set, and what they are else.
_ATTRIBUTES: Final[Mapping[str, object]] = {"prefix": "", "smart_cast": True, "escape_proxy": False}
_SHARED: Final = {"DB_SCHEMES": schemes, "CACHE_SCHEMES": cache_schemes}


class Env(Environment):
    """An `environ.Env`. Its cells hold the scheme by name, and the attributes a project sets by `.name`."""

    __slots__ = ("file_aware",)

    def __init__(self, serial: int, mark: Mark, arguments: Arguments, *, file_aware: bool) -> None:
        super().__init__(serial, mark, dict(arguments.named.items()))
        if arguments.open:
            self.cells[REST] = Unknown("not all of the scheme is known", (mark,))
        self.file_aware = file_aware

    def initialize(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        """`__init__(**scheme)`, as a derived class calls it."""
        for name, value in arguments.named.items():
            run.store.write(self, name, value)
        if arguments.open:
            run.store.write(self, REST, Unknown("not all of the scheme is known", (mark,)))
        return Known(None, (mark,))

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name in _METHODS:
            return Native(name, lambda run, arguments, mark: self.ask(run, name, arguments, mark))
        if name == "__init__":
            return Native(name, self.initialize)
        if name == "__call__":
            return Native(name, self.call)
        if name == "read_env":
            return Native(name, read_env)
        if name == "parse_value":
            return Native(name, parse_value)
        if name == "ENVIRON":
            return run.attribute(External("os"), "environ", mark)
        if f".{name}" in self.cells:
            return self.cells[f".{name}"]
        if name in _ATTRIBUTES:
            return self._attribute(name)
        if name in _SHARED:
            return _SHARED[name](run, mark)
        if name in ("db_url_config", "cache_url_config", "email_url_config"):
            return run.attribute(External("environ.Env"), name, mark)
        return Unknown(f"env.{name} is not modelled", (mark,))

    def set_attribute(self, run: Interpreter, name: str, value: Abstract, mark: Mark) -> None:
        run.store.write(self, f".{name}", value)

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        name = text_of(key)
        try:
            return None if name is None else lookup_in(run)(name) is not None
        except LibraryError:
            return None

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return self.ask(run, "__call__", arguments, mark)

    def _attribute(self, name: str) -> Abstract:
        """`prefix` and its like: `__init__` sets them, so that only those of the object count."""
        given = self.owner.cells.get(name) if self.owner is not None else self.cells.get(f".{name}")
        return Known(_ATTRIBUTES[name]) if given is None else given

    def _model(self, run: Interpreter, mark: Mark) -> environ.Env:
        held = {name: self._attribute(name) for name in _ATTRIBUTES}
        prefix = plain_or_raise(held["prefix"])
        smart, escape = truth(run, held["smart_cast"]), truth(run, held["escape_proxy"])
        changed = {str(name) for name in self.cells if str(name).startswith(".")} - {f".{name}" for name in _ATTRIBUTES}
        if smart is None or escape is None or not isinstance(prefix, str) or changed or self.changed():
            raise LibraryError("how the environment is read is not known")
        return environ.Env(_Scheme(run, self, mark), prefix, smart, escape)

    def ask(self, run: Interpreter, method: str, arguments: Arguments, mark: Mark) -> Abstract:
        """`env.<method>(...)`, or `env(...)` for `__call__`."""
        if method in ("email", "email_url"):
            return mail_settings(run, Arguments(), mark)
        given = by_name(arguments, PARAMETERS.get(f"{_PREFIX}{method}", _PLAIN))
        name, default = given.pop("var", None), given.pop("default", None)
        if arguments.open or (name is None and method not in _URLS):
            return Unknown("not all arguments are known", (mark,))
        if name is None:
            name = Known("CACHE_URL" if method.startswith("cache") else "DATABASE_URL", (mark,))

        def one(option: Abstract) -> Abstract:
            text = text_of(option)
            if text is None:
                return run.unknown_of([option], "which variable is read is not known", mark)
            if default is None:
                return self._ask(run, method, text, None, given, mark)
            return run.each(default, lambda value: self._ask(run, method, text, value, given, mark))

        return run.each(name, one)

    def _ask(
        self,
        run: Interpreter,
        method: str,
        name: str,
        value: Abstract | None,
        given: Mapping[str, Abstract],
        mark: Mark,
    ) -> Abstract:
        variable = (text_of(self._attribute("prefix")) or "") + name
        default = Default.of(value, environ.NOTSET)
        cast = None if method in _URLS or method == "path" else given.get("cast")

        def read(lookup: Lookup) -> Reading:
            find = environ.file_aware(lookup, file_reader(run)) if self.file_aware else lookup
            return self._read(run, method, name, default.given, {**given}, find, mark)

        also = f"{variable}_FILE" if self.file_aware else ""
        found = ask(
            run, Question(variable, self._default(run, variable, default, mark), read, mark, also=also, cast=cast)
        )
        if method in _URLS:
            keyword = given.get("engine" if method.startswith("db") else "backend")
            return parsed_url(run, method, found, keyword, mark, self.own("DB_SCHEMES"))
        if method == "path" and not isinstance(found, EnvPath):
            return run.each(found, lambda option: make_path(run, Arguments((option,)), mark))
        return found

    def _default(self, run: Interpreter, variable: str, default: Default, mark: Mark) -> Default:
        """The default of the call, else that of the scheme."""
        declared = self.cells.get(variable)
        items = _pair(declared) if declared is not None else None
        return Default.of(items[1], environ.NOTSET) if default.value is None and items is not None else default

    def _read(
        self,
        run: Interpreter,
        method: str,
        name: str,
        default: object,
        given: dict[str, Abstract],
        lookup: Lookup,
        mark: Mark,
    ) -> Reading:
        env = self._model(run, mark)
        if method in ("__call__", "get_value"):
            parse = truth(run, given.get("parse_default", Known(False)))
            if parse is None:
                raise LibraryError("whether the default is parsed is not known")
            return environ.get_value(env, lookup, name, cast_of(run, given.get("cast"), mark), default, parse)
        if method == "path":
            return environ.get_value(env, lookup, name, None, default)
        extras = {key: plain_or_raise(value) for key, value in given.items() if key in _EXTRAS}
        if "cast" in given:
            extras["cast"] = cast_of(run, given["cast"], mark)
        return environ.read(env, lookup, "str" if method == "unicode" else method, name, default, **extras)


class _Scheme(Mapping[str, object]):
    """The scheme as the model takes it, each entry made when it is asked for."""

    def __init__(self, run: Interpreter, env: Env, mark: Mark) -> None:
        self._run, self._env, self._mark = run, env, mark

    def __contains__(self, name: object) -> bool:
        if name not in self._env.cells and REST in self._env.cells:
            raise LibraryError("which variables the scheme names is not known")
        return name in self._env.cells

    def __getitem__(self, name: str) -> object:
        declared = self._env.cells[name]
        items = _pair(declared)
        if items is None:
            return cast_of(self._run, declared, self._mark)
        return cast_of(self._run, items[0], self._mark), Default.of(items[1], environ.NOTSET).given

    def __iter__(self) -> Iterator[str]:
        return (str(name) for name in self._env.cells)

    def __len__(self) -> int:
        return len(self._env.cells)


def _pair(declared: Abstract) -> tuple[Abstract, Abstract] | None:
    """Cast and default, where an entry of the scheme has both."""
    content = declared.content if isinstance(declared, List) else declared
    return (content.items[0], content.items[1]) if isinstance(content, Tuple) and len(content.items) == 2 else None


def parse_value(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`Env.parse_value(value, cast)`."""
    given = given_to("environ.Env.parse_value", arguments)
    value, cast = given.get("value"), given.get("cast")
    if value is None or arguments.open:
        return Unknown("the value is not known", (mark,))

    def one(option: Abstract) -> Abstract:
        try:
            return lift(run, environ.parse_value(plain(option), cast_of(run, cast, mark)), option.where or (mark,))
        except NotPlain as error:
            return error.unknown
        except LibraryError as error:
            run.may_fail((), error.reason, mark)
            return Unknown(error.reason, (mark,))

    return run.each(value, one)


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
    """`Env.read_env(env_file, overwrite, parse_comments, encoding, **overrides)`: set the variables of a `.env` file.

    `overrides` are set like those of the file, which come before them; without the file nothing is set.
    """
    given = given_to("environ.Env.read_env", arguments)
    path = given.pop("env_file", Known(None))

    def one(option: Abstract) -> Abstract:
        _read_env(run, option, given, arguments.open, mark)
        return Known(None, (mark,))

    return run.each(path, one)


def _read_env(run: Interpreter, path: Abstract, given: Mapping[str, Abstract], is_open: bool, mark: Mark) -> None:
    overwrite = truth(run, given.get("overwrite", Known(False)))
    comments = truth(run, given.get("parse_comments", Known(False)))
    how = Loading(overwrite is not False)
    file: Source | File | Unknown | None
    if isinstance(path, EnvPath):
        path = Known(path.root)
    if isinstance(path, Known) and path.value is None:
        file = open_file(run, f"{folder_of(run)}/.env".lstrip("/"))
    else:
        file = file_at(run, path, mark)
    if is_open or overwrite is None or comments is None:
        file = Unknown("how the .env file is read is not known")
    if file is None:
        return
    texts = {k: _as_text(v) for k, v in given.items() if k not in PARAMETERS["environ.Env.read_env"]}
    try:
        if isinstance(file, Unknown):
            raise LibraryError(file.reason)
        text = file.text if isinstance(file, Source) else str(file.content)
        for found in environ.read_env(text, parse_comments=comments is True):
            texts[found.name] = assigned(file, found) if isinstance(file, Source) else Known(found.text, file.marks)
    except LibraryError as error:
        set_unread(run, variables(run), error.reason, mark, how)
        return
    set_texts(run, variables(run), texts, mark, how)


def _as_text(value: Abstract) -> Abstract:
    try:
        return Known(str(plain(value)), value.where)
    except NotPlain as error:
        return error.unknown


def _make(file_aware: bool) -> Handler:
    return lambda run, arguments, mark: Env(run.store.number(), mark, arguments, file_aware=file_aware)


HANDLERS: Final[Mapping[str, Handler]] = {
    "environ.Env": _make(False),
    "environ.FileAwareEnv": _make(True),
    **{f"{cls}.read_env": read_env for cls in ("environ.Env", "environ.FileAwareEnv")},
    **{f"{cls}.parse_value": parse_value for cls in ("environ.Env", "environ.FileAwareEnv")},
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "environ.Env.ENVIRON": lambda run, mark: run.attribute(External("os"), "environ", mark),
}
