"""Services that an init process starts inside of an image: s6's, which have the container's environment, and run where it does."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from connlint.deployment.assembly.images import Images
from connlint.deployment.demand import times
from connlint.formats.services import Image, Service, Stack
from connlint.formats.words import Command
from connlint.records import replace

_KIND: Final = "s6"
_FOLDERS: Final = ("/etc/", "/run/service")  # below which s6, s6-overlay and runit look for services


def contained(stacks: Sequence[Stack], images: Images) -> tuple[Stack, ...]:
    """The stacks, each folder of such services in those that run its image; alone, with the image's variables, where none does."""
    folders = [stack for stack in stacks if stack.kind == _KIND]
    if not folders:
        return tuple(stacks)
    found: list[Stack] = []
    taken: set[str] = set()
    for stack in stacks:
        if stack.kind == _KIND:
            continue
        inner = [(folder, host) for host in stack.services for folder in _in(images.of(host), folders)]
        taken.update(folder.name for folder, _ in inner if not stack.development)
        services = (_inside(each, host) for folder, host in inner for each in folder.services)
        found.append(replace(stack, services=(*stack.services, *services)))
    for folder in folders:
        if folder.name not in taken:
            holder = next((each for each in images.unused() if folder in _in(images.of(each), [folder])), None)
            services = (_inside(each, holder) if holder is not None else each for each in folder.services)
            found.append(replace(folder, services=tuple(services)))
    return tuple(found)


def _in(image: Image | None, folders: Sequence[Stack]) -> Iterator[Stack]:
    """The folders that an image has where an init process looks for them."""
    for folder in folders if image is not None else ():
        for mount in image.mounts if image is not None else ():
            source = mount.source.strip("./") if mount.source in (".", "./", "") else mount.source.rstrip("/")
            if source and folder.folder != source and not folder.folder.startswith(f"{source}/"):
                continue
            place = posixpath.join("/", mount.target, folder.folder[len(source) :].lstrip("/"))
            if posixpath.normpath(place).startswith(_FOLDERS):
                yield folder
                break


def _inside(service: Service, host: Service) -> Service:
    """A service as it runs in the container of `host`; the image's own entrypoint has started it."""
    return replace(
        service,
        entrypoint=Command(service.span),
        environment={**host.environment, **service.environment},
        elsewhere=host.elsewhere,
        image=host.image,
        build=host.build,
        replicas=times(host.replicas, service.replicas),
        mounts=host.mounts,
        files=host.files,
        hidden=host.hidden,
    )
