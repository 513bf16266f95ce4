"""YAML as a tree of nodes that know their places: PyYAML's events, composed with aliases, merge keys and bounds.

Nodes are shared where aliases share them; an alias leaves its own spot in `alias`. What a document comes to with all
aliases written out is bounded, so walking the whole tree of a document that was read is always cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn, TypeAlias

from connlint.formats.document import Problem
from connlint.formats.words import Text
from connlint.formats.yaml_text import scalar_text
from connlint.records import dataclass, field, replace
from connlint.source import Source, Span

LARGEST_YAML: Final = 1_500_000  # characters
MOST_DEPTH: Final = 100
MOST_NODES: Final = 250_000  # of one file, aliases and merge keys written out
_MERGE_TAGS: Final = ("", "!", "tag:yaml.org,2002:merge")
_INTEGER: Final = re.compile("(?P<sign>[-+]?)(?P<base>0[xXoObB]|0(?=[0-9])|)(?P<digits>[0-9a-fA-F]+)")
_BOOLEANS: Final = {"true": True, "false": False}
_OLD_BOOLEANS: Final = {**_BOOLEANS, "yes": True, "no": False, "on": True, "off": False}
_NULLS: Final = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode:
    """A scalar: its `value` after quotes, escapes and folds, and the characters in the file that it is made of.

    `style`: `'`, `"`, `|` or `>`, empty for a plain one. `tag`: as resolved by its handle (`!reset`), empty where
    none is written. `alias`: the spot of the `*name` that stands for it, None where it stands itself.
    """

    value: str
    span: Span
    style: str = ""
    tag: str = ""
    alias: Span | None = None
    _raw: str = field(default="", repr=False)

    @property
    def text(self) -> Text:
        """The value with the place of each character."""
        return scalar_text(self.value, self.span, self.style, self._raw)

    @property
    def place(self) -> Span:
        """Where this use of it stands: the alias, or the scalar itself."""
        return self.alias or self.span

    @property
    def is_null(self) -> bool:
        """An empty plain scalar, `~` or `null` (YAML 1.1 and 1.2 agree)."""
        return not self.style and self.tag in ("", "tag:yaml.org,2002:null") and self.value in _NULLS

    @property
    def integer(self) -> int | None:
        """The integer that Go's YAML reads: `010` is eight, `1_000` a thousand, and `1:30` is a text."""
        if self.style or self.tag not in ("", "tag:yaml.org,2002:int"):
            return None
        digits = self.value.replace("_", "")
        match = _INTEGER.fullmatch(digits)
        if match is None:
            return None
        sign, base, number = match["sign"], match["base"].lower(), match["digits"]
        radix = {"0x": 16, "0o": 8, "0b": 2, "0": 8}.get(base, 10)
        try:
            return int(sign + number, radix)
        except ValueError:  # a digit that the base does not have, or 4300 of them
            return None

    def boolean(self, *, old: bool = False) -> bool | None:
        """`true` or `false`; with `old`, the words of YAML 1.1, too (`yes`, `off`), as Kubernetes' tools have them."""
        if self.style or self.tag not in ("", "tag:yaml.org,2002:bool"):
            return None
        word = self.value
        if word not in (word.lower(), word.upper(), word.capitalize()):
            return None
        return (_OLD_BOOLEANS if old else _BOOLEANS).get(word.lower())


