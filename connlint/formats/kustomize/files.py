"""The files that kustomizations take in, found without building anything."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from connlint.formats.kubernetes.data import Data, Leaf, Table, child, from_node, items
from connlint.formats.yaml_nodes import read_yaml
from connlint.project.tree import Tree, Unreadable

NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS: Final = ("resources", "bases", "components", "patchesStrategicMerge", "crds", "configurations", "transformers")
_NESTED: Final = (("patches", "path"), ("patchesJson6902", "path"), ("replacements", "path"))


def taken_in(tree: Tree) -> frozenset[str]:
    """Every file that some kustomization of the project names as a resource or a patch."""
    found: set[str] = set()
    for path in tree.paths():
        if posixpath.basename(path) in NAMES:
            data = load(tree, path)
            if data is not None:
                found.update(_named(tree, posixpath.dirname(path), data))
                found.add(path)
    return frozenset(found)


def load(tree: Tree, path: str) -> Data | None:
    """The data of a kustomization file; None where it cannot be read."""
    try:
        found = read_yaml(tree.read(path))
    except Unreadable:
        return None
    data = from_node(found.documents[0]) if found.documents else None
    return data if isinstance(data, Table) else None


def kustomization_in(tree: Tree, folder: str) -> str | None:
    """The kustomization file of a folder."""
    places = (posixpath.join(folder, name) for name in NAMES)
    return next((place for place in places if tree.names_file(place)), None)


def _named(tree: Tree, folder: str, data: Data) -> Iterator[str]:
    for key in _LISTS:
        for item in items(child(data, key)):
            if isinstance(item, Leaf) and item.exact and "\n" not in item.exact:
                place = tree.locate(item.exact, folder)
                if place is not None:
                    yield place
    for key, inside in _NESTED:
        for item in items(child(data, key)):
            path = child(item, inside)
            if isinstance(path, Leaf) and path.exact:
                place = tree.locate(path.exact, folder)
                if place is not None:
                    yield place
