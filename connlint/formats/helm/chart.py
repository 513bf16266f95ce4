"""A chart as its folder holds it: metadata, values, templates, and the charts within it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.helm.marked import Atom, Datum, Marked
from connlint.formats.helm.parsing import parse
from connlint.formats.helm.syntax import Node, SyntaxFault, Template
from connlint.formats.helm.values import datum_of, table
from connlint.formats.kubernetes.data import from_node
from connlint.formats.yaml_nodes import read_yaml
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass
from connlint.source import Source

MOST_CHARTS: Final = 4  # charts within charts
_MOST_FILES: Final = 500
_ENDINGS: Final = (".yaml", ".yml", ".tpl", ".txt", ".json")
_SILENT: Final = ("NOTES.txt",)


@dataclass(frozen=True, slots=True, eq=False)
class Dependency:
    """A chart that another one takes in: under which name, and what decides whether it does."""

    chart: Chart
    name: str
    condition: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """`about`: what templates see as `.Chart`. `files`: rendered templates; `defined`: those that others call."""

    folder: str
    name: str
    about: dict[str, Datum]
    values: dict[str, Datum]
    files: tuple[tuple[Source, tuple[Node, ...]], ...]
    defined: dict[str, tuple[Node, ...]]
    parts: tuple[Dependency, ...]
    documents: tuple[Document, ...]
    is_library: bool


def load_chart(tree: Tree, folder: str, depth: int = 0) -> Chart:
    """The chart in a folder, with the charts below it; what cannot be read is a problem of its documents."""
    documents: list[Document] = []
    about = table(_data(tree, posixpath.join(folder, "Chart.yaml"), documents))
    values = table(_data(tree, posixpath.join(folder, "values.yaml"), documents))
    files: list[tuple[Source, tuple[Node, ...]]] = []
    defined: dict[str, tuple[Node, ...]] = {}
    for path in _templates(tree, posixpath.join(folder, "templates")):
        template, source = _template(tree, path, documents)
        if template is None or source is None:
            continue
        defined |= template.defined
        if not posixpath.basename(path).startswith("_") and path.endswith((".yaml", ".yml")):
            files.append((source, template.nodes))
    parts = tuple(_parts(tree, folder, about, depth)) if depth < MOST_CHARTS else ()
    named = {key[:1].upper() + key[1:]: value for key, value in about.items()}
    name = text_of(about.get("name")) or posixpath.basename(folder) or "chart"
    library = text_of(about.get("type")) == "library"
    return Chart(folder, name, named, values, tuple(files), defined, parts, tuple(documents), library)


def text_of(datum: Datum | None) -> str:
    """A text, or an empty one in place of anything else."""
    return datum.text if isinstance(datum, Marked) else ""


def values_in(tree: Tree, path: str) -> tuple[dict[str, Datum], Document | None]:
    """The values of a further file of values."""
    documents: list[Document] = []
    found = table(_data(tree, path, documents))
    return found, documents[0] if documents else None


def _data(tree: Tree, path: str, documents: list[Document]) -> Datum:
    if not tree.names_file(path):
        return {}
    try:
        source = tree.read(path)
    except Unreadable as error:
        documents.append(_unreadable(path, error))
        return {}
    found = read_yaml(source)
    documents.append(Document("helm", source, problems=found.problems))
    return datum_of(from_node(found.documents[0])) if found.documents and not found.is_broken else {}


def _unreadable(path: str, error: Unreadable) -> Document:
    empty = Source(path, "")
    return Document("helm", empty, problems=(Problem(error.code, str(error), empty.span(0, 0)),))


def _templates(tree: Tree, folder: str, depth: int = 0) -> Iterator[str]:
    """The files below templates/, but what tests the chart."""
    for name in tree.listdir(folder)[:_MOST_FILES]:
        path = posixpath.join(folder, name)
        if name.endswith(_ENDINGS) and name not in _SILENT and tree.names_file(path):
            yield path
        elif depth < 5 and tree.is_dir(path):
            yield from _templates(tree, path, depth + 1)


def _template(tree: Tree, path: str, documents: list[Document]) -> tuple[Template | None, Source | None]:
    try:
        source = tree.read(path)
    except Unreadable as error:
        documents.append(_unreadable(path, error))
        return None, None
    problems: tuple[Problem, ...] = ()
    template: Template | None = None
    try:
        template = parse(source)
    except SyntaxFault as fault:
        at = min(fault.at, len(source.text))
        problems = (Problem("syntax", f"this is no template of Helm: {fault}", source.span(at, at), fatal=True),)
    documents.append(Document("helm", source, problems=problems))
    return template, source


def _parts(tree: Tree, folder: str, about: dict[str, Datum], depth: int) -> Iterator[Dependency]:
    """The charts in charts/ and those that Chart.yaml names by a path; others are kept elsewhere."""
    below = posixpath.join(folder, "charts")
    present: dict[str, str] = {}
    for name in tree.listdir(below):
        path = posixpath.join(below, name)
        if tree.is_file(posixpath.join(path, "Chart.yaml")):
            present[path] = _own_name(tree, path)
    stated = about.get("dependencies")
    used: set[str] = set()
    for item in stated if isinstance(stated, list) else []:
        entry = table(item)
        name = text_of(entry.get("name"))
        source: str | None = _place(tree, folder, text_of(entry.get("repository"))) or next(
            (place for place, own in present.items() if own == name), None
        )
        if source is None:
            continue
        used.add(source)
        tags = entry.get("tags")
        yield Dependency(
            load_chart(tree, source, depth + 1),
            text_of(entry.get("alias")) or name,
            text_of(entry.get("condition")),
            tuple(text_of(tag) for tag in tags) if isinstance(tags, list) else (),
        )
    for place, own in present.items():
        if place not in used:
            yield Dependency(load_chart(tree, place, depth + 1), own, "", ())


def _own_name(tree: Tree, folder: str) -> str:
    about, _ = values_in(tree, posixpath.join(folder, "Chart.yaml"))
    return text_of(about.get("name")) or posixpath.basename(folder)


def _place(tree: Tree, folder: str, repository: str) -> str | None:
    """The folder that `file://../other` names."""
    if not repository.startswith("file://"):
        return None
    place = tree.locate(repository[7:], folder)
    return place if place is not None and tree.is_file(posixpath.join(place, "Chart.yaml")) else None


def is_on(datum: Datum | None) -> bool:
    """Whether it is the truth value true."""
    return isinstance(datum, Atom) and datum.value is True
