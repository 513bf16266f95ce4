"""TOML as the same nodes with places that YAML and JSON are read into."""

from __future__ import annotations

from connlint.formats.document import Problem
from connlint.formats.yaml_nodes import LARGEST_YAML, MappingNode, Node, Pair, ScalarNode, SequenceNode, YamlFile
from connlint.project.toml_positions import MalformedToml, read_toml
from connlint.project.toml_positions import Node as TomlNode
from connlint.source import Source


def read_toml_nodes(source: Source) -> YamlFile:
    """The document of a TOML file, every value as the text it comes to; never raises. What is no TOML is a fatal problem."""
    if len(source.text) > LARGEST_YAML:
        message = f"it has more than {LARGEST_YAML} characters"
        return YamlFile(source, (), (Problem("too-large", message, source.span(0, 0), fatal=True),))
    try:
        root = read_toml(source)
    except MalformedToml as error:
        return YamlFile(source, (), (Problem("syntax", f"this is no TOML: {error}", error.span, fatal=True),))
    return YamlFile(source, (_node(root),))


def _node(node: TomlNode) -> Node:
    if isinstance(node.value, dict):
        pairs = [Pair(ScalarNode(name, value.key or value.span), _node(value)) for name, value in node.value.items()]
        return MappingNode(tuple(pairs), node.span)
    if isinstance(node.value, list):
        return SequenceNode(tuple(map(_node, node.value)), node.span)
    if isinstance(node.value, str):
        quote = node.span.text[:1]
        return ScalarNode(node.value, node.span, quote if quote in ("'", '"') else "")
    text = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
    return ScalarNode(text, node.span)
