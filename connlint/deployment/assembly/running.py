"""What a stack runs: each service's command followed to the processes it starts, each with settings of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connlint.deployment import demand, processes
from connlint.deployment.assembly.followed import Running
from connlint.deployment.assembly.material import Gathered, Material
from connlint.deployment.assembly.settings import material_of, module_of
from connlint.deployment.commands.launch import Launch
from connlint.deployment.declaring import table
from connlint.deployment.model import Concurrency, ProcessGroup
from connlint.deployment.processes import Started
from connlint.formats.document import Document
from connlint.formats.services import Role, Service
from connlint.project.configuration import DeclaredProcess
from connlint.records import dataclass, field, replace
from connlint.source import Span
from connlint.value import Origin, Value

_RELOADS = ("--reload", "--py-autoreload", "--autoreload")
_SHELL = ("/bin/sh", "-c")
_SENDERS = frozenset({"celery beat", "manage.py celerybeat"})
_MAYBE = Origin.assumed("assumed: the way through the script leads to this command")


@dataclass(slots=True)
class Crew:
    """The process groups of a stack, and what came to light with them."""

    groups: list[ProcessGroup] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    lacks: list[tuple[str, str]] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    reloads: bool = False  # a server restarts whenever the code changes, as only developers want it


def crew(runs: Sequence[Running], gathered: Gathered) -> Crew:
    """The process groups that connect to databases of Django projects; other programs are left out."""
    found = Crew()
    names: set[str] = set()
    for run in runs:
        launched = tuple(_in_order(run.launched.found))
        main = _main(run.service, launched)
        for launch in launched:
            material = material_of(launch, run, gathered)
            if material is None:
                continue
            name = _unique(run.service.name if launch is main else f"{run.service.name}: {launch.name}", names)
            found.groups.append(_group(name, launch, run, material))
            if launch.started.document is not None:
                found.documents.append(launch.started.document)
            found.reloads = found.reloads or any(word.exact in _RELOADS for word in launch.words)
            if material not in found.materials:
                found.materials.append(material)
        found.lacks += _lacks(run)
    for run, material in _unseen(runs, gathered):
        name = _unique(run.service.name, names)
        found.groups.append(_group(name, _unseen_launch(run), run, material))
        found.lacks.append(_lack(run, f"nothing says what its image {_image(run.service)} starts", run.service.span))
    return found


def _unseen(runs: Sequence[Running], gathered: Gathered) -> Iterator[tuple[Running, Material]]:
    """Services that run the very image that another one runs a project with, by a command that is kept in the image."""
    known: dict[str, Material] = {}
    for run in runs:
        materials = (material_of(launch, run, gathered) for launch in run.launched.found)
        material = next((each for each in materials if each is not None), None)
        if material is not None and run.image is None:
            known.setdefault(_image(run.service), material)
    for run in runs:
        material = known.get(_image(run.service))
        is_stated = run.service.command is not None or run.service.entrypoint is not None
        if material is not None and run.image is None and not is_stated and _image(run.service):
            yield run, material


def _image(service: Service) -> str:
    return str(service.image.only) if service.image is not None and service.image.is_exact else ""


def _unseen_launch(run: Running) -> Launch:
    return Launch(
        started=processes.unseen(),
        name=processes.UNSEEN,
        words=(),
        environment=run.environment,
        directory=run.directory,
        span=run.service.span,
        settings=run.environment.get("DJANGO_SETTINGS_MODULE"),
    )


def _in_order(found: Sequence[Launch]) -> Iterator[Launch]:
    """The launches of one service: a command that is waited for before another starts has ended by then.

    What runs only when a variable is set that no file sets does not run (docs/adr/0008).
    """
    running = [launch for launch in found if not launch.excluded] or found
    for index, launch in enumerate(running):
        ends = launch.started.concurrency is Concurrency.COMMAND and launch.role is None and not launch.background
        yield replace(launch, role=Role.RELEASE) if ends and index + 1 < len(running) else launch


def _main(service: Service, found: Sequence[Launch]) -> Launch | None:
    """The launch that is called like its service: with its name in it, else the first server, else the last that stays.

    Workers come before commands, and before what only sends tasks to them.
    """
    lasting = [launch for launch in found if launch.role in (None, Role.SERVICE)]
    sure = [launch for launch in lasting if launch.sure] or lasting
    working = [each for each in sure if each.started.concurrency is not Concurrency.COMMAND]
    sure = [each for each in working if each.name not in _SENDERS] or working or sure
    named = [launch for launch in sure if service.name in launch.name.split()]
    serving = [launch for launch in working if launch.started.concurrency is not Concurrency.TASKS]
    return next(iter((*named, *serving, *sure[-1:], *found)), None) if len(found) == 1 or sure else None


def _unique(name: str, names: set[str]) -> str:
    found, number = name, 2
    while found in names:
        found, number = f"{name} {number}", number + 1
    names.add(found)
    return found


def _group(name: str, launch: Launch, run: Running, material: Material) -> ProcessGroup:
    service = run.service
    said = material.configuration.processes.get(name)
    module = module_of(launch, said, run, material)
    started = launch.started
    if started.settle is not None and module is not None:
        started = started.settle(module.names)
    started = started if launch.sure else _doubted(started)
    group = processes.group(name, started, said, module)
    replicas = demand.times(service.replicas, launch.copies)
    if not (launch.sure or launch.assumed):
        replicas = replicas * Value.between(0, 1, _MAYBE)
    role = service.role if service.role is not Role.SERVICE else launch.role or Role.SERVICE
    return replace(
        group,
        replicas=_declared(said, "replicas") or replicas.named("replicas"),
        surge=_declared(said, "surge") or (service.surge or group.surge).named("more during a deploy"),
        role=role,
        program=launch.name,
        span=launch.span,
    )


def _doubted(started: Started) -> Started:
    """What a command starts that may not run at all: nothing about it is certain."""
    return replace(
        started,
        processes=started.processes.because(_MAYBE),
        threads=started.threads.because(_MAYBE),
        worker_class=started.worker_class.because(_MAYBE),
        preload=started.preload.because(_MAYBE),
    )


def _declared(said: DeclaredProcess | None, key: str) -> Value | None:
    value: Value | None = getattr(said, key) if said is not None else None
    return value


def _lacks(run: Running) -> Iterator[tuple[str, str]]:
    """What of a service that is built from the repository could not be followed."""
    if run.image is None and run.service.build is None and not run.launched.found:
        return
    for span, reason in run.launched.unresolved:
        yield _lack(run, reason, span)


def _lack(run: Running, reason: str, span: Span) -> tuple[str, str]:
    name = run.service.name
    return (
        f"what {name} runs: {reason} ({span.place})",
        table("processes", name, server="gunicorn", processes=4, threads=1),
    )
