"""Reads Helm charts: a stack for a chart with its own values, and one for each further file of values beside them.

Templates are rendered with the values as far as they are known (`helm template`): what the chart is installed as, and
what only the cluster knows, stays unknown where it matters. The release is called `release-name`, as Helm calls it there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.helm.chart import Chart, Dependency, load_chart, values_in
from connlint.formats.helm.interpreter import Exhausted, Run, Templates
from connlint.formats.helm.layout import documents
from connlint.formats.helm.marked import Atom, Datum, Marked, Piece, Unknown
from connlint.formats.helm.structures import copied
from connlint.formats.helm.syntax import Node
from connlint.formats.helm.values import below, is_enabled, laid_over
from connlint.formats.kubernetes.data import Manifest
from connlint.formats.kubernetes.loading import of_data
from connlint.formats.kubernetes.stack import is_telling, stack_of
from connlint.formats.services import Stack
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, replace
from connlint.source import Source
from connlint.value import Origin, Value

__all__ = ["read_helm"]

RELEASE: Final = "release-name"
_VALUES: Final = re.compile(r"(?:values[._-].+|.+[._-]values)\.ya?ml\Z")
_NOT_VALUES: Final = re.compile(r"schema|\.tpl|example\.ya?ml\.")
_MOST_VARIANTS: Final = 12
_MOST_VALUES: Final = 50_000  # of one chart
_MOST_RENDERED: Final = 400  # templates of one stack


@dataclass(frozen=True, slots=True, eq=False)
class _Variant:
    """A file of values that a chart may be installed with."""

    label: str
    values: dict[str, Datum]
    document: Document | None


def read_helm(
    tree: Tree,
    paths: Sequence[str],
    environment: Mapping[str, Value],  # noqa: ARG001 - all readers share one signature
) -> tuple[Stack, ...]:
    """The stacks of all charts. `paths`: the Chart.yaml files; those that are a part of another chart are read with it."""
    folders = [posixpath.dirname(path) for path in paths]
    charts = [load_chart(tree, folder) for folder in folders if not _is_within(tree, folder)]
    taken = {part.chart.folder for chart in charts for part in chart.parts}
    return tuple(
        stack
        for chart in charts
        if chart.folder not in taken and not chart.is_library
        for stack in _stacks(tree, chart)
    )


def _is_within(tree: Tree, folder: str) -> bool:
    """Whether a chart lies in the charts/ folder of another one."""
    above = posixpath.dirname(folder)
    return posixpath.basename(above) == "charts" and tree.is_file(
        posixpath.join(posixpath.dirname(above), "Chart.yaml")
    )


def _stacks(tree: Tree, chart: Chart) -> Iterator[Stack]:
    for variant in (_Variant("", {}, None), *_variants(tree, chart)):
        values = laid_over(chart.values, variant.values) if variant.label else chart.values
        rendering = _Rendering(tree)
        rendering.chart(chart, values)
        name = chart.folder or chart.name
        found = [*rendering.documents, *([variant.document] if variant.document is not None else [])]
        stack = stack_of(
            f"{name} ({variant.label})" if variant.label else name,
            "helm",
            chart.folder,
            rendering.manifests,
            found,
            development=is_for_development(f"{chart.folder} {variant.label}"),
        )
        if is_telling(stack):
            yield replace(stack, services=tuple(replace(s, name=_short(s.name)) for s in stack.services))


def _short(name: str) -> str:
    """A service's name without the release's."""
    return name.replace(f"{RELEASE}-", "") or name


def _variants(tree: Tree, chart: Chart) -> Iterator[_Variant]:
    """The files beside values.yaml, and in ci/, that are called like values of something."""
    count = 0
    for folder in (chart.folder, posixpath.join(chart.folder, "ci"), posixpath.join(chart.folder, "values")):
        for name in tree.listdir(folder):
            path = posixpath.join(folder, name)
            inside = folder.endswith("values") and folder != chart.folder and name.endswith((".yaml", ".yml"))
            if (_VALUES.match(name) or inside) and not _NOT_VALUES.search(name) and tree.is_file(path):
                count += 1
                if count > _MOST_VARIANTS:
                    return
                values, document = values_in(tree, path)
                label = path[len(chart.folder) :].lstrip("/") if chart.folder else path
                yield _Variant(label, values, document)


class _Rendering:
    """Everything that one installation of a chart creates."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._rendered = 0
        self.manifests: list[Manifest] = []
        self.documents: list[Document] = []

    def chart(self, chart: Chart, values: dict[str, Datum]) -> None:
        """The chart and all that it takes in."""
        self._one(chart, values, dict(_defined(chart)))

    def _one(self, chart: Chart, values: dict[str, Datum], templates: Templates) -> None:
        known = {document.path for document in self.documents}
        self.documents.extend(document for document in chart.documents if document.path not in known)
        for source, nodes in chart.files:
            self._rendered += 1
            if self._rendered > _MOST_RENDERED:
                return
            try:
                own = copied(values, _MOST_VALUES)
            except ValueError:
                self._trouble(source, "its values are too many to be followed")
                return
            run = Run(templates, partial(self._file, chart.folder))
            try:
                rendered = run.render(nodes, _root(chart, own, source))
            except (Exhausted, RecursionError):
                self._trouble(source, "the template does more than is followed here")
                continue
            found, problems = documents(rendered, source)
            if problems:
                self._add(source, problems)
            self.manifests.extend(of_data(found, source))
        for part in chart.parts:
            self._part(part, values, templates)

    def _part(self, part: Dependency, values: dict[str, Datum], templates: Templates) -> None:
        if is_enabled(values, part.condition, list(part.tags)) if part.condition or part.tags else True:
            named = replace(
                part.chart, about={**part.chart.about, "Name": Marked.of(part.name)}
            )  # the alias is its name
            self._one(named, below(values, part.name, part.chart.values), templates)

    def _file(self, folder: str, name: str) -> Source | None:
        place = self._tree.locate(name, folder)
        if place is None or not (place.startswith(f"{folder}/") or not folder):
            return None
        try:
            return self._tree.read(place)
        except Unreadable:
            return None

    def _trouble(self, source: Source, message: str) -> None:
        self._add(source, (Problem("too-large", message, source.span(0, 0)),))

    def _add(self, source: Source, problems: tuple[Problem, ...]) -> None:
        self.documents = [
            replace(document, problems=(*document.problems, *problems)) if document.path == source.path else document
            for document in self.documents
        ]


