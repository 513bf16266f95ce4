"""The objects of manifest files: documents with a kind, and those that a List or a template of OpenShift holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from connlint.formats.kubernetes.data import Data, Items, Leaf, Manifest, Table, child, from_node, text
from connlint.formats.kubernetes.openshift import clowder, processed
from connlint.formats.yaml_nodes import YamlFile
from connlint.source import Source

_DEEPEST: Final = 3  # lists within lists
_KINDS: Final = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Job", "CronJob", "Rollout",
     "DeploymentConfig", "Service", "ConfigMap", "HorizontalPodAutoscaler", "ScaledObject", "Cluster", "Pooler",
     "postgresql", "PostgresCluster", "PerconaPGCluster", "PerconaXtraDBCluster", "PerconaServerMySQL", "Secret"}
)  # fmt: skip


def manifests(file: YamlFile) -> list[Manifest]:
    """The objects of a file that say something about what runs; others yield nothing."""
    return of_data((from_node(node) for node in file.documents), file.source)


def of_data(documents: Iterable[Data], source: Source) -> list[Manifest]:
    """The objects among documents."""
    return [manifest for document in documents for manifest in _objects(document, source, 0)]


def _objects(data: Data, source: Source, depth: int) -> Iterator[Manifest]:
    kind = text(data, "kind")
    if not isinstance(data, Table) or kind is None or child(data, "apiVersion") is None:
        return
    if depth < _DEEPEST and (kind == "Template" or kind.endswith("List")):
        inside = processed(data) if kind == "Template" else child(data, "items")
        for item in inside.items if isinstance(inside, Items) else ():
            yield from _objects(item, source, depth + 1)
    elif kind == "ClowdApp":
        for part, made in clowder(data):
            yield manifest_of(made, part, source)
    elif kind in _KINDS:
        yield manifest_of(data, kind, source)


def manifest_of(data: Table, kind: str, source: Source) -> Manifest:
    """An object, with its name and namespace."""
    name = child(data, "metadata", "name")
    return Manifest(
        kind,
        name.word if isinstance(name, Leaf) else None,
        text(data, "metadata", "namespace") or "",
        data,
        source,
    )
