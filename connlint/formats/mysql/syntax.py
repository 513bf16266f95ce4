"""Cuts the text of a my.cnf into groups, options and includes, by the rules of MySQL's and MariaDB's own reader.

Source: `search_default_file_with_ext` and `remove_end_comment` in mysys/my_default.c. # starts a comment anywhere outside
quotes, ; only at the start of a line; one pair of equal quotes around the whole value goes, backslash escapes are
replaced in any value; what follows a group's ] is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from connlint.records import dataclass
from connlint.source import Source, Span

BLANKS = " \t\n\v\f\r"

_INCLUDE = re.compile(r"![ \t\v\f\r]*(include|includedir)[ \t\v\f\r]+(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\([ntrbs\"'\\])")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "s": " "}


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Option:
    """`key` or `key = value`, the value unquoted, its span with the quotes (that of the key where there is none)."""

    key: str
    value: str | None
    key_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Include:
    path: str
    is_folder: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that ends the reading: the server does not start."""

    message: str
    span: Span


Statement: TypeAlias = Group | Option | Include | Fault


def statements(source: Source) -> Iterator[Statement]:
    """The statements of a file in order; a NUL ends its line."""
    text, at, grouped = source.text, 0, False
    while at < len(text):
        newline = text.find("\n", at)
        stop = len(text) if newline < 0 else newline
        nul = text.find("\0", at, stop)
        end = stop if nul < 0 else nul
        line = text[at:end]
        start = at + len(line) - len(line.lstrip(BLANKS))
        statement = _statement(source, start, end) if start < end and text[start] not in "#;" else None
        at = stop + 1
        if statement is None:
            continue
        if isinstance(statement, Option) and not grouped:
            yield Fault("an option stands before the first [group]", statement.key_span)
            continue
        grouped = grouped or isinstance(statement, Group)
        yield statement


def _statement(source: Source, start: int, end: int) -> Statement | None:
    line = source.text[start:end].rstrip(BLANKS)
    if line.startswith("!"):
        return _include(source, start, line)
    if line.startswith("["):
        close = line.find("]")
        if close < 0:
            return Fault("a group is not closed with ]", source.span(start, start + len(line)))
        return Group(line[1:close].rstrip(BLANKS), source.span(start, start + close + 1))
    return _option(source, start, line[: comment_start(line)])


def _include(source: Source, start: int, line: str) -> Statement | None:
    match = _INCLUDE.fullmatch(line)
    if match is not None:
        path = match[2]
        if start + len(line) == len(source.text):  # the server takes the last character for the line's end
            path = path[:-1]
        place = source.span(start + match.start(2), start + match.start(2) + len(path))
        return Include(path, match[1] == "includedir", place)
    if re.fullmatch(r"![ \t\v\f\r]*include(dir)?", line) and start + len(line) < len(source.text):
        return Fault("the directive names no file or folder", source.span(start, start + len(line)))
    return None  # the server ignores any other line that starts with !


def _option(source: Source, start: int, line: str) -> Option:
    key, equals, rest = line.partition("=")
    key = key.rstrip(BLANKS)
    key_span = source.span(start, start + len(key))
    if not equals:
        return Option(key, None, key_span, key_span)
    written = rest.strip(BLANKS)
    value_start = start + len(line) - len(rest.lstrip(BLANKS))
    return Option(key, unquoted(written), key_span, source.span(value_start, value_start + len(written)))


def comment_start(line: str) -> int:
    """Where the comment of a line begins: at the first # outside quotes, else at the line's end."""
    quote, escaped = "", False
    if "#" not in line:
        return len(line)
    for at, char in enumerate(line):
        if char in "'\"" and not escaped:
            quote = char if not quote else "" if quote == char else quote
        if not quote and char == "#":
            return at
        escaped = bool(quote) and char == "\\" and not escaped
    return len(line)


def unquoted(text: str) -> str:
    """The value without the quotes around it, its escapes replaced; an unknown escape keeps its backslash."""
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    return _ESCAPE.sub(lambda match: _LETTERS.get(match[1], match[1]), text)
