"""What is read of a tree before anything of it is joined: one `Material` for each Django project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from connlint.deployment.evaluation import Evaluator
from connlint.deployment.model import SettingsModule
from connlint.formats.document import Document
from connlint.formats.packages.versions import Packages
from connlint.formats.services import Stack
from connlint.orm.facts import CodeFacts
from connlint.project.configuration import Configuration
from connlint.project.discovery import Inventory
from connlint.project.tree import Tree
from connlint.records import dataclass
from connlint.value import Value


@dataclass(frozen=True, slots=True)
class Project:
    """One Django project of the repository: its folder, and the settings modules that may be deployed.

    `deployed` is the module processes run with; empty when nobody can tell which of `modules` it is. `roots`: the
    folders that its imports start from.
    """

    folder: str
    modules: tuple[str, ...]
    deployed: str = ""
    roots: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was read, for one project."""

    project: Project
    documents: tuple[Document, ...]
    configuration: Configuration
    versions: Mapping[str, Value]
    packages: Packages
    evaluator: Evaluator
    read_code: Callable[[], CodeFacts] = CodeFacts

    def evaluated(self, names: Iterable[str]) -> Iterator[SettingsModule]:
        """The settings modules that can be read, under the environment that is declared."""
        for name in names:
            module = self.evaluator.module(name, self.configuration.env)
            if module is not None:
                yield module


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything read: one `Material` per Django project, what starts processes, and the documents of all."""

    tree: Tree
    materials: tuple[Material, ...]
    documents: tuple[Document, ...]
    inventory: Inventory
    stacks: tuple[Stack, ...] = ()
