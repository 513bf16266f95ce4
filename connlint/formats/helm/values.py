"""The values of a chart: values.yaml as data with places, and how a parent chart's values are laid over a subchart's.

Source: pkg/chart/common/util/coalesce.go and dependencies.go of Helm: a parent's `name:` is laid over the values of the
subchart called so, `global:` reaches all of them, null takes a key away, and `condition` names the first value that decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from connlint.formats.helm.marked import NIL, Atom, Datum, Marked, Piece, Unknown
from connlint.formats.helm.structures import merged
from connlint.formats.kubernetes.data import Data, Hole, Items, Leaf, from_node, resolved
from connlint.formats.words import Text
from connlint.formats.yaml_nodes import read_yaml
from connlint.source import Source, Span


def datum_of(data: Data) -> Datum:
    """Data of a YAML file as Helm's templates have it: numbers are floats."""
    if isinstance(data, Hole):
        return Unknown(data.value.reason, data.span)
    if isinstance(data, Items):
        return [datum_of(item) for item in data.items]
    if isinstance(data, Leaf):
        return _leaf(data)
    return {key: datum_of(value) for key, (_, value) in data.pairs.items()}


def _leaf(leaf: Leaf) -> Datum:
    pieces: list[Piece] = []
    for part in leaf.word.parts:
        if isinstance(part, Text):
            pieces.extend(_pieces(part))
    marked = Marked(tuple(pieces))
    if leaf.plain:
        value = resolved(marked.text)
        if not isinstance(value, str):
            return Atom(float(value) if type(value) is int else value, leaf.span)
    return marked


def _pieces(text: Text) -> list[Piece]:
    """Stretches whose characters stand side by side in the file; with too many breaks, one piece for all."""
    offsets, found, start = text.offsets, list[Piece](), 0
    for at in range(1, len(text.text) + 1):
        if at == len(text.text) or offsets[at] != offsets[at - 1] + 1:
            span = text.source.span(offsets[start], offsets[at - 1] + 1)
            found.append(Piece(text.text[start:at], span, True))
            start = at
    return found


def parsed(text: str, span: Span) -> Datum:
    """A text of YAML (or JSON) as data that stands for `span`; an empty map where it is not valid."""
    found = read_yaml(Source(span.path, text))
    if found.is_broken or not found.documents:
        return {}
    return _placed(datum_of(from_node(found.documents[0])), span)


def _placed(datum: Datum, span: Span) -> Datum:
    if isinstance(datum, dict):
        return {key: _placed(value, span) for key, value in datum.items()}
    if isinstance(datum, list):
        return [_placed(value, span) for value in datum]
    return Marked.of(datum.text, span) if isinstance(datum, Marked) else datum


def table(datum: Datum | None) -> dict[str, Datum]:
    """A map, or an empty one in place of anything else."""
    return datum if isinstance(datum, dict) else {}


def laid_over(base: Mapping[str, Datum], over: Mapping[str, Datum]) -> dict[str, Datum]:
    """Values with those of another file, or of the parent chart, laid over them."""
    return _without_nulls(merged(dict(base), over), over)


def _without_nulls(found: dict[str, Datum], over: Mapping[str, Datum]) -> dict[str, Datum]:
    """A null that is laid over takes the key away."""
    for key, value in over.items():
        if value == NIL or (isinstance(value, Atom) and value.value is None):
            found.pop(key, None)
        elif isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = _without_nulls(dict(table(found[key])), value)
    return found


def below(values: Mapping[str, Datum], name: str, own: Mapping[str, Datum]) -> dict[str, Datum]:
    """The values of the subchart called `name`."""
    found = laid_over(own, table(values.get(name)))
    shared = merged(table(found.get("global")), table(values.get("global")))
    if shared:
        found["global"] = shared
    return found


def is_enabled(values: Mapping[str, Datum], condition: str, tags: list[str]) -> bool:
    """Whether a dependency is part of the chart: by the first path that names a truth value, else by its tags."""
    for path in condition.split(","):
        found: Datum = dict(values)
        for key in path.strip().split("."):
            found = found.get(key, NIL) if isinstance(found, dict) else NIL
        if isinstance(found, Atom) and isinstance(found.value, bool):
            return found.value
    stated = table(values.get("tags"))
    known = [tag.value for name in tags if isinstance(tag := stated.get(name), Atom) and isinstance(tag.value, bool)]
    return any(known) if known else True
