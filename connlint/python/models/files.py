"""Reading files of the project from evaluated code: open, JSON, YAML, TOML, INI."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from connlint.project.tree import Unreadable
from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Handler,
    Known,
    Mark,
    Marks,
    Native,
    Special,
    Tuple,
    Unknown,
)
from connlint.python.language.fuel import TooLarge
from connlint.python.language.plain import compute, names_of, pure
from connlint.python.models.paths import locate
from connlint.source import Source
from connlint.value import Origin

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

LARGEST: Final = 300_000  # characters of a file that evaluated code reads


def read_source(run: Interpreter, path: Abstract, mark: Mark) -> Source | Unknown:
    """The text of a file that evaluated code opens; unknown, or a failed open, when it cannot be had."""
    if not isinstance(path, Known):
        run.may_fail(names_of(FileNotFoundError), "the file may be missing", mark)
        return run.unknown_of([path], "which file is read is not known", mark)
    located = locate(run, path.value)
    if located is None:
        run.may_fail(names_of(FileNotFoundError), "the file may be missing", mark)
        return Unknown("it is in a file outside the project, which is not read", (mark,))
    if not (run.finder.tree.exists(located) or run.finder.tree.leads_out(located)):
        failed = run.fail(names_of(FileNotFoundError), f"there is no file {located}", mark)
        return failed if isinstance(failed, Unknown) else Unknown("the file is missing", (mark,))
    try:
        return run.finder.tree.read(located, LARGEST)
    except Unreadable as error:
        return Unknown(f"{located} is not read: {error}", (mark,))


class File(Special):
    """An open file of the project, or a text that is read like one."""

    __slots__ = ("content", "source")

    def __init__(self, serial: int, content: str | bytes, marks: Marks, source: Source | None = None) -> None:
        super().__init__(serial, marks)
        self.content = content
        self.source = source

    def text(self, mark: Mark | None = None) -> Known:
        return Known(self.content, self.marks)

    def lines(self) -> Tuple:
        return Tuple(tuple(Known(line, self.marks) for line in self.content.splitlines(keepends=True)), self.marks)

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "read":
            return Native(name, lambda run, arguments, mark: self.text())
        if name == "readlines":
            return Native(name, lambda run, arguments, mark: run.make_list_of(self.lines(), self.marks))
        if name in ("close", "seek", "flush"):
            return Native(name, lambda run, arguments, mark: Known(None, (mark,)))
        if name == "readline":
            first = self.lines().items[:1]
            return Native(name, lambda run, arguments, mark: first[0] if first else Known("", (mark,)))
        return Unknown(f"the method {name} of a file is not modelled", (mark,))

    def iterate(self, run: Interpreter, mark: Mark) -> Abstract:
        return self.lines()


def _open(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    path, mode = arguments.get(0, "file"), arguments.get(1, "mode")
    if path is None or arguments.open:
        return Unknown("which file is opened is not known", (mark,))
    if mode is not None and not (isinstance(mode, Known) and isinstance(mode.value, str) and "r" in mode.value):
        return Unknown("a file is written", (mark,))
    as_bytes = isinstance(mode, Known) and "b" in str(mode.value)

    def one(option: Abstract) -> Abstract:
        source = read_source(run, option, mark)
        return source if isinstance(source, Unknown) else _opened(run, source, mark, as_bytes=as_bytes)

    return run.each(path, one)


def read_path(run: Interpreter, path: Known, name: str, arguments: Arguments, mark: Mark) -> Abstract:
    """`path.open()`, `path.read_text()`, `path.read_bytes()`."""
    if name == "open":
        return _open(run, Arguments((path, *arguments.positional), arguments.named, arguments.open), mark)
    source = read_source(run, path, mark)
    if isinstance(source, Unknown):
        return source
    return _opened(run, source, mark, as_bytes=name == "read_bytes").text()


def _opened(run: Interpreter, source: Source, mark: Mark, *, as_bytes: bool) -> File:
    marks = (Origin.at(source.span(0, 0), f"read from {source.path}"), mark)
    return File(run.store.number(), source.text.encode() if as_bytes else source.text, marks, source)


def _string_io(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    text = arguments.get(0, "initial_value") or Known("", (mark,))
    if not isinstance(text, Known) or not isinstance(text.value, (str, bytes)):
        return run.unknown_of([text], "the text is not known", mark)
    return File(run.store.number(), text.value, text.marks)


def _loader(name: str, load: Callable[[str], object]) -> Handler:
    """A handler for a parser that takes a text or an open file."""

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        source = arguments.positional[0] if arguments.positional else arguments.named.get("stream")
        if source is None:
            return Unknown(f"what {name} reads is not known", (mark,))
        text = source.text() if isinstance(source, File) else source

        def parse(value: object) -> object:
            decoded = value.decode() if isinstance(value, bytes) else value
            if not isinstance(decoded, str):
                raise TypeError(name)
            if len(decoded) > LARGEST:
                raise TooLarge("a text that is too long")
            try:
                return load(decoded)
            except RecursionError:
                raise TooLarge("something nested too deeply") from None

        return compute(run, name, parse, (text,), mark)

    return handler


def _yaml(text: str) -> object:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError("no YAML") from None


def _yaml_all(text: str) -> object:
    import yaml

    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        raise ValueError("no YAML") from None


def _toml(text: str) -> object:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _json(text: str) -> object:
    import json

    return json.loads(text)


def _dumps(*positional: Any, **named: Any) -> str:
    import json

    return json.dumps(*positional, **named)


HANDLERS: Final[Mapping[str, Handler]] = {
    "io.open": _open,
    "builtins.open": _open,
    "io.StringIO": _string_io,
    "io.BytesIO": _string_io,
    "json.load": _loader("json.load", _json),
    "json.loads": _loader("json.loads", _json),
    "json.dumps": pure("json.dumps", _dumps),
    "yaml.safe_load": _loader("yaml", _yaml),
    "yaml.safe_load_all": _loader("yaml", _yaml_all),
    "tomllib.load": _loader("tomllib", _toml),
    "tomllib.loads": _loader("tomllib", _toml),
    "toml.load": _loader("toml", _toml),
    "toml.loads": _loader("toml", _toml),
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
