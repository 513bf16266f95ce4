"""Which image a service runs: built from the repository where a file says so, or by the name of one that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connlint.formats.services import Build, Image, Service, Stack
from connlint.project.deployment_files import is_for_development
from connlint.project.discovery import Inventory, is_secondary
from connlint.project.tree import Tree
from connlint.value import Value


class Images:
    """Reads each Dockerfile once for each target and set of arguments."""

    def __init__(self, tree: Tree, inventory: Inventory, stacks: Sequence[Stack]) -> None:
        self._tree = tree
        self._dockerfiles = inventory.started_by.get("dockerfile", ())
        self._known: dict[tuple[object, ...], Image | None] = {}
        services = [service for stack in stacks for service in stack.services]
        self._by_name = {name: s.build for s in services if s.build is not None and (name := _name(s.image))}
        self._by_service = {
            (_folder(service.span.path), service.name): service.build
            for service in services
            if service.build is not None
        }
        self._built = {service.build.dockerfile for service in services if service.build is not None}

    def of(self, service: Service) -> Image | None:
        """The image of a service as far as the repository says how it is built; None for one from elsewhere.

        A file beside may build what another runs: by the image's name, else for a service that is called the same.
        """
        beside = self._by_service.get((_folder(service.span.path), service.name)) if service.image is not None else None
        build = service.build or self._by_name.get(_name(service.image)) or beside
        return None if build is None else self._read(build)

    def unused(self) -> Iterator[Service]:
        """A service for each Dockerfile that no file builds: what its image starts by itself."""
        for path in self._dockerfiles:
            if path in self._built or is_secondary(path) or is_for_development(path):
                continue
            image = self._read(Build("", path), guessed=True)
            if image is not None and (image.command is not None or image.entrypoint is not None):
                yield Service("web", image.span, build=Build("", path))

    def _read(self, build: Build, *, guessed: bool = False) -> Image | None:
        from connlint.formats.dockerfile.reader import read_image

        key = (build.context, build.dockerfile, build.target, tuple(sorted(build.arguments)), guessed)
        if key not in self._known:
            found = None
            if build.inline is not None or self._tree.is_file(build.dockerfile):
                context = None if guessed or (not build.context and build.span is None) else build.context
                found = read_image(
                    self._tree, build.dockerfile, target=build.target, arguments=build.arguments, context=context
                )
            self._known[key] = found
        return self._known[key]


def environment_of(image: Image | None, service: Service) -> Mapping[str, Value]:
    """What the first process of a container finds: the image's variables below the service's own."""
    return {**(image.environment if image is not None else {}), **service.environment}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(image: Value | None) -> str:
    """The name of an image without its tag; empty where it is not known."""
    if image is None or not image.is_exact:
        return ""
    text = str(image.only).partition("@")[0]
    head, slash, last = text.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
