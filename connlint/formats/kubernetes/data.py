"""The data of a manifest: tables, lists and leaves whose words know where each part of them stands.

A leaf of a plain manifest is a stretch of it; one of a rendered Helm template may be made of several files, and of
parts that nobody knows. What a template puts there that is not known leaves a `Hole`: keys that are absent beside it
are not known to be absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from connlint.formats.words import Text, Word
from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode
from connlint.records import dataclass
from connlint.source import Source, Span
from connlint.value import Origin, Value

_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]{1,3})?\Z")
_NOWHERE: Final = Source("", "").span(0, 0)
_PERCENT: Final = re.compile(r"[0-9]+%\Z")
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar; `plain`: without quotes, so it may be a number, a truth value or nothing at all."""

    word: Word
    plain: bool

    @property
    def span(self) -> Span:
        return self.word.span

    @property
    def exact(self) -> str | None:
        return self.word.exact


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A mapping: each key with its place and value. `holes`: why further keys may be there."""

    pairs: Mapping[str, tuple[Span, Data]]
    span: Span
    holes: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A sequence. `holes`: why further items may be there."""

    items: tuple[Data, ...]
    span: Span
    holes: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """Something that is not known, of whatever form it is."""

    value: Value
    span: Span


Data: TypeAlias = Leaf | Table | Items | Hole


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """One object of a cluster: its kind, its name as far as it is known, the namespace it names, all its data."""

    kind: str
    name: Word | None
    namespace: str
    data: Table
    source: Source

    @property
    def label(self) -> str:
        """The name for people: what is known of it."""
        if self.name is None:
            return ""
        known = [p.text if isinstance(p, Text) else str(p.only) if p.is_exact else "" for p in self.name.parts]
        return "".join(known).strip("-")

    @property
    def exact_name(self) -> str | None:
        return self.name.exact if self.name is not None else None


def from_node(node: Node) -> Data:
    """The data of a YAML node as its file states it."""
    if isinstance(node, ScalarNode):
        text = node.text
        return Leaf(Word((text,), node.alias or text.span()) if node.value else Word((), node.place), not node.style)
    if isinstance(node, MappingNode):
        pairs = {name: (pair.key.place, from_node(pair.value)) for name, pair in node.by_name().items()}
        return Table(pairs, node.place)
    return Items(tuple(from_node(item) for item in node.items), node.place)


def is_null(data: Data | None) -> bool:
    """Whether there is nothing: no such key, or a key without a value."""
    if not isinstance(data, Leaf):
        return data is None
    return data.plain and data.exact in _NULLS


def child(data: Data | None, *keys: str) -> Data | None:
    """What stands under these keys; None where nothing does, a `Hole` where a template may put it there."""
    for key in keys:
        if isinstance(data, Hole):
            return data
        if not isinstance(data, Table):
            return None
        pair = data.pairs.get(key)
        if pair is None or is_null(pair[1]):
            return Hole(data.holes[0], data.span) if data.holes else None
        data = pair[1]
    return data


def key_span(data: Data | None, key: str) -> Span | None:
    """Where a key stands."""
    pair = data.pairs.get(key) if isinstance(data, Table) else None
    return pair[0] if pair is not None else None


def items(data: Data | None) -> tuple[Data, ...]:
    """The items of a list; none where it is no list."""
    return data.items if isinstance(data, Items) else ()


def tables(data: Data | None) -> Iterator[Table]:
    """The items of a list that are tables."""
    return (item for item in items(data) if isinstance(item, Table))


def pairs(data: Data | None) -> Iterator[tuple[str, Data]]:
    """The keys and values of a table; none where it is no table."""
    if isinstance(data, Table):
        yield from ((key, value) for key, (_, value) in data.pairs.items())


def doubt(data: Data | None) -> tuple[Value, ...]:
    """Why there may be more than is written here."""
    if isinstance(data, Hole):
        return (data.value,)
    return data.holes if isinstance(data, (Table, Items)) else ()


def text(data: Data | None, *keys: str) -> str | None:
    """The text under these keys where it is known for certain."""
    found = child(data, *keys)
    return found.exact if isinstance(found, Leaf) else None


def truth(data: Data | None, *keys: str) -> bool | None:
    """True or False where the file says so; None otherwise."""
    found = child(data, *keys)
    word = found.exact if isinstance(found, Leaf) else None
    return {"true": True, "false": False}.get(word.lower()) if word is not None else None


def value_of(data: Data) -> Value:
    """The value of a leaf as text, with its origins."""
    if isinstance(data, Leaf):
        return data.word.value
    if isinstance(data, Hole):
        return data.value
    return Value.unknown("it is no single value", Origin.at(data.span))


def number(data: Data, read: Callable[[str], int | None] | None = None) -> Value:
    """A leaf as a whole number; unknown with its reason where it is none. `read`: another way to read its text."""
    value = value_of(data)
    if value.is_unknown:
        return value
    if isinstance(data, Leaf) and not data.plain and read is None:
        return Value.unknown("it is a text in quotes, and a number is expected", *value.origins)
    numbers = [(read or integer)(str(each)) for each in value.alternatives]
    known = [each for each in numbers if each is not None]
    if len(known) != len(numbers):
        return Value.unknown("it is not a whole number", *value.origins)
    return Value.choice(known, *value.origins)


def integer(word: str) -> int | None:
    """An integer as Kubernetes' YAML reads it (`010` is eight), None where it is none."""
    return ScalarNode(word, _NOWHERE).integer


def resolved(word: str) -> str | bool | int | float | None:
    """What a plain scalar is to the YAML of Kubernetes' tools and Helm: nothing, a truth value, a number, a text."""
    node = ScalarNode(word, _NOWHERE)
    if node.is_null:
        return None
    flag = node.boolean(old=True)
    if flag is not None:
        return flag
    whole = node.integer
    if whole is not None:
        return whole
    return float(word.replace("_", "")) if _FLOAT.match(word) and len(word) < 400 else word


def percentage(word: str) -> int | None:
    """The number before a per cent sign."""
    return int(word[:-1]) if _PERCENT.match(word) and len(word) < 8 else None
