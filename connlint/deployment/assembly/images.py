"""Which image a service runs: built from the repository where a file says so, or by the name of one that is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.document import Document
from connlint.formats.services import Build, Image, Service, Stack
from connlint.project.deployment_files import is_for_development
from connlint.project.discovery import Inventory, is_secondary
from connlint.project.tree import Given, Tree
from connlint.value import Origin, Value

_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_PLAIN: Final = frozenset({"dockerfile", "containerfile"})


class Images:
    """Reads each Dockerfile once for each target and set of arguments. `names`: what the projects are called."""

    def __init__(self, tree: Tree, inventory: Inventory, stacks: Sequence[Stack], names: Collection[str] = ()) -> None:
        self._tree = tree
        self._names = frozenset(_alike(name) for name in names) - {""}
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

    @property
    def documents(self) -> tuple[Document, ...]:
        """The Dockerfiles that were read, with their problems."""
        read = (image.document for image in self._known.values() if image is not None and image.document is not None)
        return tuple({document.path: document for document in read}.values())

    def of(self, service: Service) -> Image | None:
        """The image of a service as far as the repository says how it is built; None for one from elsewhere.

        A file beside may build what another runs: by the image's name, else for a service that is called the same.
        """
        build = self._stated(service)
        if build is not None:
            return self._read(build)
        path = self._published(service)
        return self._read(Build("", path), guessed=True) if path else None

    def taken(self, service: Service) -> Origin | None:
        """That a Dockerfile is taken for the one of an image, where only its name says so."""
        path = self._published(service) if self._stated(service) is None else ""
        return Origin.assumed(f"{path} is taken for the image of {service.name}") if path else None

    def is_foreign(self, service: Service) -> bool:
        """Whether a service runs another program's image: files name the images that are built here, and it is none of them."""
        name = _alike(_last(service.image))
        own = {_alike(known.rpartition("/")[2]) for known in self._by_name}
        return bool(own) and bool(name) and name not in own | self._names and self.of(service) is None

    def _stated(self, service: Service) -> Build | None:
        beside = self._by_service.get((_folder(service.span.path), service.name)) if service.image is not None else None
        return service.build or self._by_name.get(_name(service.image)) or beside

    def _published(self, service: Service) -> str:
        """The only Dockerfile that an image can be published from, by its name; empty where none or several can.

        It lies in a folder, or has an ending, of the image's name; or the image is called like the project.
        """
        name = _alike(_last(service.image))
        if not name:
            return ""
        possible = [path for path in self._dockerfiles if not is_secondary(path) and not is_for_development(path)]
        own = [path for path in possible if name in _called(path)]
        if not own and name in self._names:
            own = [path for path in possible if path.rpartition("/")[2].lower() in _PLAIN]
            own = [path for path in own if "/" not in path] or own
        return own[0] if len(own) == 1 else ""

    def unused(self) -> Iterator[Service]:
        """A service for each Dockerfile that no file builds: what its image starts by itself."""
        for path in self._dockerfiles:
            if path in self._built or is_secondary(path) or is_for_development(path):
                continue
            image = self._read(Build("", path), guessed=True)
            if image is not None and (image.command is not None or image.entrypoint is not None):
                yield Service("web", image.span, build=Build("", path))

    def _read(self, build: Build, *, guessed: bool = False) -> Image | None:
        key = (build.context, build.dockerfile, build.target, tuple(sorted(build.arguments)), guessed)
        if key not in self._known:
            found = None
            if build.inline is not None or self._tree.names_file(build.dockerfile):
                context = None if guessed or (not build.context and build.span is None) else build.context
                found = self._tree.recall(_image, build.dockerfile, build.target, Given(build.arguments), context)
            self._known[key] = found
        return self._known[key]


def _image(tree: Tree, path: str, target: str, arguments: Given[Mapping[str, Value]], context: str | None) -> Image:
    from connlint.formats.dockerfile.reader import read_image

    return read_image(tree, path, target=target, arguments=arguments.it, context=context)


def environment_of(image: Image | None, service: Service) -> Mapping[str, Value]:
    """What the first process of a container finds: the image's variables below the service's own.

    A variable that a file only hands on from where it is started is unset where no file sets it (docs/adr/0008).
    """
    own = {name: value for name, value in service.environment.items() if not _is_handed_on(name, value)}
    return {**(image.environment if image is not None else {}), **own}


def _is_handed_on(name: str, value: Value) -> bool:
    """Whether the file has the bare name of the variable, and nobody knows what it is."""
    return value.is_unknown and value.span is not None and value.span.text.strip("\"'") == name


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _alike(name: str) -> str:
    return _SEPARATORS.sub("", name.lower())


def _called(path: str) -> set[str]:
    """The names a Dockerfile's place gives its image: `worker/Dockerfile`, `Dockerfile.worker`, `worker.Dockerfile`."""
    folder, _, name = path.rpartition("/")
    first, _, last = name.partition(".")
    return {_alike(folder.rpartition("/")[2]), *({_alike(first), _alike(last)} - _PLAIN)} - {""}


def _last(image: Value | None) -> str:
    return _name(image).rpartition("/")[2]


def _name(image: Value | None) -> str:
    """The name of an image without its tag; empty where it is not known."""
    if image is None or not image.is_exact:
        return ""
    text = str(image.only).partition("@")[0]
    head, slash, last = text.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
