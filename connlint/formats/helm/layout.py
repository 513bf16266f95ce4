"""Rendered text as data of manifests: YAML is composed from it, and each character led back to the file it came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from connlint.formats.document import Problem
from connlint.formats.helm.marked import UNKNOWN_MARK, Marked, Piece
from connlint.formats.kubernetes.data import Data, Hole, Items, Leaf, Table
from connlint.formats.words import Text, Word
from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode, read_yaml
from connlint.records import dataclass, field
from connlint.source import Source, Span
from connlint.value import Value

_BLANKS: Final = " \t"


@dataclass(frozen=True, slots=True, eq=False)
class _Hole:
    """A line that nobody knows: where it stands in the rendered text, and why."""

    at: int
    column: int
    value: Value


@dataclass(slots=True)
class _Holes:
    """Holes by the collection they belong to, and by the key whose value they are."""

    of_node: dict[int, list[Value]] = field(default_factory=dict)
    of_value: dict[int, Value] = field(default_factory=dict)


def documents(rendered: Marked, source: Source) -> tuple[list[Data], tuple[Problem, ...]]:
    """The documents of a rendered template, and what is wrong with them, placed in the template (`source`)."""
    layout = _Layout(rendered, source)
    found = read_yaml(layout.source)
    holes = _Holes()
    for hole in layout.holes:
        place = next((node for node in reversed(found.documents) if node.span.start <= hole.at), None)
        if place is not None and not (isinstance(place, ScalarNode) and place.is_null):
            _attach(layout, place, hole, holes)
    problems = tuple(
        Problem(p.code, f"with its values put in, {p.message}", layout.span(p.span)) for p in found.problems
    )
    return [layout.data(node, holes) for node in found.documents], problems


def _attach(layout: _Layout, node: Node, hole: _Hole, holes: _Holes) -> None:
    """Gives a hole to the collection whose keys or items stand in its column."""
    while not isinstance(node, ScalarNode):
        column = layout.source.position(node.span.start)[1]
        inner = _last_before(node, hole.at)
        if inner is None or inner.alias is not None or hole.column <= column:
            holes.of_node.setdefault(id(node), []).append(hole.value)
            if inner is not None and not isinstance(inner, (ScalarNode, MappingNode)) and hole.column == column:
                holes.of_node.setdefault(id(inner), []).append(hole.value)  # items may stand as deep as their key
            return
        if isinstance(inner, ScalarNode):
            if inner.is_null:
                holes.of_value[id(inner)] = hole.value
            else:
                holes.of_node.setdefault(id(node), []).append(hole.value)
            return
        node = inner


def _last_before(node: Node, at: int) -> Node | None:
    """The value of the last key, or the last item, that starts before an offset."""
    if isinstance(node, MappingNode):
        return next((p.value for p in reversed(node.pairs) if p.merged is None and p.key.place.start < at), None)
    return next((item for item in reversed(getattr(node, "items", ())) if item.place.start < at), None)


class _Layout:
    """The rendered text as a source, and the way back."""

    def __init__(self, rendered: Marked, template: Source) -> None:
        self._pieces = rendered.pieces
        self._template = template
        self._starts: list[int] = []
        at = 0
        for piece in self._pieces:
            self._starts.append(at)
            at += len(piece.text)
        text = rendered.text
        self.holes = tuple(self._found(text)) if UNKNOWN_MARK in text else ()
        for hole in self.holes:
            text = text[: hole.at] + " " + text[hole.at + 1 :]
        self.source = Source(template.path, text)

    def _found(self, text: str) -> Iterator[_Hole]:
        """Marks that stand alone on their line."""
        at = text.find(UNKNOWN_MARK)
        while at >= 0:
            start = text.rfind("\n", 0, at) + 1
            end = text.find("\n", at)
            line = text[start : end if end >= 0 else len(text)]
            piece = self._piece(at)
            unknown = piece.value is not None and piece.value.is_unknown
            if unknown and piece.value is not None and not line.replace(UNKNOWN_MARK, "").strip(_BLANKS):
                yield _Hole(at, len(line) - len(line.lstrip(_BLANKS)) + 1, piece.value)
            at = text.find(UNKNOWN_MARK, at + 1)

    def _piece(self, at: int) -> Piece:
        return self._pieces[bisect_right(self._starts, at) - 1]

    def span(self, inner: Span) -> Span:
        """The place of a stretch of the rendered text, in the file its first character came from."""
        first, _ = self._outside(inner.start)
        last, _ = self._outside(max(inner.end - 1, inner.start))
        if last is not None and first is not None and last.source is first.source and last.end >= first.start:
            return first.source.span(first.start, last.end if inner.end > inner.start else first.start)
        return first if first is not None else self._template.span(0, 0)

    def _outside(self, at: int) -> tuple[Span | None, bool]:
        """Where a character stands, and whether it stands there itself."""
        if not self._pieces:
            return None, False
        index = min(max(bisect_right(self._starts, at) - 1, 0), len(self._pieces) - 1)
        piece = self._pieces[index]
        if piece.span is None or not piece.linear:
            return piece.span, False
        start = min(piece.span.start + at - self._starts[index], piece.span.end)
        return piece.span.source.span(start, min(start + 1, piece.span.end)), True

    def data(self, node: Node, holes: _Holes) -> Data:
        if isinstance(node, ScalarNode):
            if id(node) in holes.of_value:
                return Hole(holes.of_value[id(node)], self.span(node.place))
            return self._leaf(node)
        own = tuple(holes.of_node.get(id(node), ()))
        place = self.span(node.place)
        if not isinstance(node, MappingNode):
            return Items(tuple(self.data(item, holes) for item in node.items), place, own)
        pairs: dict[str, tuple[Span, Data]] = {}
        for name, pair in node.by_name().items():
            unknown = self._unknown_in(pair.key) if UNKNOWN_MARK in name else None
            if unknown is not None:
                own = (*own, unknown)
            else:
                pairs[name] = (self.span(pair.key.place), self.data(pair.value, holes))
        return Table(pairs, place, own)

    def _unknown_in(self, node: ScalarNode) -> Value | None:
        return next((p for p in self._parts(node.text) if isinstance(p, Value) and p.is_unknown), None)

    def _leaf(self, node: ScalarNode) -> Data:
        place = self.span(node.place)
        if not node.value:
            return Leaf(Word((), place), not node.style)
        parts = tuple(self._parts(node.text))
        only = parts[0]
        if len(parts) == 1 and isinstance(only, Value) and only.is_unknown:
            return Hole(only, place)
        if len(parts) == 1 and isinstance(only, Text):
            place = only.span()
        return Leaf(Word(parts, place), not node.style)

    def _parts(self, text: Text) -> Iterator[Text | Value]:
        """Stretches of one file each, and what is unknown or assumed between them."""
        at, size = 0, len(text.text)
        held: Text | None = None
        while at < size:
            offset = text.offsets[at]
            index = max(bisect_right(self._starts, offset) - 1, 0)
            piece = self._pieces[index]
            limit = self._starts[index] + len(piece.text)
            end = at + 1
            while end < size and self._starts[index] <= text.offsets[end] < limit:
                end += 1
            part = self._part(piece, text.text[at:end], [o - self._starts[index] for o in text.offsets[at:end]])
            at = end
            if isinstance(part, Text) and held is not None and held.source is part.source:
                held = held + part
                continue
            if held is not None:
                yield held
            held = part if isinstance(part, Text) else None
            if isinstance(part, Value):
                yield part
        if held is not None:
            yield held

    def _part(self, piece: Piece, text: str, within: list[int]) -> Text | Value:
        if piece.value is not None:
            return piece.value if piece.value.is_unknown else Value.exact(text, *piece.value.origins)
        span = piece.span or self._template.span(0, 0)
        if piece.linear:
            return Text(text, span.source, [span.start + offset for offset in within])
        return Text.placed(text, span)