@dataclass(frozen=True, slots=True, eq=False)
class SequenceNode:
    """A sequence and its items."""

    items: tuple[Node, ...]
    span: Span
    tag: str = ""
    alias: Span | None = None
    weight: int = field(default=1, repr=False)

    @property
    def place(self) -> Span:
        return self.alias or self.span


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A key and its value; `merged`: the spot of what a merge key took it from (the alias, mostly)."""

    key: ScalarNode
    value: Node
    merged: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MappingNode:
    """A mapping with merge keys carried out: its own pairs in file order, then merged ones that no own key hides.

    A key that is given twice is in `pairs` twice; `get` has the last one, as parsers have that allow it.
    Keys that are no scalars are left out.
    """

    pairs: tuple[Pair, ...]
    span: Span
    tag: str = ""
    alias: Span | None = None
    weight: int = field(default=1, repr=False)

    @property
    def place(self) -> Span:
        return self.alias or self.span

    def pair(self, name: str) -> Pair | None:
        """The pair with this key."""
        return next((pair for pair in reversed(self.pairs) if pair.key.value == name), None)

    def get(self, name: str) -> Node | None:
        """The value of a key; None where there is no such key (a null value is a scalar node)."""
        pair = self.pair(name)
        return pair.value if pair is not None else None

    def by_name(self) -> dict[str, Pair]:
        """Each key once."""
        return {pair.key.value: pair for pair in self.pairs}


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


@dataclass(frozen=True, slots=True, eq=False)
class YamlFile:
    """The documents of a file. With a fatal problem, those before it; `duplicate-key` is a problem, but not fatal."""

    source: Source
    documents: tuple[Node, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_broken(self) -> bool:
        return any(problem.fatal for problem in self.problems)


def read_yaml(source: Source, masked: str | None = None) -> YamlFile:
    """Compose all documents of a file; never raises. `masked`: a text of the same length to parse in its place.

    Problems: `syntax` (fatal), `too-large` (fatal: size, depth, or what its aliases come to), `duplicate-key`.
    """
    text = source.text if masked is None else masked
    if len(text) > LARGEST_YAML:
        problem = Problem("too-large", f"it has more than {LARGEST_YAML} characters", source.span(0, 0), fatal=True)
        return YamlFile(source, (), (problem,))
    composer = _Composer(source, text)
    documents: list[Node] = []
    import yaml

    try:
        documents.extend(composer.documents(yaml.parse(text, Loader=yaml_loader())))
    except _Refused as error:
        composer.problems.append(error.problem)
    except (yaml.YAMLError, UnicodeError) as error:
        message, at = yaml_trouble(error, text)
        composer.problems.append(Problem("syntax", message, source.span(at, min(at + 1, len(text))), fatal=True))
    return YamlFile(source, tuple(documents), tuple(composer.problems))


def yaml_loader() -> Any:
    """The loader on libyaml where PyYAML was built with it: ten times as fast, and the same marks."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def yaml_trouble(error: Exception, text: str) -> tuple[str, int]:
    """What an error of PyYAML says, without any of the file's text, and its offset."""
    import yaml

    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or "it is not valid").partition("'")[0].strip() or "it is not valid"
        return f"this is no YAML: {problem}", min(mark.index, len(text)) if mark else 0
    from yaml.reader import Reader

    match = Reader.NON_PRINTABLE.search(text)
    return "there is a character here that YAML does not allow", match.start() if match else 0


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    start: int
    flow: bool
    mapping: bool
    tag: str
    anchor: str
    nodes: list[Node] = field(default_factory=list)


