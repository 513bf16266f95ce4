"""Deployments of loose files: a project whose files no compose file, Procfile or unit ties together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from connlint.deployment import processes
from connlint.deployment.assembly.maps import assemble
from connlint.deployment.assembly.material import Material
from connlint.deployment.declaring import line, variable_behind
from connlint.deployment.model import Deployment, ProcessGroup, SettingsModule
from connlint.deployment.processes import UNSEEN
from connlint.deployment.readers import version_of
from connlint.formats.document import Document
from connlint.project.configuration import DeclaredProcess
from connlint.project.deployment_files import is_for_development
from connlint.value import Value

_STARTERS = ("gunicorn", "uwsgi")


def deployments(material: Material, claimed: Collection[str] = (), *, covered: bool = False) -> Iterator[Deployment]:
    """The deployments of one project whose files no compose file or unit ties together.

    Several web server configurations are alternatives (nobody runs gunicorn and uWSGI for one site): each makes
    a deployment of its own. Processes that are only declared belong to every one of them. `claimed`: the web server
    configurations that other deployments start; `covered`: others run this project, and only further web servers are
    alternatives to them.
    """
    starters = [d for d in material.documents if d.kind in _STARTERS and d.path not in claimed]
    if covered and not starters:
        return
    others = tuple(document for document in material.documents if document.kind not in _STARTERS)
    modules = tuple(material.evaluated(material.project.modules))
    if not modules and not material.documents and not material.project.modules:
        return  # nothing of a site is here; an empty map would look like a clean one
    alternatives: list[Document | None] = [*starters]
    if not covered and all(is_for_development(starter.path) for starter in starters):
        alternatives.append(None)  # what serves the site is not here
    for starter in alternatives:
        groups = tuple(_groups(material, starter))
        failures = tuple(material.evaluator.failures)
        documents = (*others, *failures) if starter is None else (starter, *others, *failures)
        name = _name(material, groups, starter, len(alternatives))
        every = tuple(dict.fromkeys((*(g.module for g in groups if g.module is not None), *modules)))
        development = starter is not None and is_for_development(starter.path)
        lacks = () if development else _lacks(material, groups, every)
        yield assemble(name, material, groups, modules, documents, lacks=lacks, development=development)


def _groups(material: Material, starter: Document | None) -> Iterator[ProcessGroup]:
    declared = material.configuration.processes
    environment = dict(material.configuration.env)
    names = list(declared)
    if starter is None and not any(_starts(said) for said in declared.values()):
        said = declared.get("web")
        yield processes.group("web", processes.unseen(), said, _module_for(material, said, environment))
        return
    if starter is not None:
        environment.update(processes.environment_of(starter))
        version = version_of(material.versions, starter.kind)
        started = (
            processes.gunicorn(starter, environment, version)
            if starter.kind == "gunicorn"
            else processes.uwsgi(starter, version)
        )
        names = [name for name in names if name != "web"]
        said = declared.get("web")
        yield processes.group("web", started, said, _module_for(material, said, environment))
    for name in names:
        said = declared[name]
        if not _starts(said):
            continue  # a replica count for a process that nothing here starts
        server = str(said.server.only) if said.server is not None else ""
        started = (
            processes.gunicorn(None, environment, version_of(material.versions, "gunicorn"))
            if server == "gunicorn"
            else processes.declared_only(said, material.configuration.cpus)
        )
        yield processes.group(name, started, said, _module_for(material, said, dict(material.configuration.env)))


def _starts(said: DeclaredProcess) -> bool:
    """Whether a declaration alone says that something runs, rather than adding to what a file says."""
    return said.server is not None or said.processes is not None


def _module_for(
    material: Material, said: DeclaredProcess | None, environment: Mapping[str, Value]
) -> SettingsModule | None:
    """The settings of one process group: declared, from DJANGO_SETTINGS_MODULE, or the project's deployed one."""
    if said is not None and said.settings is not None:
        return material.evaluator.module(str(said.settings.only), environment)
    chosen = environment.get("DJANGO_SETTINGS_MODULE")
    if chosen is not None and chosen.is_exact and not material.project.named:
        return material.evaluator.module(str(chosen.only), environment)
    deployed = material.project.deployed
    return material.evaluator.module(deployed, environment) if deployed else None


def _lacks(
    material: Material, groups: Sequence[ProcessGroup], modules: Sequence[SettingsModule]
) -> Iterator[tuple[str, str]]:
    for module in modules:
        for span, reason in module.problems:
            if reason.startswith("DATABASES"):
                yield f"{reason} ({span.place})", variable_behind(Value.unknown(reason), "the value in production")
    if not material.project.deployed and len(material.project.modules) > 1:
        listed = ", ".join(material.project.modules[:4])
        yield f"which settings module is deployed ({listed})", f'settings = ["{material.project.modules[0]}"]'
    found = {group.name for group in groups}
    for name, said in material.configuration.processes.items():
        if name not in found:
            place = f" ({said.span.place})" if said.span is not None else ""
            yield f"what runs as {name}, which no file starts{place}", line("processes", name, "server", value="celery")
    for group in groups:
        if group.server == UNSEEN:
            yield processes.unseen_fact(group)


def _name(material: Material, groups: Sequence[ProcessGroup], starter: Document | None, alternatives: int) -> str:
    """Called after the settings its processes run with, and the file that starts them where there are several."""
    serving = next((group.module.name for group in groups if group.module is not None), "")
    base = serving or material.project.deployed or material.project.folder or "project"
    return f"{base} ({starter.path})" if starter is not None and alternatives > 1 else base
