"""Builds a kustomization: what it takes in, and what it changes of it, in kustomize's own order.

Source: api/internal/target/kusttarget.go of kustomize: resources, components, generators; then strategic merges, patches,
namespace, prefix and suffix, labels, JSON patches, replicas, images.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.kubernetes.data import Data, Items, Leaf, Table, child, from_node, items, tables, text, truth
from connlint.formats.kustomize.files import kustomization_in
from connlint.formats.kustomize.generators import behavior_of, combined, generated
from connlint.formats.kustomize.patches import apply_operations, is_operations, merge, selects
from connlint.formats.kustomize.resources import (
    Resource,
    in_namespace,
    labelled,
    renamed,
    resource_of,
    with_images,
    with_replicas,
)
from connlint.formats.words import Text, Word
from connlint.formats.yaml_nodes import YamlFile, read_yaml
from connlint.project.tree import Tree, Unreadable
from connlint.records import replace
from connlint.source import Source, Span

_MOST_FOLDERS: Final = 150  # read for one overlay
_LISTS: Final = {"List": "items"}


class Build:
    """The building of one overlay: what was read, and what was wrong with it."""

    def __init__(self, tree: Tree, files: dict[str, YamlFile] | None = None) -> None:
        """`files`: what was parsed for other overlays, which share their bases."""
        self._tree = tree
        self._files = {} if files is None else files
        self._open: list[str] = []
        self._count = 0
        self.documents: list[Document] = []
        self.inner: set[str] = set()  # folders of the kustomizations it takes in

    def folder(self, folder: str, path: str, given: Sequence[Resource] = ()) -> list[Resource]:
        """The objects of the kustomization at `path` in a folder; a component works on those that are `given`."""
        self._count += 1
        if folder in self._open or self._count > _MOST_FOLDERS:
            return list(given)
        file = self._yaml(path)
        data = from_node(file.documents[0]) if file is not None and file.documents else None
        if not isinstance(data, Table):
            return list(given)
        self._open.append(folder)
        resources = list(given)
        for key in ("resources", "bases"):
            for item in items(child(data, key)):
                resources.extend(self._resource(folder, item))
        for item in items(child(data, "components")):
            resources = self._component(folder, item, resources)
        self._open.pop()
        for entry in items(child(data, "configMapGenerator")):
            self._generate(folder, path, entry, resources)
        return self._changed(folder, data, resources)

    def _resource(self, folder: str, item: Data) -> list[Resource]:
        place = self._place(folder, item)
        if place is None:
            return []
        if self._tree.is_dir(place):
            inner = kustomization_in(self._tree, place)
            if inner is None:
                self._problem("missing", "this folder holds no kustomization", item.span)
                return []
            self.inner.add(place)
            return self.folder(place, inner)
        file = self._yaml(place, item.span)
        return list(_resources(file)) if file is not None else []

    def _component(self, folder: str, item: Data, resources: list[Resource]) -> list[Resource]:
        place = self._place(folder, item)
        inner = kustomization_in(self._tree, place) if place is not None else None
        if place is None or inner is None:
            return resources
        self.inner.add(place)
        return self.folder(place, inner, resources)

    def _place(self, folder: str, item: Data) -> str | None:
        """The project's name for what an entry names; None where it is kept elsewhere."""
        stated = item.exact if isinstance(item, Leaf) else None
        if not stated or "\n" in stated:
            return None
        place = self._tree.locate(stated, folder)
        if place is not None and self._tree.exists(place):
            return place
        self._problem("outside-project", "what is named here is not in the repository and is not read", item.span)
        return None

    def _yaml(self, path: str, span: Span | None = None) -> YamlFile | None:
        try:
            source = self._tree.read(path)
        except Unreadable as error:
            empty = Source(path, "")
            self._problem(error.code, str(error), span or empty.span(0, 0))
            return None
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = read_yaml(source)
        if all(document.path != path for document in self.documents):
            self.documents.append(Document("kustomize", source, problems=file.problems))
        return file

    def _problem(self, code: str, message: str, span: Span) -> None:
        self.documents.append(Document("kustomize", span.source, problems=(Problem(code, message, span),)))

    def _generate(self, folder: str, path: str, entry: Data, resources: list[Resource]) -> None:
        data = generated(self._tree, folder, entry, self.documents)
        if data is None:
            return
        name = text(data, "metadata", "name")
        for index, resource in enumerate(resources):
            if resource.kind == "ConfigMap" and name in resource.names:
                over = combined(resource.data, data, behavior_of(entry))
                metadata = resource.data.pairs["metadata"]
                resources[index] = replace(resource, data=Table({**over.pairs, "metadata": metadata}, over.span))
                return
        resources.append(resource_of(data, self._tree.read(path)))

    def _changed(self, folder: str, data: Table, resources: list[Resource]) -> list[Resource]:
        for item in items(child(data, "patchesStrategicMerge")):
            for patch in self._patches(folder, item if isinstance(item, Leaf) else None):
                resources = self._patched(resources, patch, None)
        later: list[tuple[Data, Data | None]] = []
        for key in ("patches", "patchesJson6902"):
            for entry in tables(child(data, key)):
                target = child(entry, "target")
                for patch in self._entry_patches(folder, entry):
                    if key == "patches":
                        resources = self._patched(resources, patch, target)
                    else:
                        later.append((patch, target))
        namespace = child(data, "namespace")
        if isinstance(namespace, Leaf):
            resources = in_namespace(resources, namespace)
        prefix, suffix = child(data, "namePrefix"), child(data, "nameSuffix")
        resources = renamed(
            resources, prefix if isinstance(prefix, Leaf) else None, suffix if isinstance(suffix, Leaf) else None
        )
        for labels, selectors, templates in _labels(data):
            resources = labelled(resources, labels, selectors=selectors, templates=templates)
        for patch, target in later:
            resources = self._patched(resources, patch, target)
        resources = with_replicas(resources, items(child(data, "replicas")))
        return with_images(resources, items(child(data, "images")))

    def _entry_patches(self, folder: str, entry: Table) -> list[Data]:
        path, inline = child(entry, "path"), child(entry, "patch")
        return [
            *self._patches(folder, path if isinstance(path, Leaf) else None),
            *self._patches(folder, inline if isinstance(inline, Leaf) else None),
        ]

    def _patches(self, folder: str, leaf: Leaf | None) -> list[Data]:
        """The patches in a file that is named, or that stand there themselves."""
        stated = leaf.exact if leaf is not None else None
        if leaf is None or stated is None:
            return []
        if "\n" not in stated and not stated.lstrip().startswith(("[", "{")):
            place = self._place(folder, leaf)
            file = self._yaml(place, leaf.span) if place is not None else None
        else:
            return _inline(leaf)
        return [from_node(node) for node in file.documents] if file is not None else []

    def _patched(self, resources: list[Resource], patch: Data, target: Data | None) -> list[Resource]:
        found: list[Resource] = []
        for resource in resources:
            changed: Resource | None = resource
            if target is not None if is_operations(patch) else True:
                changed = self._one(resource, patch, target)
            if changed is not None:
                found.append(changed)
        return found

    def _one(self, resource: Resource, patch: Data, target: Data | None) -> Resource | None:
        """An object after a patch; None where the patch takes it away."""
        if target is not None:
            if not selects(target, resource):
                return resource
        elif text(patch, "kind") != resource.kind or text(patch, "metadata", "name") not in resource.names:
            return resource
        if is_operations(patch):
            changed = apply_operations(resource.data, items(patch))
            if changed is None:
                self._problem("unfollowed", "an operation of this patch does not fit the object it is for", patch.span)
            return replace(resource, data=changed) if changed is not None else resource
        merged = merge(resource.data, _nameless(patch), resource.kind)
        return replace(resource, data=merged) if isinstance(merged, Table) else None


