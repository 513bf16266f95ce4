"""Cuts the text of a postgresql.conf into assignments, by the rules of PostgreSQL's own scanner.

Source: src/backend/utils/misc/guc-file.l, whose tokens are the same in 13 to 18: one assignment on a line, `=` optional,
values with anything but letters, digits and a few signs in '...' with '' or backslash escapes, comments from # to the end.
As in flex the longest token wins, so `1.5h` is two tokens and refused while `10min` is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from connlint.records import dataclass
from connlint.source import Source, Span

# A letter is A-Z, a-z, _ or anything beyond ASCII; said by what it is not, since re needs 10 ms for that range.
_LETTER: Final = r"[^\x00-@\[-^`{-\x7f]"
_MORE: Final = r"[^\x00-/:-@\[-^`{-\x7f]"
_NAME = re.compile(rf"{_LETTER}{_MORE}*(?:\.{_LETTER}{_MORE}*)?")
_QUALIFIED = re.compile(rf"{_LETTER}{_MORE}*\.{_LETTER}{_MORE}*")
_STRING = re.compile(r"'(?:[^'\\\n]|\\[^\n]|'')*'")
_UNQUOTED = re.compile(rf"{_LETTER}(?:{_MORE}|[-._:/])*")
_INTEGER = re.compile(r"[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*")
_REAL = re.compile(r"[-+]?[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?")
_BLANK = re.compile(r"[ \t\r]*")
_END = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?:\n|\Z)")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|[^\n])|''")
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name = value`; the name as written, the value unquoted, its span with the quotes."""

    name: str
    value: str
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Fault:
    """A line the scanner refuses; PostgreSQL goes on to the next one and does not start in the end."""

    message: str
    span: Span


Statement: TypeAlias = Assignment | Fault


def statements(source: Source) -> Iterator[Statement]:
    """The assignments and faults of a file in order."""
    text, at = source.text, 0
    while at < len(text):
        if end := _END.match(text, at):
            at = end.end()
            continue
        start = _after(_BLANK, text, at)
        statement = _assignment(source, start)
        newline = text.find("\n", start)
        stop = len(text) if newline < 0 else newline
        if isinstance(statement, Assignment):
            yield statement
        else:
            yield Fault(statement, source.span(start, start + len(text[start:stop].rstrip(" \t\r"))))
        at = stop + 1


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _assignment(source: Source, start: int) -> Assignment | str:
    """The assignment that begins at `start`, or what is wrong with it. Nothing of the line is quoted: it may be secret."""
    text = source.text
    name = _NAME.match(text, start)
    if name is None or _after(_UNQUOTED, text, start) > name.end():
        return "expected the name of a setting"
    at = _after(_BLANK, text, name.end())
    if text[at : at + 1] == "=":
        at = _after(_BLANK, text, at + 1)
    end = _value_end(text, at)
    if end is None:
        if text[at : at + 1] in ("", "\n", "#"):
            return "a value is missing"
        return "a value with other signs than letters, digits and - . _ : / needs single quotes around it"
    if not _END.match(text, end):
        return "something follows the value; a value with spaces or signs needs single quotes around it"
    written = text[at:end]
    value = unquoted(written) if written.startswith("'") else written
    return Assignment(name.group(), value, source.span(name.start(), name.end()), source.span(at, end))


def _value_end(text: str, at: int) -> int | None:
    """The end of the longest token at `at` when it can be a value."""
    ends = [match.end() for pattern in (_STRING, _UNQUOTED, _INTEGER, _REAL) if (match := pattern.match(text, at))]
    longest = max(ends, default=at)
    qualified = _QUALIFIED.match(text, at)
    if longest == at or (qualified is not None and qualified.end() == longest):  # `a.b` is a name, not a value
        return None
    return longest


def unquoted(text: str) -> str:
    """The text inside '...': '' and \\' stand for ', and there are \\b \\f \\n \\r \\t and octal escapes."""
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if escape is None:
        return "'"
    if escape[0] in "01234567":
        return chr(int(escape, 8) & 0xFF)
    return _LETTERS.get(escape, escape)