def _defined(chart: Chart) -> Iterator[tuple[str, Sequence[Node]]]:
    """All templates that can be called; a chart's own stand over those of the charts it takes in."""
    for part in chart.parts:
        yield from _defined(part.chart)
    yield from chart.defined.items()


def _root(chart: Chart, values: Datum, source: Source) -> dict[str, Datum]:
    """What a template sees at its top."""
    place = source.span(0, 0)
    named = Origin.assumed("the release's name is given when the chart is installed")
    space = Origin.assumed("the namespace is given when the chart is installed")
    unknown = Unknown("only the installation of the chart decides it", place)
    release: dict[str, Datum] = {
        "Name": Marked((Piece(RELEASE, None, False, Value.exact(RELEASE, named)),)),
        "Namespace": Marked((Piece("default", None, False, Value.exact("default", space)),)),
        "Service": Marked.of("Helm"),
        "IsInstall": unknown,
        "IsUpgrade": unknown,
        "Revision": unknown,
    }
    folder = posixpath.join(chart.folder, "templates")
    return {
        "Values": values,
        "Chart": {**chart.about, "IsRoot": Atom(True)},
        "Release": release,
        "Capabilities": Unknown("only the cluster knows what it can do", place),
        "Template": {"Name": Marked.of(source.path, place), "BasePath": Marked.of(folder, place)},
        "Subcharts": unknown,
        "Files": unknown,
    }
