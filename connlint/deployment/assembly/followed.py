"""One service, its command followed to the programs it runs."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.deployment.assembly.images import Images, environment_of
from connlint.deployment.assembly.material import Gathered
from connlint.deployment.commands.container import Container
from connlint.deployment.commands.follow import launches
from connlint.deployment.commands.hosted import hosted
from connlint.deployment.commands.launch import Launch, Launches
from connlint.deployment.containers.recognising import server_words
from connlint.deployment.injected import injected
from connlint.formats.services import Image, Service, Stack
from connlint.formats.words import Word
from connlint.records import dataclass, replace
from connlint.source import Source
from connlint.value import Origin, Value

_SHELL = ("/bin/sh", "-c")


@dataclass(slots=True)
class Running:
    """A service with everything that is known of its surroundings."""

    service: Service
    image: Image | None
    container: Container
    environment: Mapping[str, Value]
    launched: Launches
    directory: str

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the database server or pooler that it may run: those that were followed to one, or all it states."""
        service, image = self.service, self.image
        own = service.entrypoint or (image.entrypoint if image is not None else None)
        command = service.command or (image.command if image is not None and service.entrypoint is None else None)
        return server_words((own, command), self.launched.others)


def follow(stack: Stack, service: Service, images: Images, gathered: Gathered) -> Running:
    """Follow the command of a service, its image's where it states none."""
    image = images.of(service)
    mounts = (*(image.mounts if image is not None else ()), *service.mounts)
    inline = {path: text for path, text in service.files.items() if isinstance(text, Source)}
    foreign = images.is_foreign(service)
    container = Container(gathered.tree, mounts, inline, gathered.lookups, foreign)
    environment = environment_of(image, service)
    folder = "/" if foreign else stack.folder
    directory = service.directory or (image.directory if image is not None else folder)
    entrypoint, command = service.entrypoint, service.command
    if image is not None:
        command = command if command is not None or entrypoint is not None else image.command
        entrypoint = entrypoint if entrypoint is not None else image.entrypoint
    first = gathered.materials[0]
    launched = hosted(service, environment) or launches(
        entrypoint,
        command,
        {**injected(service), **first.configuration.around(environment)},
        container,
        directory=directory,
        shell=image.shell if image is not None else _SHELL,
        cpus=first.configuration.cpus,
        versions=first.versions,
    )
    taken = images.taken(service)
    if taken is not None:
        launched = replace(launched, found=tuple(_because(launch, taken) for launch in launched.found))
    return Running(service, image, container, environment, launched, directory)


def _because(launch: Launch, origin: Origin) -> Launch:
    started = launch.started
    started = replace(started, processes=started.processes.because(origin), threads=started.threads.because(origin))
    return replace(launch, started=started)
