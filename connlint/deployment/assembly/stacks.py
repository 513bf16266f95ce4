"""Read the files that start processes, each kind with its reader; a reader is imported only when a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from connlint.formats.services import Stack
from connlint.project.discovery import Inventory, is_secondary
from connlint.project.tree import Tree
from connlint.value import Value

# The module of `formats` that reads the files of each kind, by a function `read_<kind>`; importing all would cost every run.
_READERS: Final[Mapping[str, str]] = {
    "compose": "compose.reader",
    "kubernetes": "kubernetes.reader",
    "kustomize": "kustomize.reader",
    "helm": "helm.reader",
    "procfile": "procfile.reader",
    "heroku": "procfile.heroku",
    "systemd": "systemd.reader",
    "supervisor": "supervisor.reader",
    "fly": "platforms.fly",
    "render": "platforms.render",
    "railway": "platforms.railway",
    "nixpacks": "platforms.railway",
    "appengine": "platforms.appengine",
    "ecs": "platforms.ecs",
    "nginx_unit": "platforms.nginx_unit",
    "mod_wsgi": "platforms.mod_wsgi",
    "s6": "platforms.s6",
    "cron": "platforms.cron",
}
# What manifests are rendered from; where these lie beside it, as a continuous deployment takes them, they are what is deployed.
_TEMPLATES: Final = frozenset({"kustomize", "helm"})


def read_stacks(tree: Tree, inventory: Inventory, environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """What each set of files starts together; those of tests, documentation and examples left out."""
    found: list[Stack] = []
    for kind, module in _READERS.items():
        paths = [path for path in inventory.started_by.get(kind, ()) if not is_secondary(path)]
        if paths:
            read = getattr(import_module(f"connlint.formats.{module}"), f"read_{kind}")
            found += read(tree, paths, environment)
    rendered = {_workloads(stack) for stack in found if stack.kind == "kubernetes" and len(stack.services) > 1}
    return tuple(stack for stack in found if stack.kind not in _TEMPLATES or _workloads(stack) not in rendered)


def _workloads(stack: Stack) -> frozenset[tuple[str, str]]:
    """Its workloads with their images: two stacks with the same ones deploy the same thing."""
    return frozenset((service.name, str(service.image)) for service in stack.services)
