"""Reads systemd units: the services of a folder, with drop-ins, timers, instances of templates, and their environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from connlint.formats.document import Document
from connlint.formats.services import ONE, Role, Service, Stack
from connlint.formats.systemd.specifiers import UnitName
from connlint.formats.systemd.starting import services_of
from connlint.formats.systemd.syntax import UnitFile
from connlint.formats.systemd.unit import Unit, load_unit
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.records import dataclass, field
from connlint.value import Origin, Value

_INSTANCE: Final = re.compile(r"(?P<prefix>[^@/%]+)@(?P<instance>[^/%]+)\.(?P<type>service|timer)\Z")
_KINDS: Final = (".service", ".timer", ".target", ".socket")
MOST_INSTANCES: Final = 32  # of all templates of a folder that are told apart; of more only the number is
_PULLS: Final = ("Wants", "Requires", "BindsTo", "Upholds", "Requisite")


def read_systemd(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for the units of each folder, a developer's apart from those that are deployed.

    A template has one service for each instance that a target, a unit, a timer or a `.wants` folder names; one whose
    instances nobody names has a number of replicas that is not known. A service that a timer starts is SCHEDULED, a
    oneshot is RELEASE where something pulls it in and ONCE where nothing does. ExecStartPre and ExecStartPost are
    services of their own, `NAME-pre` and `NAME-post`, RELEASE. `extra` may have `cpus` (CPUQuota).
    A restart stops the old process before the new one starts, so `surge` is 0. Never raises.
    """
    del environment  # systemd puts in what units say, and nothing from the caller's environment
    groups: dict[tuple[str, bool], list[str]] = {}
    for path in paths:
        if path.endswith(_KINDS) and posixpath.basename(path) not in _KINDS:
            groups.setdefault((posixpath.dirname(path), is_for_development(path)), []).append(path)
    stacks = [_Folder(tree, folder, development).read(files) for (folder, development), files in groups.items()]
    return tuple(stack for stack in stacks if stack is not None)


@dataclass(slots=True)
class _Folder:
    """The units of one folder."""

    tree: Tree
    folder: str
    development: bool
    documents: dict[str, Document] = field(default_factory=dict)
    instances: int = 0
    parsed: dict[str, UnitFile] = field(default_factory=dict)  # by path: templates are read for each instance

    def read(self, paths: Iterable[str]) -> Stack | None:
        services = [path for path in paths if path.endswith(".service")]
        if not services:
            return None
        units = {path: self._load(path, _name_of(path)) for path in paths}
        named = self._named(units.values())
        timed = _timed(unit for path, unit in units.items() if path.endswith(".timer"))
        found: list[Service] = []
        for path in services:
            for unit, replicas in self._instances(units[path], path, named):
                pulled = f"{unit.name.stem}.service" in named or bool(unit.names("Install", "WantedBy", "RequiredBy"))
                role = _role(unit, timed, pulled)
                made, problems = services_of(self.tree, unit, role, replicas)
                found += made
                for document in problems:
                    self.documents[document.path] = document
        name = services[0] if len(services) == 1 else self.folder or "systemd"
        return Stack(name, "systemd", self.folder, tuple(found), tuple(self.documents.values()), self.development)

    def _load(self, path: str, name: UnitName) -> Unit:
        unit = load_unit(self.tree, path, name, self.parsed)
        for document in unit.documents:
            self.documents.setdefault(document.path, document)
        return unit

    def _named(self, units: Iterable[Unit]) -> set[str]:
        """The names of units that others pull in, by their files and by `.wants` folders."""
        found: set[str] = set()
        for unit in units:
            found.update(unit.names("Unit", *_PULLS), unit.names("Install", "Also"))
        for entry in self.tree.listdir(self.folder):
            if entry.endswith((".wants", ".requires")):
                found.update(self.tree.listdir(posixpath.join(self.folder, entry)))
        return found

    def _instances(self, unit: Unit, path: str, named: Iterable[str]) -> list[tuple[Unit, Value]]:
        """The unit itself, or those that a template stands for."""
        if not unit.name.template or unit.name.instance:
            return [(unit, ONE)]
        matches = [match for each in sorted(named) if (match := _INSTANCE.match(each))]
        instances = [match["instance"] for match in matches if match["prefix"] == unit.name.prefix]
        default = unit.last("Install", "DefaultInstance")
        if not instances and default is not None and default.text:
            instances = [default.text]
        own = [each for each in dict.fromkeys(instances) if not self.tree.is_file(_file_of(path, each))]
        at = Origin.at(unit.source.span(0, 0))
        if not own:
            reason = f"no file names the instances of {unit.name.prefix}@.service that run"
            return [(unit, Value.unknown(reason, at, least=0))]
        self.instances += len(own)
        if self.instances > MOST_INSTANCES:
            return [(unit, Value.exact(len(own), at))]
        return [(self._load(path, UnitName(unit.name.prefix, each, True)), ONE) for each in own]


def _name_of(path: str) -> UnitName:
    stem = posixpath.splitext(posixpath.basename(path))[0]
    prefix, at, instance = stem.partition("@")
    return UnitName(prefix, instance or None, True) if at else UnitName(stem)


def _file_of(path: str, instance: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.join(folder, name.replace("@", f"@{instance}", 1))


def _timed(timers: Iterable[Unit]) -> set[str]:
    """The names of the units that timers start."""
    found: set[str] = set()
    for timer in timers:
        unit = timer.last("Timer", "Unit")
        found.add(unit.text if unit is not None and unit.text else f"{timer.name.stem}.service")
    return found


def _role(unit: Unit, timed: set[str], pulled: bool) -> Role:
    template = f"{unit.name.prefix}@.service" if unit.name.template else ""
    if f"{unit.name.stem}.service" in timed or template in timed:
        return Role.SCHEDULED
    kind = unit.last("Service", "Type")
    if kind is None or kind.text != "oneshot":
        return Role.SERVICE
    return Role.RELEASE if pulled else Role.ONCE