class _Composer:
    """Makes nodes of events, without recursion. Anchors are forgotten at the end of each document."""

    def __init__(self, source: Source, text: str) -> None:
        self._source = source
        self._text = text
        self._anchors: dict[str, Node | None] = {}  # None: of a collection that is still open
        self._spent = 0
        self.problems: list[Problem] = []

    def documents(self, events: Iterator[Any]) -> Iterator[Node]:
        stack: list[_Open] = []
        for event in events:
            name = type(event).__name__
            if name == "DocumentStartEvent":
                self._anchors = {}
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                self._open(stack, event, name == "MappingStartEvent")
            else:
                node = self._node(stack, event, name)
                if node is None:
                    continue
                if stack:
                    stack[-1].nodes.append(node)
                else:
                    yield node

    def _node(self, stack: list[_Open], event: Any, name: str) -> Node | None:
        """The node that an event completes."""
        if name == "ScalarEvent":
            node: Node = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = node
            return node
        if name == "AliasEvent":
            return self._alias(event)
        if name not in ("MappingEndEvent", "SequenceEndEvent"):
            return None
        closed = stack.pop()
        node = self._closed(closed, event.end_mark.index)
        if closed.anchor:
            self._anchors[closed.anchor] = node
        return node

    def _open(self, stack: list[_Open], event: Any, mapping: bool) -> None:
        if len(stack) >= MOST_DEPTH:
            self._refuse("too-large", f"it is nested more than {MOST_DEPTH} deep", event.start_mark.index)
        if event.anchor:
            self._anchors[event.anchor] = None
        start = self._past_properties(event)
        stack.append(_Open(start, bool(event.flow_style), mapping, event.tag or "", event.anchor or ""))

    def _past_properties(self, event: Any) -> int:
        """Where the node itself starts: past `&anchor` and `!tag`, which PyYAML counts in."""
        at, text = int(event.start_mark.index), self._text
        if not event.anchor and not event.tag:
            return at
        end = len(text)
        while at < end and text[at] in "&!":
            while at < end and not text[at].isspace() and text[at] not in ",[]{}":
                at += 1
            while at < end and (text[at].isspace() or text[at] == "#"):
                if text[at] == "#":
                    stop = text.find("\n", at)
                    at = end if stop < 0 else stop
                else:
                    at += 1
        return at

    def _scalar(self, event: Any) -> ScalarNode:
        self._spend(1, event.start_mark.index)
        end = event.end_mark.index
        start = min(self._past_properties(event), end)
        style = event.style or ""
        if style in ("|", ">"):
            while end > start and self._text[end - 1].isspace():
                end -= 1
        return ScalarNode(event.value, self._source.span(start, end), style, event.tag or "", None, self._text)

    def _alias(self, event: Any) -> Node:
        span = self._source.span(event.start_mark.index, event.end_mark.index)
        if event.anchor not in self._anchors:
            self._refuse("syntax", "this alias stands for an anchor that is not set before it", span.start, span.end)
        node = self._anchors[event.anchor]
        if node is None:
            self._refuse("syntax", "this alias stands for something that it is a part of", span.start, span.end)
        self._spend(weight_of(node), span.start)
        return replace(node, alias=span)

    def _closed(self, closed: _Open, mark: int) -> Node:
        self._spend(1, closed.start)
        end = mark if closed.flow else max((_end(node) for node in closed.nodes), default=mark)
        span = self._source.span(closed.start, max(end, closed.start))
        weight = 1 + sum(map(weight_of, closed.nodes))
        if not closed.mapping:
            return SequenceNode(tuple(closed.nodes), span, closed.tag, None, weight)
        pairs = self._pairs(closed.nodes)
        return MappingNode(tuple(pairs), span, closed.tag, None, weight)

    def _pairs(self, nodes: list[Node]) -> list[Pair]:
        own: list[Pair] = []
        merges: list[Pair] = []
        seen: set[str] = set()
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, ScalarNode):
                continue
            if key.value == "<<" and not key.style and key.tag in _MERGE_TAGS:
                merges.append(Pair(key, value))
                continue
            if key.value in seen:
                self.problems.append(Problem("duplicate-key", "this key is given twice in one mapping", key.place))
            seen.add(key.value)
            own.append(Pair(key, value))
        for merge in merges:
            own.extend(self._merged(merge, seen))
        return own

    def _merged(self, merge: Pair, seen: set[str]) -> Iterator[Pair]:
        """The pairs that a merge key brings in; of several mappings the first one with a key counts."""
        value = merge.value
        for part in value.items if isinstance(value, SequenceNode) else (value,):
            if not isinstance(part, MappingNode):
                self._refuse("syntax", "what a merge key takes in must be a mapping", part.place.start, part.place.end)
            self._spend(len(part.pairs), merge.key.span.start)
            for pair in part.pairs:
                if pair.key.value not in seen:
                    seen.add(pair.key.value)
                    self._spend(weight_of(pair.value), merge.key.span.start)
                    yield replace(pair, merged=value.alias or part.place)

    def _spend(self, weight: int, at: int) -> None:
        self._spent += weight
        if self._spent > MOST_NODES:
            self._refuse("too-large", f"it comes to more than {MOST_NODES} values with its aliases written out", at)

    def _refuse(self, code: str, message: str, at: int, end: int | None = None) -> NoReturn:
        raise _Refused(Problem(code, message, self._source.span(at, end or at), fatal=True))


def weight_of(node: Node) -> int:
    """How many nodes it comes to with its aliases written out."""
    return 1 if isinstance(node, ScalarNode) else node.weight


def _end(node: Node) -> int:
    return node.place.end