def _nameless(patch: Data) -> Data:
    """A patch without what only says which object it is for."""
    if not isinstance(patch, Table):
        return patch
    pairs = {key: pair for key, pair in patch.pairs.items() if key not in ("apiVersion", "kind")}
    metadata = child(patch, "metadata")
    if isinstance(metadata, Table):
        kept = {key: pair for key, pair in metadata.pairs.items() if key not in ("name", "namespace")}
        pairs["metadata"] = (metadata.span, Table(kept, metadata.span, metadata.holes))
    return Table(pairs, patch.span, patch.holes)


def _labels(data: Table) -> Iterator[tuple[Table, bool, bool]]:
    common = child(data, "commonLabels")
    if isinstance(common, Table):
        yield common, True, True
    for entry in tables(child(data, "labels")):
        pairs = child(entry, "pairs")
        if isinstance(pairs, Table):
            yield pairs, bool(truth(entry, "includeSelectors")), bool(truth(entry, "includeTemplates"))


def _inline(leaf: Leaf) -> list[Data]:
    """The YAML that stands in a scalar, read in its place where it stands there as it is: all else of the file is blank."""
    part = leaf.word.parts[0] if len(leaf.word.parts) == 1 else None
    if not isinstance(part, Text) or not part.offsets:
        return []
    whole = part.source.text
    if any(whole[offset : offset + 1] != sign for offset, sign in zip(part.offsets, part.text, strict=True)):
        found = read_yaml(Source(part.source.path, part.text))  # with escapes or folds: it stands for the whole scalar
        return [_placed(from_node(node), leaf.span) for node in found.documents]
    start, end = part.offsets[0], part.offsets[-1] + 1
    line = whole.rfind("\n", 0, start) + 1
    if not whole[line:start].strip(" "):
        start = line  # of a block, with its indentation
    blank = "".join("\n" if sign == "\n" else " " for sign in whole[:start])
    found = read_yaml(part.source, blank + whole[start:end] + " " * (len(whole) - end))
    return [from_node(node) for node in found.documents]


def _placed(data: Data, span: Span) -> Data:
    """The same data, all of it standing for `span`."""
    if isinstance(data, Table):
        return Table({key: (span, _placed(value, span)) for key, (_, value) in data.pairs.items()}, span)
    if isinstance(data, Items):
        return Items(tuple(_placed(item, span) for item in data.items), span)
    word = data.exact if isinstance(data, Leaf) else None
    return Leaf(Word((Text.placed(word, span),) if word else (), span), isinstance(data, Leaf) and data.plain)


def _resources(file: YamlFile) -> Iterator[Resource]:
    for node in file.documents:
        yield from _objects(from_node(node), file.source, 0)


def _objects(data: Data, source: Source, depth: int) -> Iterator[Resource]:
    kind = text(data, "kind")
    if not isinstance(data, Table) or kind is None:
        return
    inside = child(data, _LISTS[kind]) if kind in _LISTS else None
    if isinstance(inside, Items) and depth < 3:
        for item in inside.items:
            yield from _objects(item, source, depth + 1)
    else:
        yield resource_of(data, source)


def folder_of(path: str) -> str:
    """The folder of a kustomization file."""
    return posixpath.dirname(path)
