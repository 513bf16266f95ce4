"""Read what a project's tree holds: its config files, its settings modules, its versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from connlint.deployment.application import code_of
from connlint.deployment.assembly.material import Gathered, Material, Project, files_of
from connlint.deployment.assembly.stacks import read_stacks
from connlint.deployment.evaluation import Evaluator
from connlint.deployment.readers import read_documents, unread_documents, version_of
from connlint.formats.packages.versions import Packages, read_packages
from connlint.formats.services import Stack
from connlint.project.configuration import Configuration, ConfigurationError
from connlint.project.discovery import Inventory, discover, is_secondary
from connlint.project.tree import Given, Tree
from connlint.records import dataclass, replace
from connlint.source import Span
from connlint.value import Value

if TYPE_CHECKING:
    from connlint.python.loaded import Loaded


def gather(
    tree: Tree, configuration: Configuration, settings: tuple[str, ...] = (), loaded: Loaded | None = None
) -> Gathered:
    """Discover and read. `settings` names the modules to evaluate in place of what is found or declared.

    `loaded`: what a running Django has loaded from one of them.
    """
    exclude = tuple(str(pattern.only) for pattern in configuration.exclude)
    inventory = tree.recall(discover, exclude)
    whole = tree.recall(_packages, exclude)
    documents = (
        *read_documents(tree, inventory, configuration, {**whole.versions, **configuration.versions}),
        *unread_documents(inventory, whole),
    )
    materials: list[Material] = []
    read_code = code_of(
        tree, configuration, inventory, lambda: (found for each in materials for found in each.evaluator.modules)
    )
    sites = _Sites(frozenset(_folders(inventory)))
    projects = _without_trials(tree, tuple(_projects(inventory, sites, configuration, settings)))
    if loaded is not None:
        projects = tuple(_with_loaded(tree, projects, loaded.module))
    several = len({project.folder for project, _ in projects}) > 1
    for project, stated in projects:
        roots = tuple(dict.fromkeys((*stated, *_roots_of(tree, project.modules, stated))))
        project = replace(project, roots=roots)
        _require(tree, configuration, settings, roots)
        packages = tree.recall(_packages, exclude, project.folder) if several else whole
        versions = {**packages.versions, **configuration.versions}
        django = version_of(versions, "django")
        evaluator = Evaluator(
            tree, roots, configuration.cpus, django, _places(inventory), packages, loaded, configuration.env
        )
        mine = tuple(document for document in documents if _belongs(document.path, project, sites))
        entries = tuple(e for e in inventory.entry_points if not project.folder or sites.of(e.path) == project.folder)
        materials.append(Material(project, mine, configuration, versions, packages, evaluator, entries, read_code))
    stacks = tree.recall(_stacks, exclude, Given(configuration.env))
    return Gathered(tree, tuple(materials), documents, inventory, stacks)


def _packages(tree: Tree, exclude: tuple[str, ...], *folders: str) -> Packages:
    return read_packages(tree, tree.recall(discover, exclude), folders or None)


def _stacks(tree: Tree, exclude: tuple[str, ...], environment: Given[Mapping[str, Value]]) -> tuple[Stack, ...]:
    return read_stacks(tree, tree.recall(discover, exclude), environment.it)


@dataclass(frozen=True, slots=True)
class _Sites:
    """The folders of the Django projects."""

    folders: frozenset[str]

    def of(self, path: str) -> str | None:
        """The folder of the project a file belongs to: the deepest one above it."""
        folder = path
        while folder not in self.folders:
            if not folder:
                return None
            folder = folder_of(folder)
        return folder


def _projects(
    inventory: Inventory, sites: _Sites, configuration: Configuration, settings: tuple[str, ...]
) -> Iterator[tuple[Project, tuple[str, ...]]]:
    """The Django projects of the tree, each with the folders its imports start from.

    Settings that are named, by the user or by DJANGO_SETTINGS_MODULE, decide; else the modules that wsgi.py and
    asgi.py name are deployed, and manage.py's are read as well. Without any of these the candidates are read, and
    one is taken for deployed only when it is the only one.
    """
    stated = tuple(str(folder.only) for folder in configuration.python_path)
    named = settings or tuple(str(name.only) for name in configuration.settings)
    chosen = configuration.env.get("DJANGO_SETTINGS_MODULE")
    if not named and chosen is not None and chosen.is_exact:
        named = (str(chosen.only),)
    if named:
        roots = tuple(dict.fromkeys((*stated, *inventory.python_roots, "")))
        for name in named:
            yield Project("", (name,), name, roots, named=True), roots
        return
    for folder in sorted(sites.folders):
        roots = tuple(dict.fromkeys((*stated, folder, *(r for r in inventory.python_roots if _within(r, folder)), "")))
        served = _modules(inventory, sites, folder, ("wsgi", "asgi"))
        managed = _modules(inventory, sites, folder, ("manage", "celery"))
        modules = tuple(dict.fromkeys((*served, *managed)))
        if not modules:
            modules = tuple(_candidates(inventory, sites, folder, roots))
        serving = served or modules
        yield Project(folder, modules, serving[0] if len(serving) == 1 else "", roots), roots


def _without_trials(
    tree: Tree, projects: tuple[tuple[Project, tuple[str, ...]], ...]
) -> tuple[tuple[Project, tuple[str, ...]], ...]:
    """The projects without those that only serve the tests of a library that lies in the tree, where there are others."""
    deployed = tuple((project, stated) for project, stated in projects if not _is_trial(tree, project, stated))
    return deployed or projects


def _is_trial(tree: Tree, project: Project, roots: tuple[str, ...]) -> bool:
    """Whether all of its settings are of tests or examples."""
    places = (f"{root}/{file}".lstrip("/") for root in roots for name in project.modules for file in files_of(name))
    found = [place for place in places if tree.is_file(place)]
    return bool(found) and not project.named and all(is_secondary(place) for place in found)


def _with_loaded(
    tree: Tree, projects: tuple[tuple[Project, tuple[str, ...]], ...], module: str
) -> Iterator[tuple[Project, tuple[str, ...]]]:
    """The projects, the module that a running Django has loaded among what is evaluated.

    It is the deployed one where nothing else tells which that is. A module that no entry point names, and that the
    tree has, was chosen by the user: it takes the place of those that were found.
    """
    known = any(module in project.modules for project, _ in projects)
    for project, stated in projects:
        roots = tuple(dict.fromkeys((*stated, *_roots_of(tree, (module,), stated))))
        if project.named or (not known and not any(_has(tree, root, module) for root in roots)):
            yield project, stated
        elif not known:
            yield replace(project, modules=(module,), deployed=module, named=True), roots
        else:
            mine = module in project.modules and not project.deployed
            yield (replace(project, deployed=module) if mine else project), stated


def _require(tree: Tree, configuration: Configuration, settings: tuple[str, ...], roots: tuple[str, ...]) -> None:
    """A settings module that the user names must be there; raises `ConfigurationError`."""
    declared = () if settings else configuration.settings
    for name, span in (*((name, None) for name in settings), *((str(v.only), v.span) for v in declared)):
        if not any(_has(tree, root, name) for root in roots):
            raise ConfigurationError(
                f"there is no settings module {name if len(name) < 200 else name[:200] + '...'}",
                span,
                "python-path names the folders that imports start from",
            )


def _places(inventory: Inventory) -> dict[str, Span]:
    """Where each settings module that an entry point names is written."""
    named = ((name, entry.module.span) for entry in inventory.entry_points for name in entry.module.alternatives)
    return {str(name): span for name, span in named if span is not None}


def _has(tree: Tree, root: str, module: str) -> bool:
    return any(tree.is_file(f"{root}/{file}".lstrip("/")) for file in files_of(module))


def _roots_of(tree: Tree, modules: tuple[str, ...], roots: tuple[str, ...]) -> Iterator[str]:
    """Where a module that is on none of `roots` must start from, when only one file of the tree can be it."""
    for module in modules:
        if any(_has(tree, root, module) for root in roots):
            continue
        files = files_of(module)
        found = [path for path in tree.paths() if path.endswith(tuple(f"/{file}" for file in files))]
        if len(found) == 1:
            file = next(file for file in files if found[0].endswith(f"/{file}"))
            yield found[0].removesuffix(f"/{file}")


def _folders(inventory: Inventory) -> tuple[str, ...]:
    """The folders of Django projects: where manage.py is, else the whole tree."""
    found = {folder_of(e.path) for e in inventory.entry_points if e.kind == "manage" and not is_secondary(e.path)}
    return tuple(sorted(found)) or ("",)


def _modules(inventory: Inventory, sites: _Sites, folder: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The settings modules that entry points of `kinds` in this project name, each once."""
    return tuple(
        dict.fromkeys(
            str(name)
            for kind in kinds
            for entry in inventory.entry_points
            if entry.kind == kind and sites.of(entry.path) == folder and not is_secondary(entry.path)
            for name in entry.module.alternatives
        )
    )


def _candidates(inventory: Inventory, sites: _Sites, folder: str, roots: tuple[str, ...]) -> Iterator[str]:
    """The dotted names of files that assign DATABASES."""
    for path in inventory.settings_candidates:
        if sites.of(path) == folder and not is_secondary(path):
            root = max((r for r in roots if _within(path, r)), key=len, default="")
            dotted = path[len(root) :].strip("/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if all(part.isidentifier() for part in dotted.split(".")):
                yield dotted


def _belongs(path: str, project: Project, sites: _Sites) -> bool:
    """A config file above or beside every project's folder belongs to all of them; a sample belongs to none."""
    if is_secondary(path):
        return False
    return sites.of(path) in (project.folder, None) or not project.folder


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]
