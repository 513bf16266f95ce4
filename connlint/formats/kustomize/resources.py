"""The objects that a kustomization works on, and what it does to all of them: names, labels, namespace, images, replicas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.kubernetes.data import Data, Items, Leaf, Table, child, text
from connlint.formats.words import Text, Word
from connlint.records import dataclass, replace
from connlint.source import Source, Span

_REFERENCES: Final = {
    "configMapRef": "ConfigMap", "configMapKeyRef": "ConfigMap", "configMap": "ConfigMap", "cluster": "Cluster",
}  # fmt: skip
_IMAGE: Final = re.compile(r"(?P<name>[^@:]*(?::[0-9]+/[^@:]*)?)(?P<tag>:[^@]*)?(?P<digest>@.*)?\Z")


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """An object; `names`: the one it has and those it had in bases, by which patches may call it."""

    data: Table
    source: Source
    names: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return text(self.data, "kind") or ""

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""


def resource_of(data: Table, source: Source) -> Resource:
    """An object as a file states it."""
    name = text(data, "metadata", "name")
    return Resource(data, source, (name,) if name is not None else ())


def with_value(data: Data | None, keys: Sequence[str], value: Data) -> Table:
    """A table with `value` put under these keys; tables on the way are made where there are none."""
    key, *rest = keys
    table = data if isinstance(data, Table) else Table({}, value.span)
    below = table.pairs.get(key)
    put = with_value(below[1] if below else None, rest, value) if rest else value
    return Table({**table.pairs, key: (below[0] if below else value.span, put)}, table.span, table.holes)


def renamed(resources: Sequence[Resource], prefix: Leaf | None, suffix: Leaf | None) -> list[Resource]:
    """The objects with a prefix and a suffix on their names; references by any name an object had lead to the new one."""
    before = prefix.word.parts if prefix is not None else ()
    after = suffix.word.parts if suffix is not None else ()
    new: list[Leaf | None] = []
    names: dict[tuple[str, str], Leaf] = {}
    for resource in resources:
        stated = child(resource.data, "metadata", "name")
        leaf = None
        if isinstance(stated, Leaf):
            leaf = Leaf(Word((*before, *stated.word.parts, *after), stated.span), False) if before or after else stated
            for name in resource.names:
                names.setdefault((resource.kind, name), leaf)
        new.append(leaf)
    found = []
    for resource, leaf in zip(resources, new, strict=True):
        data = _with_references(resource.data, names)
        if leaf is not None and isinstance(data, Table):
            data = with_value(data, ("metadata", "name"), leaf)
            own = tuple(dict.fromkeys((leaf.exact or resource.name, *resource.names)))
            resource = replace(resource, data=data, names=own)
        found.append(resource)
    return found


def _with_references(data: Data, names: Mapping[tuple[str, str], Leaf]) -> Data:
    """The data with the names of other objects of the same set changed."""
    if isinstance(data, Items):
        return Items(tuple(_with_references(item, names) for item in data.items), data.span, data.holes)
    if not isinstance(data, Table):
        return data
    pairs: dict[str, tuple[Span, Data]] = {}
    for key, (place, value) in data.pairs.items():
        kind = _REFERENCES.get(key) or (text(value, "kind") if key == "scaleTargetRef" else None)
        new = names.get((kind, text(value, "name") or "")) if kind is not None else None
        if new is not None:
            value = with_value(value, ("name",), new)
        elif key == "serviceName" and isinstance(value, Leaf):
            value = names.get(("Service", value.exact or ""), value)
        else:
            value = _with_references(value, names)
        pairs[key] = (place, value)
    return Table(pairs, data.span, data.holes)


def labelled(resources: Sequence[Resource], labels: Table, *, selectors: bool, templates: bool) -> list[Resource]:
    """The objects with labels added; with `selectors`, what selects pods by labels asks for these, too."""
    found = []
    for resource in resources:
        data = _with_labels(resource.data, ("metadata", "labels"), labels)
        if selectors and resource.kind == "Service" and child(data, "spec", "selector") is not None:
            data = _with_labels(data, ("spec", "selector"), labels)
        if selectors and child(data, "spec", "selector", "matchLabels") is not None:
            data = _with_labels(data, ("spec", "selector", "matchLabels"), labels)
        if selectors or templates:
            for path in (("spec", "template"), ("spec", "jobTemplate", "spec", "template")):
                if child(data, *path) is not None:
                    data = _with_labels(data, (*path, "metadata", "labels"), labels)
        found.append(replace(resource, data=data))
    return found


def _with_labels(data: Table, path: Sequence[str], labels: Table) -> Table:
    for key, (_, value) in labels.pairs.items():
        data = with_value(data, (*path, key), value)
    return data


def with_images(resources: Sequence[Resource], images: Sequence[Data]) -> list[Resource]:
    """The objects with the images that `images` names replaced."""
    found = []
    for resource in resources:
        data: Data = resource.data
        for image in images:
            name = text(image, "name")
            if name is not None:
                data = _imaged(data, name, image, 0)
        found.append(replace(resource, data=data) if isinstance(data, Table) else resource)
    return found


def _imaged(data: Data, name: str, image: Data, depth: int) -> Data:
    if depth > 30:
        return data
    if isinstance(data, Items):
        return Items(tuple(_imaged(item, name, image, depth + 1) for item in data.items), data.span, data.holes)
    if not isinstance(data, Table):
        return data
    pairs: dict[str, tuple[Span, Data]] = {}
    for key, (place, value) in data.pairs.items():
        if key in ("containers", "initContainers") and isinstance(value, Items):
            pairs[key] = (
                place,
                Items(tuple(_container(item, name, image) for item in value.items), value.span, value.holes),
            )
        else:
            pairs[key] = (place, _imaged(value, name, image, depth + 1))
    return Table(pairs, data.span, data.holes)


def _container(data: Data, name: str, image: Data) -> Data:
    stated = child(data, "image")
    match = _IMAGE.match(stated.exact or "") if isinstance(stated, Leaf) else None
    if match is None or match["name"] != name or not isinstance(stated, Leaf):
        return data
    new_name, new_tag, digest = (child(image, key) for key in ("newName", "newTag", "digest"))
    parts = list(new_name.word.parts) if isinstance(new_name, Leaf) else [Text.placed(name, stated.span)]
    if isinstance(digest, Leaf):
        parts += [Text.placed("@", digest.span), *digest.word.parts]
    elif isinstance(new_tag, Leaf):
        parts += [Text.placed(":", new_tag.span), *new_tag.word.parts]
    else:
        parts.append(Text.placed((match["tag"] or "") + (match["digest"] or ""), stated.span))
    return with_value(data, ("image",), Leaf(Word(tuple(parts), stated.span), False))


def with_replicas(resources: Sequence[Resource], entries: Sequence[Data]) -> list[Resource]:
    """The objects with the numbers of replicas that `replicas` names."""
    counts: Mapping[str, Data] = {
        name: count
        for entry in entries
        if (name := text(entry, "name")) is not None and (count := child(entry, "count")) is not None
    }
    found = []
    for resource in resources:
        count = next((counts[name] for name in resource.names if name in counts), None)
        if count is not None and resource.kind in ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"):
            resource = replace(resource, data=with_value(resource.data, ("spec", "replicas"), count))
        found.append(resource)
    return found


def in_namespace(resources: Sequence[Resource], namespace: Data) -> list[Resource]:
    """The objects, all in one namespace."""
    return [replace(r, data=with_value(r.data, ("metadata", "namespace"), namespace)) for r in resources]
