"""The syntax of Go's text/template: its tokens and the tree of nodes a template is.

Source: text/template/parse of Go (lex.go, parse.go): delimiters, trim markers, comments, pipelines, control structures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from connlint.records import dataclass
from connlint.source import Source, Span

MOST_NESTING: Final = 60
_SPACE: Final = " \t\r\n"
_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<raw>`[^`]*`)|(?P<char>'(?:\\.[^']*|[^'\\\n])')"""
    r"""|(?P<end>\}\})|(?P<assign>:=|=)|(?P<pipe>\|)|(?P<open>\()|(?P<close>\))|(?P<comma>,)"""
    r"""|(?P<number>[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?))"""
    r"""|(?P<field>\.[^\W\d]\w*)|(?P<variable>\$\w*)|(?P<dot>\.)|(?P<name>[^\W\d]\w*)"""
)
_OPENING: Final = re.compile(r"\{\{(-(?=[ \t\r\n]))?")
_COMMENT: Final = re.compile(r"[ \t\r\n]*/\*.*?\*/([ \t\r\n]+-)?\}\}", re.DOTALL)


class SyntaxFault(Exception):
    """The template is not one; `str()` says why, `at` where."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """`kind`: dot, field, variable, string, number, name (a function or constant) or group; `fields` behind it."""

    kind: str
    text: str
    span: Span
    fields: tuple[str, ...] = ()
    group: Pipeline | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """Commands, each given the result of the one before; `names`: variables that are declared or assigned."""

    commands: tuple[tuple[Operand, ...], ...]
    span: Span
    names: tuple[str, ...] = ()
    declares: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """Text between actions, as trim markers leave it."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """A pipeline that prints its result, or sets a variable."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """`if`, `with` or `range` with what follows `else`."""

    kind: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """`{{ template "name" pipeline }}`."""

    name: str
    pipeline: Pipeline | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Jump:
    """`break` or `continue`."""

    kind: str


Node: TypeAlias = Literal | Action | Branch | Call | Jump


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A file: its own nodes and the templates it defines."""

    nodes: tuple[Node, ...]
    defined: dict[str, tuple[Node, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """A literal (no tokens) or the tokens of an action."""

    start: int
    end: int
    tokens: tuple[Token, ...] | None = None


def parts(source: Source) -> Iterator[Part]:
    """Literals and actions in order, literals trimmed, comments left out; raises `SyntaxFault`."""
    text, at = source.text, 0
    trims = False
    while True:
        opening = _OPENING.search(text, at)
        end = opening.start() if opening else len(text)
        start = at
        if trims:
            while start < end and text[start] in _SPACE:
                start += 1
        stop = end
        if opening is not None and opening[1]:
            while stop > start and text[stop - 1] in _SPACE:
                stop -= 1
        if start < stop:
            yield Part(start, stop)
        if opening is None:
            return
        comment = _COMMENT.match(text, opening.end())
        if comment is not None:
            at, trims = comment.end(), bool(comment[1])
            continue
        tokens, at, trims = _tokens(text, opening.end(), end)
        yield Part(end, at, tokens)


def _tokens(text: str, at: int, opened: int) -> tuple[tuple[Token, ...], int, bool]:
    """The tokens of an action, where it ends, and whether it trims what follows."""
    found: list[Token] = []
    while True:
        if text.startswith("-}}", at) and found and found[-1].kind == "space":
            return tuple(found), at + 3, True
        match = _TOKEN.match(text, at)
        if match is None:
            raise SyntaxFault(
                "an action of a template ends nowhere, or holds a sign that does not belong there", opened
            )
        if match.lastgroup == "end":
            return tuple(found), match.end(), False
        found.append(Token(str(match.lastgroup), match[0], match.start(), match.end()))
        at = match.end()
