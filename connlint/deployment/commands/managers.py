"""Programs that start what a file lists: honcho and foreman with a Procfile, supervisord with its configuration."""

from __future__ import annotations

import posixpath
from typing import Final

from connlint.deployment.commands.arguments import Arguments, as_number, read_arguments
from connlint.deployment.commands.container import Container, taken_for
from connlint.facts.command_line import command_line
from connlint.formats.services import ONE, Role, Service, Stack
from connlint.formats.words import Invocation
from connlint.records import dataclass, replace
from connlint.source import Span
from connlint.value import Origin, Value

# Where supervisord looks for its configuration unless told (supervisor/options.py, searchpaths).
_SEARCHED: Final = ("supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
                    "../etc/supervisord.conf", "../supervisord.conf")  # fmt: skip
# Folders that the configuration of Debian's, Alpine's and Red Hat's package includes.
_INCLUDED: Final = {"/etc/supervisor/conf.d": ".conf", "/etc/supervisor.d": ".ini", "/etc/supervisord.d": ".ini"}


@dataclass(frozen=True, slots=True, eq=False)
class Managed:
    """The services that are started, each with how many of it beside what its file says; and what could not be read.

    `assumed`: that the file is the one that is meant, where nothing says how it gets there.
    """

    services: tuple[tuple[Service, Value], ...]
    problems: tuple[tuple[Span, str], ...] = ()
    assumed: Origin | None = None


def supervised(invocation: Invocation, container: Container) -> Managed | None:
    """The programs of supervisord's configuration."""
    given = read_arguments(invocation.words[1:], command_line("supervisord"))
    named = given.text("configuration")
    first = invocation.words[0].span
    if named is not None and not named.is_exact:
        return Managed((), ((named.span or first, "which file configures supervisord is not known"),))
    names = (str(named.only),) if named is not None else _SEARCHED
    tree = container.tree
    places = ((name, container.locate(name, invocation.directory)) for name in names)
    name, place = next(((n, p) for n, p in places if p is not None and tree.is_file(p)), (names[0], None))
    paths = [*dict.fromkeys((*([place] if place is not None else ()), *_dropped_in(container)))]
    assumed = None
    if not paths and (guess := container.guess(names[0])) is not None:
        paths, assumed = [guess], taken_for(names[0], guess)
    if not paths:
        return Managed(
            (), (((named.span if named is not None else None) or first, "supervisord's configuration is not here"),)
        )
    from connlint.formats.supervisor.reader import read_supervisor

    absolute = posixpath.normpath(posixpath.join(invocation.directory, name))
    inside = absolute.startswith("/") and bool(container.mounts)
    stacks = read_supervisor(
        tree, paths, invocation.environment,
        locate=container.locate if inside else None, here=posixpath.dirname(absolute) if inside else "",
    )  # fmt: skip
    return replace(_managed(stacks), assumed=assumed)


def _dropped_in(container: Container) -> list[str]:
    """The project's files in the folders that the configuration of a distribution's package includes."""
    found: list[str] = []
    for folder, ending in _INCLUDED.items():
        for mount in container.mounts:
            target = "/" + mount.target.strip("/")
            if posixpath.dirname(target) == folder and target.endswith(ending) and container.tree.is_file(mount.source):
                found.append(mount.source)
            elif folder == target or folder.startswith(f"{target}/"):
                place = posixpath.normpath(posixpath.join(mount.source or ".", posixpath.relpath(folder, target)))
                found += [
                    posixpath.join(place, name) for name in container.tree.listdir(place) if name.endswith(ending)
                ]
    return sorted(dict.fromkeys(path for path in found if container.tree.is_file(path)))


def foreman(invocation: Invocation, container: Container) -> Managed | None:
    """The processes of a Procfile: `honcho start`, with `-f`, `-c web=2,worker=3` and names; None for other commands."""
    line = command_line("honcho")
    before = read_arguments(invocation.words[1:], line, interspersed=False)
    if not before.operands or before.operands[0].exact != "start":
        return None
    given = read_arguments(before.operands[1:], line)
    root = given.text("app_root") or before.text("app_root")
    folder = str(root.only) if root is not None and root.is_exact else ""
    named = given.text("procfile") or before.text("procfile")
    first = invocation.words[0].span
    if named is not None and not named.is_exact:
        return Managed((), ((named.span or first, "which Procfile it is, is not known"),))
    name = str(named.only) if named is not None else "Procfile"
    place = container.locate(posixpath.join(folder, name), invocation.directory)
    if place is None or not container.tree.is_file(place):
        return Managed((), (((named.span if named is not None else None) or first, "the Procfile is not here"),))
    from connlint.formats.procfile.reader import read_procfile

    wanted = {word.exact for word in given.operands}
    found = _managed(read_procfile(container.tree, (place,), invocation.environment))
    numbers = _numbers(given)
    services = tuple(
        (service, numbers.get(service.name, numbers.get("all", ONE)))
        for service, _ in found.services
        if not wanted or None in wanted or service.name in wanted
    )
    return Managed(services, found.problems)


def _managed(stacks: tuple[Stack, ...]) -> Managed:
    services = [s for stack in stacks for s in stack.services if s.role is not Role.ONCE]
    problems = [(p.span, p.message) for stack in stacks for document in stack.documents for p in document.problems]
    return Managed(tuple((service, ONE) for service in services), tuple(problems))


def _numbers(given: Arguments) -> dict[str, Value]:
    """`-c web=2,worker=3` (honcho --concurrency, foreman --formation)."""
    stated = given.text("concurrency")
    if stated is None or not stated.is_exact:
        return {}
    found = {}
    for part in str(stated.only).split(","):
        name, equals, number = part.partition("=")
        if equals:
            found[name.strip()] = as_number(Value.exact(number, *(stated.origins or (Origin.default("stated"),))))
    return found
