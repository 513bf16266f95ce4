"""What is read of a tree before anything of it is joined: one `Material` for each Django project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from connlint.deployment.commands.container import Lookups
from connlint.deployment.evaluation import Evaluator
from connlint.deployment.model import SettingsModule
from connlint.formats.document import Document
from connlint.formats.packages.versions import Packages
from connlint.formats.services import Stack
from connlint.orm.facts import CodeFacts
from connlint.project.configuration import Configuration
from connlint.project.discovery import Inventory
from connlint.project.entry_points import EntryPoint
from connlint.project.tree import Tree
from connlint.records import dataclass, field
from connlint.value import Value


def files_of(module: str) -> tuple[str, str]:
    """The two files that a dotted name can be, below a folder that imports start from."""
    path = module.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"


@dataclass(frozen=True, slots=True)
class Project:
    """One Django project of the repository: its folder, and the settings modules that may be deployed.

    `deployed` is the module processes run with; empty when nobody can tell which of `modules` it is; `named`: the
    user says so. `roots`: the folders that its imports start from.
    """

    folder: str
    modules: tuple[str, ...]
    deployed: str = ""
    roots: tuple[str, ...] = ("",)
    named: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was read, for one project."""

    project: Project
    documents: tuple[Document, ...]
    configuration: Configuration
    versions: Mapping[str, Value]
    packages: Packages
    evaluator: Evaluator
    entries: tuple[EntryPoint, ...] = ()  # what starts Django in this project
    read_code: Callable[[], CodeFacts] = CodeFacts

    def locate(self, tree: Tree, module: str) -> str | None:
        """The file of a module, from the first folder of this project's imports that has it; None where none does."""
        files = files_of(module)
        places = (f"{root}/{file}".lstrip("/") for root in self.project.roots for file in files)
        return next((place for place in places if tree.is_file(place)), None)

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
    lookups: Lookups = field(default_factory=Lookups)
