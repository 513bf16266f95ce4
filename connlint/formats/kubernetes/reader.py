"""Reads Kubernetes manifests: the files of one folder, or of the folders below one called `k8s` or so, are one stack.

Templates of Helm charts and what a kustomization takes in belong to those. Files that have `kind:` and `apiVersion:` and
are no manifests (CRDs, OpenAPI documents) yield nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.kubernetes.data import Manifest
from connlint.formats.kubernetes.loading import manifests
from connlint.formats.kubernetes.stack import is_telling, stack_of
from connlint.formats.kustomize.files import taken_in
from connlint.formats.services import Stack
from connlint.formats.yaml_nodes import read_yaml
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree, Unreadable
from connlint.source import Source
from connlint.value import Value

__all__ = ["read_kubernetes"]

_ROOTS: Final = frozenset(
    {
        "k8s",
        "kubernetes",
        "kube",
        "manifests",
        "deploy",
        "deployment",
        "deployments",
        "openshift",
        "kubernetes-manifests",
    }
)
_ENVIRONMENTS: Final = frozenset(
    {"prod", "production", "prd", "live", "stage", "staging", "stg", "qa", "uat", "preprod", "preview", "canary", "base",
     "overlays", "overlay", "envs", "environments", "components", "dev", "development", "test", "testing", "local", "ci"}
)  # fmt: skip
_CHART_FOLDERS: Final = frozenset({"templates", "charts", "crds", "ci", "files", "tests"})
_SPLIT: Final = re.compile(r"[^a-z0-9]+")
_WORKLOADS: Final = re.compile(
    r"""["']?kind["']?[ \t]*:[ \t]*["']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Pod|Job"""
    r"""|CronJob|Rollout|DeploymentConfig|Service|ConfigMap|HorizontalPodAutoscaler|ScaledObject|Cluster|Pooler"""
    r"""|postgresql|ClowdApp|PostgresCluster|Percona\w+|\w*List|Template)\b"""
)
# A line that is nothing but a place to be filled in, by sed, envsubst or a template language: it is in no manifest.
_PLACEHOLDER: Final = re.compile(
    r"^[ \t]*(?:__\w+__|@@?\w+@@?|%%?\w+%%?|<\w+>|\$\w+|\$\{\w+\}|\{\{[^\n]*\}\}|\{%[^\n]*%\})[ \t\r]*$", re.MULTILINE
)


def read_kubernetes(
    tree: Tree,
    paths: Sequence[str],
    environment: Mapping[str, Value],  # noqa: ARG001 - all readers share one signature
) -> tuple[Stack, ...]:
    """One stack for each folder of manifests. `environment` says nothing about a cluster and is not asked."""
    others = taken_in(tree)
    files: dict[str, _File] = {}
    for path in paths:
        if path not in others and not in_chart(tree, path):
            file = _read(tree, path)
            if file is not None:
                files[path] = file
    return tuple(stack for root, members in _grouped(files).items() if (stack := _stack(root, members)) is not None)


def in_chart(tree: Tree, path: str) -> bool:
    """Whether a file belongs to a Helm chart: a template, what lies beside Chart.yaml, a chart within it."""
    below, name = posixpath.split(path)
    while True:
        inside = name.partition("/")[0]
        if (inside == name or inside in _CHART_FOLDERS) and tree.is_file(posixpath.join(below, "Chart.yaml")):
            return True
        if not below:
            return False
        below, last = posixpath.split(below)
        name = f"{last}/{name}"


class _File:
    """The objects of one file and its document."""

    __slots__ = ("document", "objects")

    def __init__(self, objects: list[Manifest], document: Document) -> None:
        self.objects = objects
        self.document = document


def _read(tree: Tree, path: str) -> _File | None:
    """What a file holds; None where nothing in it runs, so that it costs no more than a search."""
    try:
        source = tree.read(path)
    except Unreadable as error:
        empty = Source(path, "")
        problem = Problem(error.code, str(error), empty.span(0, 0))
        return _File([], Document("kubernetes", empty, problems=(problem,)))
    if not _WORKLOADS.search(source.text):
        return None
    found = read_yaml(source)
    objects = manifests(found)
    filled_in = found.is_broken and _PLACEHOLDER.search(source.text) is not None
    if not objects and (filled_in or not found.is_broken):
        return None
    return _File(objects, Document("kubernetes", source, problems=() if filled_in else found.problems))


def _grouped(files: Mapping[str, _File]) -> dict[str, dict[str, _File]]:
    """The files by the folder whose stack they are."""
    folders: dict[str, dict[str, _File]] = {}
    for path, file in files.items():
        folders.setdefault(posixpath.dirname(path), {})[path] = file
    roots: dict[str, list[str]] = {}
    for folder in folders:
        roots.setdefault(_root(folder), []).append(folder)
    groups: dict[str, dict[str, _File]] = {}
    for root, members in roots.items():
        if len(members) > 1 and _are_apart([folders[member] for member in members]):
            for member in members:
                groups.setdefault(root, {}).update(folders[member])
        else:
            groups |= {member: folders[member] for member in members}
    return groups


def _root(folder: str) -> str:
    """The folder above that holds the manifests of all components: one called `k8s` or so, no environment below it."""
    parts = folder.split("/")
    for index, part in enumerate(parts):
        below = [word for name in parts[index + 1 :] for word in _SPLIT.split(name.lower())]
        if part.lower() in _ROOTS and _ENVIRONMENTS.isdisjoint(below):
            return "/".join(parts[: index + 1])
    return folder


def _are_apart(folders: Sequence[Mapping[str, _File]]) -> bool:
    """Whether no two folders define the same object: then they are components, not variants of one deployment."""
    seen: set[tuple[str, str, str]] = set()
    for files in folders:
        own = {(m.kind, m.namespace, m.label) for file in files.values() for m in file.objects}
        if own & seen:
            return False
        seen |= own
    return True


def _stack(root: str, files: Mapping[str, _File]) -> Stack | None:
    objects = [manifest for file in files.values() for manifest in file.objects]
    documents = [file.document for file in files.values()]
    name = root or (next(iter(files)) if len(files) == 1 else "manifests")
    development = all(is_for_development(path) for path in files)
    stack = stack_of(name, "kubernetes", root, objects, documents, development=development)
    return stack if is_telling(stack) else None
