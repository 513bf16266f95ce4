"""What readers of platform files take out of nodes: texts, numbers, commands and variables, each with its place."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from connlint.formats.document import Document
from connlint.formats.json_nodes import read_json
from connlint.formats.opening import opened, stated
from connlint.formats.services import Build
from connlint.formats.splitting import Unbalanced, split
from connlint.formats.toml_nodes import read_toml_nodes
from connlint.formats.words import Command, Word
from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode, read_yaml
from connlint.project.tree import Tree
from connlint.value import Origin, Value

_WHOLE: Final = re.compile(r"[0-9]{1,9}\Z")
_NUMBER: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?\Z")


def load(tree: Tree, path: str, kind: str) -> tuple[MappingNode | None, Document]:
    """The mapping that a YAML, JSON or TOML file holds, None where it holds none, and the file's document."""
    source, troubles = opened(tree, path)
    ending = posixpath.splitext(path)[1].lower()
    if troubles and not source.text:
        return None, stated(kind, source, troubles)
    reader = {".json": read_json, ".toml": read_toml_nodes}.get(ending, read_yaml)
    file = reader(source)
    root = file.documents[0] if file.documents else None
    return root if isinstance(root, MappingNode) else None, stated(kind, source, (*troubles, *file.problems))


def at(node: Node | None, *names: str) -> Node | None:
    """The node below these names; None where one is missing, or null."""
    for name in names:
        node = node.get(name) if isinstance(node, MappingNode) else None
    return None if isinstance(node, ScalarNode) and node.is_null else node


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a sequence; nothing of anything else."""
    return node.items if isinstance(node, SequenceNode) else ()


def members(node: Node | None) -> Iterator[tuple[str, ScalarNode, Node]]:
    """The name, the key and the value of each pair of a mapping; nothing of anything else."""
    if isinstance(node, MappingNode):
        for name, pair in node.by_name().items():
            yield name, pair.key, pair.value


def text(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return node.value if isinstance(node, ScalarNode) else ""


def value(node: Node) -> Value:
    """The text of a scalar as a value at its place; unknown for a collection."""
    if isinstance(node, ScalarNode):
        return Value.exact(node.value, Origin.at(node.text.span() if node.value else node.place))
    return Value.unknown("it is no single value", Origin.at(node.place))


def count(node: Node | None) -> Value | None:
    """A whole number; unknown where something else is written, None where nothing is."""
    if node is None:
        return None
    if isinstance(node, ScalarNode) and _WHOLE.match(node.value.strip()):
        return Value.exact(int(node.value), Origin.at(node.text.span()))
    return Value.unknown("it is no whole number", Origin.at(node.place), least=0)


def amount(node: Node | None) -> Value | None:
    """A number that need not be whole; None where there is none."""
    if isinstance(node, ScalarNode) and _NUMBER.match(node.value.strip()):
        return Value.exact(float(node.value), Origin.at(node.text.span()))
    return None


def script(node: Node | None) -> Command | None:
    """A text for `/bin/sh -c`."""
    if isinstance(node, ScalarNode) and node.value.strip():
        return Command(node.place, script=node.text)
    return None


def words(node: Node | None) -> Command | None:
    """A list of words, or a text that is split into them as shlex does; no shell runs it."""
    if isinstance(node, SequenceNode):
        return Command(node.place, tuple(Word.of(item.text) for item in node.items if isinstance(item, ScalarNode)))
    if not isinstance(node, ScalarNode) or not node.value.strip():
        return None
    try:
        return Command(node.place, split(node.text))
    except Unbalanced:
        unknown = Value.unknown("a quotation in it does not end", Origin.at(node.place))
        return Command(node.place, (Word((unknown,), node.place, loose=True),))


def variables(node: Node | None) -> dict[str, Value]:
    """`NAME: value` pairs."""
    return {name: value(held) for name, _, held in members(node)}


def listed(node: Node | None, name: str = "name", held: str = "value") -> dict[str, Value]:
    """A list of `{name: X, value: v}`."""
    found: dict[str, Value] = {}
    for item in items(node):
        key, content = text(at(item, name)), at(item, held)
        if key and content is not None:
            found[key] = value(content)
    return found


def build(tree: Tree, base: str, file: str, context: str = "", node: Node | None = None) -> Build | None:
    """An image built of the Dockerfile `file` in folder `context`, both relative to `base`; None outside the project."""
    folder, path = tree.locate(context or ".", base), tree.locate(file, base)
    if folder is None or path is None:
        return None
    return Build(folder, path, span=node.place if node is not None else None)
