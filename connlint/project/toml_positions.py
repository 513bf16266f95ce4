"""TOML with places: every key and value of a text together with the characters that state it.

The standard library's reader gives values and forgets where they stood. `read_toml` lets it judge and decode the
text, walks the same text once more by the grammar of TOML 1.0 to find the places, and joins the two. The walk only
ever sees text that the reader has accepted.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from connlint.records import dataclass, field
from connlint.source import Source, Span

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")  # white space, line ends and comments
_SPACE: Final = re.compile(r"[ \t]*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
# Numbers, booleans and dates; a date and its time may stand apart by one space.
_SCALAR: Final = re.compile(r"\d{4}-\d\d-\d\d \d[^\s,\]}#]*|[^\s,\]}#]+")
_PLACE: Final = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_STRING: Final = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'""")
_BESIDE_KEYS: Final = re.compile(r"[^\w. \t-]")
_DEEPEST: Final = 100  # names of a key, brackets: far beyond any real file, and small enough for recursion
_TOO_DEEP: Final = "brackets are nested too deeply"


class MalformedToml(Exception):
    """A text that is not TOML; `str()` says why, `span` points at the place."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it is written.

    `value` is a dict of nodes for a table, a list of nodes for an array (of tables, too), else the Python value.
    `span` covers the value, for a table that has a header the name in it. `key` covers the name it is stored
    under, without the tables before it; None at the root and in arrays.
    """

    value: Any
    span: Span
    key: Span | None = None

    def get(self, *names: str) -> Node | None:
        """The node below these names; None where one of them is missing or what is there is no table."""
        node: Node | None = self
        for name in names:
            if node is None or not isinstance(node.value, dict):
                return None
            node = node.value.get(name)
        return node

    def tables(self) -> Iterator[tuple[str, Node]]:
        """The keys and nodes of a table; nothing for any other value."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def items(self) -> Iterator[Node]:
        """The nodes of an array; nothing for any other value."""
        if isinstance(self.value, list):
            yield from self.value

    @property
    def plain(self) -> Any:
        """The Python value without places."""
        if isinstance(self.value, dict):
            return {name: node.plain for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain for node in self.value]
        return self.value


def read_toml(source: Source, start: int = 0, end: int | None = None) -> Node:
    """The TOML in `source`, or in its characters from `start` to `end`; raises `MalformedToml`."""
    text = source.text[start:end] if start or end is not None else source.text
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    long_key = _long_key(text)
    if long_key is not None:
        raise MalformedToml(_TOO_DEEP, source.span(start + long_key, start + long_key))
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise MalformedToml(_TOO_DEEP, source.span(start, start)) from None
    except ValueError as error:  # TOMLDecodeError is one, and so is a number with too many digits
        raise _malformed(error, source, start, text) from None
    try:
        return _join(values, _Walk(text).places(), source, start)
    except RecursionError:
        raise MalformedToml(_TOO_DEEP, source.span(start, start)) from None


def _long_key(text: str) -> int | None:
    """The offset of a line with a key of very many names, for which the reader takes time by the square of them."""
    if text.count(".") <= _DEEPEST:
        return None
    at = 0
    for line in text.splitlines(keepends=True):
        if line.count(".") > _DEEPEST:
            bare = _BESIDE_KEYS.split(_STRING.sub("x", line))
            if any(part.count(".") > _DEEPEST for part in bare):
                return at
        at += len(line)
    return None


def _malformed(error: ValueError, source: Source, start: int, text: str) -> MalformedToml:
    message = str(error)
    match = _PLACE.search(message)
    if match is None:
        return MalformedToml("a number in it is too long", source.span(start, start))
    at = start + len(text.rstrip())
    if match.group(1):
        line, column = source.position(start)
        lines = int(match.group(1)) - 1
        at = source.offset(line + lines, int(match.group(2)) + (0 if lines else column - 1))
    words = message[: match.start()]
    return MalformedToml(words[:1].lower() + words[1:], source.span(at, at))


@dataclass(slots=True)
class _Place:
    """Offsets of a value and of its key; `inside` has the places of what a table or an array holds."""

    start: int
    end: int
    key: tuple[int, int] | None = None
    inside: dict[str, _Place] | list[_Place] | None = None


@dataclass(slots=True)
class _Walk:
    """One pass over an accepted text."""

    text: str
    at: int = 0
    root: _Place = field(default_factory=lambda: _Place(0, 0, None, {}))

    def places(self) -> _Place:
        table = self.root
        while self._skip(_BLANK) < len(self.text):
            if self._take("[["):
                table = self._array_element(self._names())
                self._skip(_SPACE)
                self.at += 2
            elif self._take("["):
                names = self._names()
                table = self._table(self.root, names)
                _, table.start, table.end = names[-1]  # an earlier header may have made it in passing
                table.key = names[-1][1:]
                self._skip(_SPACE)
                self.at += 1
            else:
                self._pair(table)
        return self.root

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _take(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found

    def _pair(self, table: _Place) -> None:
        """`name.name = value`; the names before the last make tables."""
        names = self._names()
        self._skip(_SPACE)
        self._take("=")
        owner = self._table(table, names[:-1])
        place = self._value()
        name, start, end = names[-1]
        place.key = (start, end)
        _members(owner)[name] = place

    def _names(self) -> list[tuple[str, int, int]]:
        """A dotted key: each name decoded, with its offsets."""
        names = []
        while True:
            self._skip(_SPACE)
            start = self.at
            if self.text[start : start + 1] in ('"', "'"):
                self._string()
                names.append((_decoded(self.text[start : self.at]), start, self.at))
            else:
                if self._skip(_BARE) == start:
                    raise AssertionError(f"no key at offset {start}")
                names.append((self.text[start : self.at], start, self.at))
            self._skip(_SPACE)
            if not self._take("."):
                return names

    def _table(self, table: _Place, names: list[tuple[str, int, int]]) -> _Place:
        """The table below `table` with these names, made where it is missing."""
        for name, start, end in names:
            members = _members(table)
            found = members.get(name)
            if found is None:
                found = members[name] = _Place(start, end, (start, end), {})
            table = found.inside[-1] if isinstance(found.inside, list) else found
        return table

    def _array_element(self, names: list[tuple[str, int, int]]) -> _Place:
        """A new element of an array of tables, `[[name.name]]`."""
        name, start, end = names[-1]
        members = _members(self._table(self.root, names[:-1]))
        array = members.setdefault(name, _Place(start, end, (start, end), []))
        element = _Place(start, end, None, {})
        if not isinstance(array.inside, list):
            raise AssertionError(f"{name} is no array of tables")
        array.inside.append(element)
        return element

    def _value(self) -> _Place:
        self._skip(_SPACE)
        start, sign = self.at, self.text[self.at : self.at + 1]
        inside: dict[str, _Place] | list[_Place] | None = None
        if sign in ('"', "'"):
            self._string()
        elif sign == "[":
            inside = self._array()
        elif sign == "{":
            inside = self._inline_table()
        elif self._skip(_SCALAR) == start:
            raise AssertionError(f"no value at offset {start}")
        return _Place(start, self.at, None, inside)

    def _array(self) -> list[_Place]:
        self.at += 1
        elements: list[_Place] = []
        while True:
            self._skip(_BLANK)
            if self._take("]") or self.at >= len(self.text):
                return elements
            elements.append(self._value())
            self._skip(_BLANK)
            self._take(",")

    def _inline_table(self) -> dict[str, _Place]:
        self.at += 1
        table = _Place(self.at, self.at, None, {})
        while True:
            self._skip(_BLANK)
            if self._take("}") or self.at >= len(self.text):
                return _members(table)
            self._pair(table)
            self._skip(_BLANK)
            self._take(",")

    def _string(self) -> None:
        """Move past a string of any of the four kinds."""
        text, quote = self.text, self.text[self.at]
        mark = quote * 3 if text.startswith(quote * 3, self.at) else quote
        begin = self.at + len(mark)
        end = text.index(mark, begin)
        while quote == '"' and _escaped(text, end, begin):
            end = text.index(mark, end + 1)
        self.at = end + len(mark)
        while len(mark) == 3 and self.at < end + 5 and text.startswith(quote, self.at):
            self.at += 1  # one or two quotes of the content may stand before the last three


def _escaped(text: str, at: int, floor: int) -> bool:
    """Whether an odd number of backslashes stands before offset `at`."""
    count = 0
    while at - count > floor and text[at - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _decoded(literal: str) -> str:
    """The name behind a quoted key."""
    if "\\" not in literal or literal[0] == "'":
        return literal[1:-1]
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return next(iter(tomllib.loads(f"{literal} = 0")))


def _members(place: _Place) -> dict[str, _Place]:
    if not isinstance(place.inside, dict):
        raise AssertionError("a table was expected")
    return place.inside


def _join(value: Any, place: _Place, source: Source, start: int, depth: int = 0) -> Node:
    """The reader's values and the walk's places in one tree."""
    if depth > _DEEPEST:
        raise RecursionError
    held: Any = value
    if isinstance(value, dict):
        inside = _members(place)
        held = {name: _join(item, inside[name], source, start, depth + 1) for name, item in value.items()}
    elif isinstance(value, list):
        elements = place.inside if isinstance(place.inside, list) else []
        held = [_join(v, e, source, start, depth + 1) for v, e in zip(value, elements, strict=True)]
    key = source.span(start + place.key[0], start + place.key[1]) if place.key else None
    return Node(held, source.span(start + place.start, start + place.end), key)
