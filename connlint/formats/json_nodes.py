"""JSON as the same nodes with places that YAML is read into, for readers of files that may be in either."""

from __future__ import annotations

import json
import re
from typing import Final

from connlint.formats.document import Problem
from connlint.formats.yaml_nodes import (
    LARGEST_YAML,
    MOST_DEPTH,
    MOST_NODES,
    MappingNode,
    Node,
    Pair,
    ScalarNode,
    SequenceNode,
    YamlFile,
)
from connlint.source import Source

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def read_json(source: Source) -> YamlFile:
    """The one document of a JSON file; never raises. Problems as of `read_yaml`: `syntax` and `too-large` are fatal."""
    text = source.text
    if len(text) > LARGEST_YAML:
        return _broken(source, "too-large", f"it has more than {LARGEST_YAML} characters", 0)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return _broken(source, "syntax", f"this is no JSON: {error.msg.lower()}", error.pos)
    except (RecursionError, ValueError):  # ValueError: Python converts no number of thousands of digits
        return _broken(source, "too-large", "values are nested too deep or numbers are too long", 0)
    return _composed(source)


def _broken(source: Source, code: str, message: str, at: int) -> YamlFile:
    at = min(at, len(source.text))
    return YamlFile(source, (), (Problem(code, message, source.span(at, min(at + 1, len(source.text))), fatal=True),))


def _composed(source: Source) -> YamlFile:
    """The nodes of a valid text, made without recursion."""
    text = source.text
    problems: list[Problem] = []
    stack: list[tuple[int, list[Node]]] = []
    count = 0
    for match in _TOKEN.finditer(text):
        token, (start, end) = match[0], match.span()
        if token in ",:":
            continue
        count += 1
        if count > MOST_NODES or len(stack) > MOST_DEPTH:
            return _broken(source, "too-large", "it has too many values or is nested too deep", start)
        if token in "{[":
            stack.append((start, []))
            continue
        if token in "}]":
            begin, nodes = stack.pop()
            node = _collection(source, nodes, begin, end, token == "}", problems)
        elif token.startswith('"'):
            node = ScalarNode(json.loads(token), source.span(start, end), '"')
        else:
            node = ScalarNode(token, source.span(start, end))
        if not stack:
            return YamlFile(source, (node,), tuple(problems))
        stack[-1][1].append(node)
    return YamlFile(source, (), tuple(problems))


def _collection(
    source: Source, nodes: list[Node], start: int, end: int, mapping: bool, problems: list[Problem]
) -> Node:
    span = source.span(start, end)
    if not mapping:
        return SequenceNode(tuple(nodes), span)
    keys = [(key, value) for key, value in zip(nodes[::2], nodes[1::2], strict=True) if isinstance(key, ScalarNode)]
    seen: set[str] = set()
    for key, _ in keys:
        if key.value in seen:
            problems.append(Problem("duplicate-key", "this key is given twice in one object", key.span))
        seen.add(key.value)
    return MappingNode(tuple(Pair(key, value) for key, value in keys), span)
