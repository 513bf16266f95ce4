"""Places of the parser, turned into spans of the project's files."""

from __future__ import annotations

from collections.abc import Iterable

from connlint.orm.effects import Close, Hop, Place
from connlint.orm.facts import Closing, Step
from connlint.project.tree import Tree, Unreadable
from connlint.source import Source, Span


class Spans:
    """Finds the characters of places; columns of the parser count bytes of UTF-8."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def at(self, place: Place) -> Span:
        try:
            source = self._tree.read(place.path)
        except Unreadable:  # it could be read a moment ago
            return Source(place.path, "").span(0, 0)
        line, end = source.line(place.line), source.line(place.end_line)
        return source.span_at(place.line, _column(line, place.column), place.end_line, _column(end, place.end_column))

    def steps(self, hops: Iterable[Hop]) -> tuple[Step, ...]:
        return tuple(Step(self.at(hop.place), hop.text) for hop in hops)

    def closing(self, close: Close | None) -> Closing | None:
        return None if close is None else Closing(self.at(close.place), close.old)


def _column(line: str, offset: int) -> int:
    return offset + 1 if line.isascii() else len(line.encode()[:offset].decode(errors="ignore")) + 1
