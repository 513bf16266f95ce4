"""A compose file as a tree of items: variables put in, numbers as the texts that compose makes of them.

Each text knows the folder that its paths start from: files that are included or extended have their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from connlint.formats.compose.interpolation import InvalidTemplate, Lookup, expand
from connlint.formats.document import Problem
from connlint.formats.words import Text, Word
from connlint.formats.yaml_nodes import MappingNode, Node, Pair, ScalarNode, SequenceNode
from connlint.records import dataclass, field
from connlint.source import Span
from connlint.value import Origin, Value

_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar: its text, where this use of it stands, and the folder its paths start from.

    `made`: the text with its variables, or the scalar where it has none: most are never asked for.
    """

    made: Word | ScalarNode
    span: Span
    folder: str
    is_null: bool = False
    tag: str = ""

    @property
    def word(self) -> Word:
        return self.made if isinstance(self.made, Word) else Word.of(_rendered(self.made))

    @property
    def exact(self) -> str | None:
        """The text where it is known; None for null."""
        return None if self.is_null else self.word.exact


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """A sequence."""

    items: tuple[Item, ...]
    span: Span
    tag: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A mapping; `keys` has the place of each key."""

    entries: dict[str, Item]
    keys: dict[str, Span]
    span: Span
    tag: str = ""

    def table(self, name: str) -> Table | None:
        item = self.entries.get(name)
        return item if isinstance(item, Table) else None

    def leaf(self, name: str) -> Leaf | None:
        """A scalar that is not null."""
        item = self.entries.get(name)
        return item if isinstance(item, Leaf) and not item.is_null else None

    def listed(self, name: str) -> tuple[Item, ...]:
        """The items of a sequence; none where there is no sequence."""
        item = self.entries.get(name)
        return item.items if isinstance(item, Listing) else ()

    def having(self, name: str, item: Item) -> Table:
        """The same with another item under a name."""
        return Table({**self.entries, name: item}, {name: item.span, **self.keys}, self.span, self.tag)

    def without(self, name: str) -> Table:
        return Table({k: v for k, v in self.entries.items() if k != name}, self.keys, self.span, self.tag)


Item: TypeAlias = Leaf | Listing | Table


@dataclass(slots=True)
class Reading:
    """How the texts of one file are read: its variables, the folder of its paths, and what is found wrong."""

    lookup: Lookup
    folder: str
    problems: list[Problem] = field(default_factory=list)

    def item(self, node: Node) -> Item:
        if isinstance(node, ScalarNode):
            return self._leaf(node)
        if isinstance(node, SequenceNode):
            return Listing(tuple(self.item(part) for part in node.items), node.place, node.tag)
        return self.table(node)

    def sections(self, node: MappingNode) -> Table:
        """A whole document."""
        return self._table(read_sections(node), node)

    def table(self, node: MappingNode) -> Table:
        return self._table(node.by_name(), node)

    def _table(self, pairs: Mapping[str, Pair], node: MappingNode) -> Table:
        entries = {name: self.item(pair.value) for name, pair in pairs.items()}
        return Table(entries, {name: pair.key.span for name, pair in pairs.items()}, node.place, node.tag)

    def _leaf(self, node: ScalarNode) -> Leaf:
        if "$" not in node.value:
            return Leaf(node, node.place, self.folder, node.is_null, node.tag)
        try:
            word = expand(node.text, self.lookup)
        except InvalidTemplate as error:
            self.problems.append(Problem("syntax", str(error), error.span, fatal=True))
            word = Word((Value.unknown("what it is made of is not valid", Origin.at(node.place)),), node.span)
        return Leaf(word, node.place, self.folder, node.is_null, node.tag)


def read_sections(node: MappingNode) -> dict[str, Pair]:
    """The fields of a whole file that are more than places for anchors."""
    return {name: pair for name, pair in node.by_name().items() if not name.startswith("x-")}


def _rendered(node: ScalarNode) -> Text:
    """The text of a scalar; of a number or a boolean, the one that Go prints."""
    if node.style or node.tag:
        return node.text
    number, truth = node.integer, node.boolean()
    printed = str(number) if number is not None else str(truth).lower() if truth is not None else None
    if printed is None and _FLOAT.fullmatch(node.value):
        value = float(node.value)
        printed = str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    return node.text if printed in (None, node.value) else Text.placed(printed or "", node.span)


def pairs_of(item: Item | None) -> Iterator[tuple[str, Word | None, Span]]:
    """`NAME: value` or `- NAME=value`: the name, its value (None for a bare name) and its place.

    An item whose name is not known is left out.
    """
    if isinstance(item, Table):
        for name, value in item.entries.items():
            if isinstance(value, Leaf):
                yield name, None if value.is_null else value.word, item.keys[name]
    elif isinstance(item, Listing):
        for part in item.items:
            if not isinstance(part, Leaf) or part.is_null:
                continue
            name, equals, _ = part.word.known.partition("=")
            if equals:
                yield name, part.word.without(len(name) + 1), part.word.span
            elif part.exact is not None:
                yield name, None, part.word.span
