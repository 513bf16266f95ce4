"""Which Django project a process belongs to, and which settings module it runs with."""

from __future__ import annotations

from typing import Final

from connlint.deployment.assembly.followed import Running
from connlint.deployment.assembly.material import Gathered, Material
from connlint.deployment.commands.launch import Launch
from connlint.deployment.model import SettingsModule
from connlint.project.configuration import DeclaredProcess
from connlint.project.entry_points import EntryPoint

_MANAGE: Final = "manage.py"


def material_of(launch: Launch, run: Running, gathered: Gathered) -> Material | None:
    """The project whose code a process runs; None when it is no Django process, as far as the files tell.

    DJANGO_SETTINGS_MODULE decides where a project has such a module, then the application it loads, then where its
    manage.py lies. A process that says none of these belongs to the only project there is when it runs its files.
    """
    materials = gathered.materials
    chosen = launch.settings
    if chosen is not None and chosen.is_exact:
        known = [m for m in materials if m.locate(gathered.tree, str(chosen.only))]
        if known:
            return _nearest(known, launch, run)
    place = _application_file(launch, run)
    if place is not None:
        known = [m for m in materials if any(entry.path == place for entry in m.entries)]
        return _nearest(known, launch, run)
    module = _application(launch)
    if module:
        known = [m for m in materials if m.locate(gathered.tree, module)]
        django = [m for m in known if _entry(module, gathered) is not None or _speaks_django(m, module, gathered)]
        if known:
            return _nearest(django, launch, run) if django else None
    place = _manage(launch, run)
    if place is not None:
        folder = place.rpartition("/")[0]
        known = [m for m in materials if m.project.folder == folder]
        if known:
            return known[0]
    stated = launch.application is not None and launch.application.is_exact
    if stated and place is None and chosen is None:
        return None  # an application that is not in the repository
    if (
        chosen is not None
        and chosen.is_exact
        and place is None
        and not module
        and _is_foreign(str(chosen.only), gathered)
    ):
        return None
    return _nearest(list(materials), launch, run) if materials and materials[0].project.modules else None


def module_of(launch: Launch, said: DeclaredProcess | None, run: Running, material: Material) -> SettingsModule | None:
    """The settings of a process: declared, named by its environment, by its entry point, or the project's deployed ones."""
    environment = material.configuration.around(launch.environment)
    if said is not None and said.settings is not None:
        return material.evaluator.module(str(said.settings.only), environment)
    chosen = launch.settings
    if chosen is not None and not material.project.named:
        return material.evaluator.module(str(chosen.only), environment) if chosen.is_exact else None
    name = _named_by_entry(launch, run, material) or material.project.deployed
    return material.evaluator.module(name, environment) if name else None


def _named_by_entry(launch: Launch, run: Running, material: Material) -> str:
    """The settings module that the application's own file, or the project's manage.py, names."""
    if material.project.named:
        return ""
    place, module = _application_file(launch, run), _application(launch)
    for entry in material.entries:
        managed = entry.kind == "manage" and launch.name.startswith(_MANAGE)
        meant = entry.path == place if place else _is(entry, module) if module else managed
        if entry.module.is_exact and meant:
            return str(entry.module.only)
    return ""


def _application(launch: Launch) -> str:
    """The module a process is told to load; empty where it is not known, or a file."""
    value = launch.application
    return str(value.only).partition(":")[0] if value is not None and value.is_exact else ""


def _application_file(launch: Launch, run: Running) -> str | None:
    """The file of the project it is told to load (mod_wsgi's script, uWSGI's wsgi-file); None where it is a module."""
    path = _application(launch)
    if not path.endswith(".py"):
        return None
    return run.container.locate(path, launch.directory) or run.container.guess(path)


def _is(entry: EntryPoint, module: str) -> bool:
    path = entry.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return any(path == name or path.endswith(f".{name}") for name in (module, f"{module}.celery"))


def _entry(module: str, gathered: Gathered) -> EntryPoint | None:
    return next((entry for entry in gathered.inventory.entry_points if _is(entry, module)), None)


def _speaks_django(material: Material, module: str, gathered: Gathered) -> bool:
    place = material.locate(gathered.tree, module)
    return place is not None and gathered.tree.holds(place, b"django")


def _is_foreign(module: str, gathered: Gathered) -> bool:
    """Whether settings are those of another program: of a package that no project here has."""
    package, dot, _ = module.partition(".")
    roots = {root for material in gathered.materials for root in material.project.roots}
    return bool(dot) and not any(gathered.tree.exists(f"{root}/{package}".lstrip("/")) for root in roots)


def _manage(launch: Launch, run: Running) -> str | None:
    """Where the manage.py lies that a command names."""
    word = next((text for w in launch.words if (text := w.exact) and text.endswith(_MANAGE)), None)
    return run.container.locate(word, launch.directory) if word is not None else None


def _nearest(known: list[Material], launch: Launch, run: Running) -> Material | None:
    """The one whose folder the process runs in, else the one whose folder says that it is run; else the first."""
    places = (run.container.locate(".", launch.directory) or "", launch.span.path, run.service.span.path)
    for place in places:
        inside = [m for m in known if m.project.folder and f"{place}/".startswith(f"{m.project.folder}/")]
        if inside:
            return max(inside, key=lambda m: len(m.project.folder))
    return known[0] if known else None
