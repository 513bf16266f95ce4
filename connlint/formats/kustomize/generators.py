"""ConfigMaps that a kustomization generates, of literals, of files, and of files of variables.

Source: api/kv/kv.go of kustomize: `key=value` with quotes around the value taken off, `key=path` or a path whose last part
is the key, lines of `NAME=value` as they are, `#` before a comment.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.kubernetes.data import Data, Hole, Leaf, Table, child, items, text
from connlint.formats.words import Text, Word
from connlint.project.tree import Tree, Unreadable
from connlint.source import Source, Span
from connlint.value import Origin, Value

_MOST_LINES: Final = 5_000

_Pair = tuple[str, Span, Data]


def generated(tree: Tree, folder: str, entry: Data, documents: list[Document]) -> Table | None:
    """The ConfigMap that one entry of configMapGenerator makes."""
    name = child(entry, "name")
    if not isinstance(name, Leaf):
        return None
    pairs: dict[str, tuple[Span, Data]] = {}
    holes: list[Value] = []
    for key, span, data in (
        *_literals(entry),
        *_files(tree, folder, entry, documents),
        *_variables(tree, folder, entry, documents),
    ):
        if key:
            pairs[key] = (span, data)
        elif isinstance(data, Hole):
            holes.append(data.value)
    place = name.span
    kind, version = (Leaf(Word.of(Text.placed(word, place)), True) for word in ("ConfigMap", "v1"))
    return Table(
        {
            "apiVersion": (place, version),
            "kind": (place, kind),
            "metadata": (place, Table({"name": (place, name)}, place)),
            "data": (place, Table(pairs, place, tuple(holes))),
        },
        place,
    )


def _literals(entry: Data) -> Iterator[_Pair]:
    for item in items(child(entry, "literals")):
        whole = item.word.as_text() if isinstance(item, Leaf) else None
        if whole is None or "=" not in whole.text:
            continue
        key, _, value = whole.text.partition("=")
        start, end = len(key) + 1, len(whole.text)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            start, end = start + 1, end - 1
        yield key, whole.span(0, len(key)), _leaf(whole.cut(start, end))


def _leaf(part: Text) -> Leaf:
    return Leaf(Word((part,), part.span()) if part.text else Word((), part.span()), False)


def _files(tree: Tree, folder: str, entry: Data, documents: list[Document]) -> Iterator[_Pair]:
    for item in items(child(entry, "files")):
        stated = item.exact if isinstance(item, Leaf) else None
        if not stated:
            continue
        key, equals, path = stated.partition("=")
        source = _read(tree, folder, path if equals else stated, item.span, documents)
        name = key if equals else posixpath.basename(stated)
        if source is None:
            yield (
                name,
                item.span,
                Hole(Value.unknown("the file is not in the repository", Origin.at(item.span)), item.span),
            )
        else:
            yield name, item.span, _leaf(Text.of(source.span(0, len(source.text))))


def _variables(tree: Tree, folder: str, entry: Data, documents: list[Document]) -> Iterator[_Pair]:
    single = child(entry, "env")
    for item in (*items(child(entry, "envs")), *([single] if single is not None else [])):
        stated = item.exact if isinstance(item, Leaf) else None
        source = _read(tree, folder, stated, item.span, documents) if stated else None
        if source is None:
            yield (
                "",
                item.span,
                Hole(Value.unknown("the file is not in the repository", Origin.at(item.span)), item.span),
            )
            continue
        at = 0
        for line in source.text.split("\n")[:_MOST_LINES]:
            start, at = at, at + len(line) + 1
            lead = len(line) - len(line.lstrip())
            key, equals, value = line.rstrip("\r").partition("=")
            if not key.strip() or key.strip().startswith("#"):
                continue
            span = source.span(start + lead, start + len(key))
            begin = start + len(key) + 1
            if equals:
                yield key.strip(), span, _leaf(Text.of(source.span(begin, begin + len(value))))
            else:
                reason = "it is taken from the environment of whoever builds it"
                yield key.strip(), span, Hole(Value.unknown(reason, Origin.at(span)), span)


def _read(tree: Tree, folder: str, path: str, span: Span, documents: list[Document]) -> Source | None:
    place = tree.locate(path, folder)
    try:
        if place is None:
            raise Unreadable(path, "it leads outside the project and is not read", "outside-project")
        return tree.read(place)
    except Unreadable as error:
        problem = Problem(error.code, f"a file that is named here cannot be read: {error}", span)
        documents.append(Document("kustomize", span.source, problems=(problem,)))
        return None


def combined(old: Table, new: Table, behavior: str | None) -> Table:
    """A ConfigMap generated over one that a base has generated: `merge` adds keys, `replace` does not."""
    if behavior != "merge":
        return new
    before, after = child(old, "data"), child(new, "data")
    if not isinstance(before, Table) or not isinstance(after, Table):
        return new
    data = Table({**before.pairs, **after.pairs}, after.span, (*before.holes, *after.holes))
    return Table({**new.pairs, "data": (after.span, data)}, new.span)


def behavior_of(entry: Data) -> str | None:
    """What an entry does with a ConfigMap of its name that is there already."""
    return text(entry, "behavior")
