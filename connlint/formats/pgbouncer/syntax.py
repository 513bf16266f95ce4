"""Cuts the text of a pgbouncer.ini into statements, by the rules of PgBouncer's own INI scanner.

Source: `parse_ini_file` in libusual's usual/cfparser.c, the same in 1.18 to 1.25 but for
quoted keys. What differs from other INI dialects:
a comment is one only where a statement may begin, so nothing after a value is a comment; no value is ever unquoted;
from 1.25 on a key may be quoted with ' and then holds anything; a statement may follow `[section]` on the same line; a NUL ends the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from connlint.facts import Version
from connlint.records import dataclass
from connlint.source import Source, Span

BLANKS = " \t\n\v\f\r"  # isspace() in the C locale

QUOTED_KEYS_SINCE: Final = Version((1, 25))

_SPACE = re.compile(r"[ \t\n\v\f\r]*")
_INCLUDE = re.compile(r"%include[ \t]+([^\n]*)")
_SECTION = re.compile(r"\[([^\]\n]*)\]")
_KEY = re.compile(r"'([^']+)'|([A-Za-z0-9_.*-]*)")
_VALUE = re.compile(r"[ \t]*=[ \t]*([^\n]*)")


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Include:
    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pair:
    key: str
    value: str
    key_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Fault:
    """A place the scanner refuses; PgBouncer stops here, reading goes on in the next line."""

    message: str
    span: Span


Statement: TypeAlias = Section | Include | Pair | Fault


def statements(source: Source, version: Version | None = None) -> Iterator[Statement]:
    """The statements of a file in order, as PgBouncer `version` (unknown: the latest) sees them."""
    text = source.text
    nul = text.find("\0")
    end = len(text) if nul < 0 else nul
    at = 0
    plain = version is not None and version < QUOTED_KEYS_SINCE
    while (at := _skipped(text, at, end)) < end:
        if plain and text[at] == "'":
            statement, at = _fault(source, at, end, f"PgBouncer {version} does not know quoted names")
        else:
            statement, at = _next(source, at, end)
        yield statement


def _skipped(text: str, at: int, end: int) -> int:
    """Behind white space and comments."""
    while match := _SPACE.match(text, at, end):
        at = match.end()
        if at >= end or text[at] not in "#;":
            break
        newline = text.find("\n", at, end)
        at = end if newline < 0 else newline
    return at


def _next(source: Source, at: int, end: int) -> tuple[Statement, int]:
    text = source.text
    if match := _INCLUDE.match(text, at, end):
        path = match[1].rstrip(BLANKS)
        return Include(path, source.span(match.start(1), match.start(1) + len(path))), match.end()
    if text[at] == "[":
        match = _SECTION.match(text, at, end)
        if match is None:
            return _fault(source, at, end, "a section is not closed with ] on its line")
        return Section(match[1], source.span(at, match.end())), match.end()
    key = _KEY.match(text, at, end)
    if key is None or (key[1] is None and text[at] == "'"):
        return _fault(source, at, end, "a quoted name is empty or not closed with '")
    value = _VALUE.match(text, key.end(), end)
    if value is None:
        return _fault(source, at, end, "expected name = value")
    written = value[1].rstrip(BLANKS)
    group = 1 if key[1] is not None else 2
    key_span = source.span(key.start(group), key.end(group))
    span = source.span(value.start(1), value.start(1) + len(written))
    return Pair(key[group], written, key_span, span), value.end()


def _fault(source: Source, at: int, end: int, message: str) -> tuple[Statement, int]:
    newline = source.text.find("\n", at, end)
    stop = end if newline < 0 else newline
    shown = at + len(source.text[at:stop].rstrip(BLANKS))
    return Fault(message, source.span(at, shown)), stop
