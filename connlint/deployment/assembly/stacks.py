"""Read the files that start processes, each kind with its reader; a reader is imported only when a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from connlint.formats.services import Stack
from connlint.project.discovery import Inventory, is_secondary
from connlint.project.tree import Tree
from connlint.value import Value

# The module and function that reads the files of each kind; an ordinary import of all would cost every run.
_READERS: Final[Mapping[str, tuple[str, str]]] = {
    "kubernetes": ("connlint.formats.kubernetes.reader", "read_kubernetes"),
    "heroku": ("connlint.formats.procfile.heroku", "read_heroku"),
    "procfile": ("connlint.formats.procfile.reader", "read_procfile"),
    "supervisor": ("connlint.formats.supervisor.reader", "read_supervisor"),
    "systemd": ("connlint.formats.systemd.reader", "read_systemd"),
}


def read_stacks(tree: Tree, inventory: Inventory, environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """What each set of files starts together; those of tests, documentation and examples left out."""
    found: list[Stack] = []
    for kind, (module, name) in _READERS.items():
        paths = [path for path in inventory.started_by.get(kind, ()) if not is_secondary(path)]
        if paths:
            found += getattr(import_module(module), name)(tree, paths, environment)
    return tuple(found)
