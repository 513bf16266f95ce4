"""Reads kustomizations: each one that no other takes in is a stack of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connlint.formats.kubernetes.data import text
from connlint.formats.kubernetes.loading import of_data
from connlint.formats.kubernetes.stack import is_telling, stack_of
from connlint.formats.kustomize.build import Build, folder_of
from connlint.formats.kustomize.files import load
from connlint.formats.services import Stack
from connlint.formats.yaml_nodes import YamlFile
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.value import Value

__all__ = ["read_kustomize"]


def read_kustomize(
    tree: Tree,
    paths: Sequence[str],
    environment: Mapping[str, Value],  # noqa: ARG001 - all readers share one signature
) -> tuple[Stack, ...]:
    """The stacks of all overlays. `paths`: the kustomization files; bases and components are read with what uses them."""
    found: dict[str, Stack] = {}
    inner: set[str] = set()
    files: dict[str, YamlFile] = {}
    for path in paths:
        if text(load(tree, path), "kind") == "Component":
            continue
        build = Build(tree, files)
        folder = folder_of(path)
        resources = build.folder(folder, path)
        inner |= build.inner
        objects = [manifest for resource in resources for manifest in of_data([resource.data], resource.source)]
        found[folder] = stack_of(
            folder or path, "kustomize", folder, objects, build.documents, development=is_for_development(folder)
        )
    return tuple(stack for folder, stack in found.items() if folder not in inner and is_telling(stack))
