"""environs in evaluated code: Env, FileAwareEnv, prefixes, casts, database URLs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from connlint.python.bridge import Default, ask, cast_of, plain_or_raise, text_of
from connlint.python.bridge_dotenv import load
from connlint.python.bridge_environ import file_reader
from connlint.python.bridge_urls import parse_url
from connlint.python.domain import MISSING, Abstract, Arguments, Handler, Known, Mark, Native, Special, Unknown
from connlint.python.environment import lookup
from connlint.python.libraries import LibraryError, Lookup, Reading, environs
from connlint.python.operators import truth

if TYPE_CHECKING:
    from connlint.python.interpreter import Interpreter

_CASTS: Final = frozenset({"subcast", "subcast_keys", "subcast_values", "subcast_key"})
_PREFIX: Final = ".prefix"
_IGNORED: Final = frozenset({"validate", "error", "metadata", "load_default", "missing"})


class Env(Special):
    """An `environs.Env`; a cell holds the prefix that `with env.prefixed(...)` changes for a while."""

    __slots__ = ("expand", "file_aware")

    def __init__(self, serial: int, mark: Mark, expand: bool, *, file_aware: bool, prefix: str = "") -> None:
        super().__init__(serial, (mark,), {_PREFIX: Known(prefix)})
        self.expand = expand
        self.file_aware = file_aware

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "read_env":
            return Native(name, _read_env)
        if name == "prefixed":
            return Native(name, lambda run, arguments, mark: self._prefixed(run, arguments, mark))
        if name in ("seal", "add_parser", "dump"):
            return Native(name, lambda run, arguments, mark: Known(None, (mark,)))
        if name.startswith("_"):
            return Unknown(f"env.{name} is not modelled", (mark,))
        return Native(name, lambda run, arguments, mark: self.ask(run, name, arguments, mark))

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return self.ask(run, "__call__", arguments, mark)

    def _prefixed(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return Prefixed(run.store.number(), self, arguments.get(0, "prefix") or Known(""), mark)

    def _lookup(self, run: Interpreter) -> Lookup:
        return environs.file_aware(lookup(run), file_reader(run)) if self.file_aware else lookup(run)

    def ask(self, run: Interpreter, method: str, arguments: Arguments, mark: Mark) -> Abstract:
        """`env.<method>(name, default, ...)`."""
        name = arguments.get(0, "name")
        if name is None or arguments.open:
            return Unknown("which variable is read is not known", (mark,))
        return run.each(name, lambda option: self._ask(run, method, option, arguments, mark))

    def _ask(self, run: Interpreter, method: str, name: Abstract, arguments: Arguments, mark: Mark) -> Abstract:
        text, prefix = text_of(name), text_of(self.cells[_PREFIX])
        if text is None or prefix is None:
            return run.unknown_of([name, self.cells[_PREFIX]], "which variable is read is not known", mark)
        default = Default.of(arguments.get(1, "default") or arguments.named.get("missing"), environs.NOTSET)
        keywords = {k: v for k, v in arguments.named.items() if k not in ("name", "default", *_IGNORED)}

        def reading() -> Reading:
            model = environs.Env(prefix, self.expand)
            if method == "dj_db_url":
                return environs.read(model, self._lookup(run), method, text, default.given)
            plain = {k: cast_of(run, v, mark) if k in _CASTS else plain_or_raise(v) for k, v in keywords.items()}
            subcast = arguments.get(2, "subcast") if method in ("list", "dict") else None
            if subcast is not None:
                plain["subcast"] = cast_of(run, subcast, mark)
            return environs.read(model, self._lookup(run), method, text, default.given, **plain)

        found = ask(run, prefix + text, default, reading, mark)
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


def _read_env(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    named = dict(arguments.named)
    if "path" in named:
        named["dotenv_path"] = named.pop("path")
    return load(run, Arguments(arguments.positional, named, arguments.open), mark)


def _make(file_aware: bool) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        expand = arguments.named.get("expand_vars")
        known = truth(run, expand) if expand is not None else False
        if known is None or arguments.open:
            return Unknown("how the environment is read is not known", (mark,))
        try:
            prefix = plain_or_raise(arguments.named["prefix"]) if "prefix" in arguments.named else ""
        except LibraryError as error:
            return Unknown(error.reason, (mark,))
        return Env(run.store.number(), mark, known, file_aware=file_aware, prefix=str(prefix or ""))

    return handler


def _shared(run: Interpreter, mark: Mark) -> Abstract:
    """`from environs import env`, the library's own instance."""
    if "environs.env" not in run.specials:
        run.specials["environs.env"] = Env(run.store.number(), mark, False, file_aware=False)
    return run.specials["environs.env"]


HANDLERS: Final[Mapping[str, Handler]] = {
    "environs.Env": _make(False),
    "environs.FileAwareEnv": _make(True),
    "environs.Env.read_env": _read_env,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {"environs.env": _shared}
