"""What orchestration files say of the processes they start, before anything is joined.

A reader of compose files, Procfiles, units, manifests, ... turns its dialect into `Stack`s of `Service`s. Nobody
here knows what a command means; `connlint.deployment` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from connlint.formats.document import Document
from connlint.formats.words import Command, Text
from connlint.records import dataclass, field
from connlint.source import Source, Span
from connlint.value import Origin, Value


class Role(Enum):
    """How long a service runs."""

    SERVICE = "service"  # until it is stopped
    RELEASE = "release"  # once on each deploy: migrations, init containers, release phases
    SCHEDULED = "scheduled"  # now and then: cron jobs, timers
    ONCE = "once"  # only when somebody starts it: a profile, a `run` target, a unit nobody enables


ONE: Final = Value.exact(1, Origin.default("one, where nothing says otherwise"))


@dataclass(frozen=True, slots=True)
class Build:
    """The image is built from the repository. Paths are relative to the project."""

    context: str
    dockerfile: str  # project-relative, context already joined
    target: str = ""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    span: Span | None = None
    inline: Span | None = None  # compose's dockerfile_inline


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of the project as a process sees it: `target` is absolute inside the container."""

    source: str  # project-relative
    target: str
    span: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """One thing that a file starts, in all its replicas.

    `environment`: what this file gives it, by name, as text; an image's own variables come below it. A variable whose
    value is kept elsewhere (a secret) is unknown with that reason. `elsewhere`: sources of variables that the
    repository does not hold (an env_file that is not committed, a Secret), each where it is named.
    `replicas`: how many run; `surge`: how many more during a deploy, None where the platform decides.
    `names`: hosts under which others reach it. `ports`: (published or service port, its own port), as numbers.
    `files`: files whose text stands inside another file (the data of a ConfigMap), by their absolute path in the
    container; the spans of such a source lie in the outer file (`formats/excerpt.py`). `hidden`: paths whose content the
    repository does not hold (a mounted Secret): path, where that is said, why.
    `extra`: settings a reader found that are facts of their own: `cpus` (a limit), `memory`, `plan` or the like;
    `pod`: services with the same name here share one network, and reach each other as localhost.
    """

    name: str
    span: Span
    command: Command | None = None
    entrypoint: Command | None = None
    environment: Mapping[str, Value] = field(default_factory=dict)
    elsewhere: tuple[tuple[Span, str], ...] = ()
    image: Value | None = None
    build: Build | None = None
    replicas: Value = ONE
    surge: Value | None = None
    role: Role = Role.SERVICE
    names: frozenset[str] = frozenset()
    ports: tuple[tuple[int, int], ...] = ()
    mounts: tuple[Mount, ...] = ()
    files: Mapping[str, Source] = field(default_factory=dict)
    hidden: tuple[tuple[str, Span, str], ...] = ()
    directory: str | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """What one file (or one set of files) starts together: one deployment.

    `name` is how people call it: `compose.yml`, `Procfile`, `deploy/prod`. `folder`: where its relative paths start.
    `documents`: every file it was read from, with its problems. `development`: the file says, by its name or
    its content, that it is for a developer's machine, for tests or for CI. `spare`: it runs only where nothing else of
    the repository is deployed: a compose file whose override nobody takes along.
    """

    name: str
    kind: str
    folder: str
    services: tuple[Service, ...]
    documents: tuple[Document, ...] = ()
    development: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """What a Dockerfile leaves behind in its last (or chosen) stage.

    `base`: the image it starts from that is not of this file. `mounts`: what COPY and ADD put where; `files`: texts
    that stand in the Dockerfile itself (COPY <<EOF), by their path in the image.
    """

    span: Span
    base: Value | None
    environment: Mapping[str, Value]
    entrypoint: Command | None
    command: Command | None
    directory: str
    mounts: tuple[Mount, ...]
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    ports: tuple[int, ...] = ()
    document: Document | None = None
    files: Mapping[str, Text] = field(default_factory=dict)
