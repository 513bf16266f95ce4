"""environs in evaluated code: Env, FileAwareEnv, prefixes, casts, database URLs, read_env."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.dotenv import (
    OUTSIDE,
    Loading,
    is_enabled,
    loadable,
    open_file,
    read_texts,
    set_texts,
    set_unread,
)
from connlint.python.bridges.environ import file_reader
from connlint.python.bridges.shared import (
    Default,
    Environment,
    Question,
    ask,
    at_least,
    by_name,
    cast_of,
    folder_of,
    plain_or_raise,
    text_of,
)
from connlint.python.bridges.urls import parse_url
from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Arguments,
    Dict,
    Handler,
    Known,
    Mark,
    Native,
    Special,
    Unknown,
)
from connlint.python.language.operators import truth
from connlint.python.libraries import LibraryError, Lookup, Reading, dotenv, environs
from connlint.python.models.environment import variables
from connlint.python.models.paths import locate
from connlint.source import Source

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_CASTS: Final = frozenset({"subcast", "subcast_keys", "subcast_values", "subcast_key"})
_PREFIX: Final = ".prefix"
_IGNORED: Final = frozenset({"validate", "error", "metadata", "load_default", "missing"})
_READ_ENV: Final = ("path", "recurse", "verbose", "override", "return_path")  # by position before 15.0


class Env(Environment):
    """An `environs.Env`; a cell holds the prefix that `with env.prefixed(...)` changes for a while.

    `file` is what read_env keeps for this object alone, from 15.0 on.
    """

    __slots__ = ("expand", "file", "suffix")

    def __init__(self, run: Interpreter, mark: Mark, expand: bool, *, suffix: str = "", prefix: str = "") -> None:
        super().__init__(run.store.number(), mark, {_PREFIX: Known(prefix)})
        self.expand = expand
        self.suffix = suffix  # of the variables that name a file, for a FileAwareEnv
        self.file = run.make_dict({}, (mark,))

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "__init__":
            return Native(name, self.initialize)
        if name == "__call__":
            return Native(name, self.call)
        if name == "read_env":
            return Native(name, lambda run, arguments, mark: read_env(run, self.file, arguments, mark))
        if name == "prefixed":
            return Native(name, lambda run, arguments, mark: self._prefixed(run, arguments, mark))
        if name in ("seal", "add_parser", "dump"):
            return Native(name, lambda run, arguments, mark: Known(None, (mark,)))
        if name.startswith("_"):
            return Unknown(f"env.{name} is not modelled", (mark,))
        return Native(name, lambda run, arguments, mark: self.ask(run, name, arguments, mark))

    def initialize(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        """`__init__(...)`, as a derived class calls it; with what changes the object it is not followed."""
        if arguments.named or arguments.positional or arguments.open:
            run.store.write(self, _PREFIX, Unknown("how the environment is read is not known", (mark,)))
        return Known(None, (mark,))

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return self.ask(run, "__call__", arguments, mark)

    def _prefixed(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return Prefixed(run.store.number(), self, arguments.get(0, "prefix") or Known(""), mark)

    def ask(self, run: Interpreter, method: str, arguments: Arguments, mark: Mark) -> Abstract:
        """`env.<method>(name, default, ...)`."""
        name = arguments.get(0, "name")
        default = arguments.get(1, "default")
        default = default if default is not None else arguments.named.get("missing")
        if name is None or arguments.open:
            return Unknown("which variable is read is not known", (mark,))

        def one(option: Abstract) -> Abstract:
            if default is None:
                return self._ask(run, method, option, None, arguments, mark)
            return run.each(default, lambda value: self._ask(run, method, option, value, arguments, mark))

        return run.each(name, one)

    def _ask(
        self, run: Interpreter, method: str, name: Abstract, value: Abstract | None, arguments: Arguments, mark: Mark
    ) -> Abstract:
        text, prefix = text_of(name), text_of(self.cells[_PREFIX])
        if text is None or prefix is None:
            return run.unknown_of([name, self.cells[_PREFIX]], "which variable is read is not known", mark)
        default = Default.of(value, environs.NOTSET)
        keywords = {k: v for k, v in arguments.named.items() if k not in ("name", "default", *_IGNORED)}

        def read(lookup: Lookup) -> Reading:
            if self.changed():
                raise LibraryError("how the environment is read is not known")
            model = environs.Env(prefix, self.expand)
            find = environs.file_aware(lookup, file_reader(run), self.suffix) if self.suffix else lookup
            if method == "dj_db_url":
                return environs.read(model, find, method, text, default.given)
            plain = {k: cast_of(run, v, mark) if k in _CASTS else plain_or_raise(v) for k, v in keywords.items()}
            subcast = arguments.get(2, "subcast") if method in ("list", "dict") else None
            if subcast is not None:
                plain["subcast"] = cast_of(run, subcast, mark)
            return environs.read(model, find, method, text, default.given, **plain)

        also = f"{prefix}{text}{self.suffix}" if self.suffix else ""
        found = ask(run, Question(prefix + text, default, read, mark, below=self.file, also=also))
        if method == "dj_db_url":
            return parse_url(run, found, keywords, mark)
        if method == "path" and isinstance(found, Known) and isinstance(found.value, str):
            return Known(PurePosixPath(found.value), found.marks)
        return found


class Prefixed(Special):
    """`env.prefixed("X_")`, a context in which every name gets a prefix."""

    __slots__ = ("before", "env", "more")

    def __init__(self, serial: int, env: Env, more: Abstract, mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.env = env
        self.more = more
        self.before: Abstract = MISSING

    def enter(self, run: Interpreter, mark: Mark) -> Abstract:
        self.before = self.env.cells[_PREFIX]
        before, more = text_of(self.before), text_of(self.more)
        known = (
            Known(before + more)
            if before is not None and more is not None
            else Unknown("the prefix is not known", (mark,))
        )
        run.store.write(self.env, _PREFIX, known)
        return self.env

    def leave(self, run: Interpreter) -> None:
        run.store.write(self.env, _PREFIX, self.before)


def read_env(run: Interpreter, own: Dict | None, arguments: Arguments, mark: Mark) -> Abstract:
    """`env.read_env(path, recurse, override, return_path)`: read a `.env` file found from a folder upwards.

    Before 15.0 it sets the variables of the process, by position too and on the class (`own` is None); from then on
    it fills the object alone, where the environment's own variables win. Where the version is not known, both count.
    """
    given = by_name(arguments, _READ_ENV)
    old = own is None or len(arguments.positional) > 1 or "verbose" in given
    instance = False if old else at_least(run, "environs", environs.INSTANCE_ONLY_SINCE)
    path = given.get("path", Known(None))
    return run.each(path, lambda option: _read_env(run, own, given, option, instance, mark, is_open=arguments.open))


def _read_env(
    run: Interpreter,
    own: Dict | None,
    given: Mapping[str, Abstract],
    path: Abstract,
    instance: bool | None,
    mark: Mark,
    *,
    is_open: bool,
) -> Abstract:
    override, recurse = truth(run, given.get("override", Known(False))), truth(run, given.get("recurse", Known(True)))
    returns = truth(run, given.get("return_path", Known(False)))
    how = Loading(override is not False, instance is False)
    file = _search(run, path, recurse is not False, mark)
    if is_open or override is None or recurse is None:
        file = Unknown("how the .env file is read is not known")
    enabled = is_enabled(run)
    targets = [variables(run)] if instance is not True and enabled is not False else []
    if isinstance(file, Unknown):
        for target in [*targets, *([own] if own is not None and instance is not False else [])]:
            set_unread(run, target, file.reason, mark, how)
        return Unknown(file.reason, (mark,))
    if file is not None and own is not None and instance is not False:
        set_texts(run, own, loadable(read_texts(run, file, mark)), mark, Loading(how.override))
    if file is not None and targets:
        texts = loadable(read_texts(run, file, mark, override=how.override))
        set_texts(run, targets[0], texts, mark, Loading(how.override, how.certain and enabled is True))
    if returns is None or (instance is not True and enabled is not True):
        return Unknown("what read_env returns is not known", (mark,))
    if returns:
        return Known(None if file is None else f"{run.finder.tree.base}/{file.path}", (mark,))
    return Known(file is not None, (mark,))


def _search(run: Interpreter, path: Abstract, recurse: bool, mark: Mark) -> Source | Unknown | None:
    """The file of that name in the folder of `path`, or in the nearest one above it that has it."""
    tree = run.finder.tree
    if not isinstance(path, Known) or not isinstance(path.value, (str, PurePath, type(None))):
        return Unknown(path.reason if isinstance(path, Unknown) else "which .env file is read is not known")
    start = posixpath.join(folder_of(run), ".env") if path.value is None else locate(run, path.value)
    if start is None:
        run.note(mark, OUTSIDE)
        return None
    folder, _, name = start.rpartition("/")
    if tree.is_dir(start):
        run.fail(("builtins.ValueError", "builtins.Exception"), "read_env() is given a folder, not a file", mark)
        return None
    if not recurse:
        return open_file(run, start)
    if not tree.is_dir(folder):
        run.fail(("builtins.OSError", "builtins.Exception"), f"there is no folder {folder}", mark)
        return None
    found = dotenv.find(tree.exists, folder, name)
    return open_file(run, found) if found is not None else None


def _on_class(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`Env.read_env(...)` without an object, as it could be called before 15.0."""
    if at_least(run, "environs", environs.INSTANCE_ONLY_SINCE):
        return run.fail(("builtins.TypeError", "builtins.Exception"), "read_env() needs an Env() from 15.0 on", mark)
    return read_env(run, None, arguments, mark)


def _make(file_aware: bool) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        expand = arguments.named.get("expand_vars")
        known = truth(run, expand) if expand is not None else False
        strip = truth(run, arguments.named.get("strip_whitespace", Known(False)))
        if known is None or arguments.open or strip is not False:
            return Unknown("how the environment is read is not known", (mark,))
        try:
            prefix = plain_or_raise(arguments.named["prefix"]) if "prefix" in arguments.named else ""
            suffix = plain_or_raise(arguments.named.get("file_suffix", Known("_FILE")))
        except LibraryError as error:
            return Unknown(error.reason, (mark,))
        return Env(run, mark, known, suffix=str(suffix) if file_aware else "", prefix=str(prefix or ""))

    return handler


def _shared(run: Interpreter, mark: Mark) -> Abstract:
    """`from environs import env`, the library's own instance."""
    if "environs.env" not in run.specials:
        made = Env(run, mark, False)
        made.serial = made.file.serial = 0  # it is there before any branch
        run.specials["environs.env"] = made
    return run.specials["environs.env"]


HANDLERS: Final[Mapping[str, Handler]] = {
    "environs.Env": _make(False),
    "environs.FileAwareEnv": _make(True),
    "environs.Env.read_env": _on_class,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {"environs.env": _shared}
