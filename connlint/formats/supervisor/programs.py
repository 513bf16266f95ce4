"""The programs of a supervisord configuration as services.

Source: process_groups_from_parser and _processes_from_section in supervisor/options.py, get_execv_args in
supervisor/process.py (the command is split by shlex, nothing is run by a shell).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from connlint.formats.document import Problem
from connlint.formats.services import Role, Service
from connlint.formats.splitting import Unbalanced, split
from connlint.formats.supervisor.expanding import BadExpansion, fill, pairs
from connlint.formats.supervisor.ini import Section
from connlint.formats.words import Command, Text
from connlint.records import dataclass, field
from connlint.value import Origin, Value

_KINDS: Final = ("program", "fcgi-program", "eventlistener")
_FALSE: Final = ("no", "false", "off", "0")
_MOST_NUMBERED: Final = 16  # processes whose texts are told apart
_NO_SURGE: Final = Value.exact(0, Origin.default("supervisord stops a process before it starts it again"))
_ONE: Final = Value.exact(1, Origin.default("supervisor's numprocs"))


@dataclass(slots=True)
class Surroundings:
    """What all programs of a supervisord share; `problems` are collected here."""

    sections: Mapping[str, Section]
    environment: Mapping[str, Value]
    here: Value
    problems: list[Problem] = field(default_factory=list)
    shared: dict[str, Value] = field(default_factory=dict)

    def names(self) -> dict[str, Value]:
        """The names that every value may use."""
        known = {f"ENV_{name}": value for name, value in (*self.environment.items(), *self.shared.items())}
        return {**known, "here": self.here, "host_node_name": Value.unknown("it is the host's name")}

    def refuse(self, text: Text, message: str) -> None:
        """Note that supervisord does not start with this value."""
        self.problems.append(Problem("bad-value", message, text.span(), fatal=True))


def programs(surroundings: Surroundings) -> list[Service]:
    """The services of all sections that start processes; what supervisord refuses is a problem and no service."""
    main = surroundings.sections.get("supervisord")
    text = main.get("environment") if main is not None else None
    if text is not None:
        surroundings.shared.update(_environment(surroundings, text, surroundings.names()))
    groups = {name: group for group, name in _members(surroundings.sections)}
    found: list[Service] = []
    for section in surroundings.sections.values():
        kind, colon, name = section.name.partition(":")
        if colon and kind in _KINDS:
            service = _service(surroundings, section, name.strip(), groups)
            if service is not None:
                found.append(service)
    return found


def _members(sections: Mapping[str, Section]) -> Iterator[tuple[str, str]]:
    """The group and name of each program that a [group:x] takes in."""
    for section in sections.values():
        kind, colon, group = section.name.partition(":")
        names = section.get("programs")
        if kind == "group" and colon and names is not None:
            yield from ((group.strip(), name.strip()) for name in names.text.split(","))


def _service(around: Surroundings, section: Section, name: str, groups: Mapping[str, str]) -> Service | None:
    names = around.names()
    names |= {"program_name": Value.exact(name), "group_name": Value.exact(groups.get(name, name))}
    command_text = section.get("command")
    if command_text is None:
        around.problems.append(Problem("syntax", "this program has no command", section.span, fatal=True))
        return None
    replicas = _count(around, section, "numprocs", names, _ONE)
    first = _count(around, section, "numprocs_start", names, Value.exact(0))
    if replicas is None or first is None or not _is_distinct(around, section, replicas):
        return None
    names |= {"process_num": _numbers(replicas, first), "numprocs": replicas}
    variables = dict(around.shared)
    text = section.get("environment")
    if text is not None and text.text:
        own = _environment(around, text, names)
        variables |= own
        names |= {f"ENV_{key}": value for key, value in own.items()}
    command = _command(around, command_text, names)
    if command is None:
        return None
    span, role = section.span, _role(section)
    return Service(
        name, span, command, environment=variables, replicas=replicas, surge=_NO_SURGE, role=role,
        directory=_directory(section, names),
    )  # fmt: skip


def _command(around: Surroundings, text: Text, names: Mapping[str, Value]) -> Command | None:
    try:
        filled = fill(text, names)
        words = tuple(filled.word(word) for word in split(filled.text))
    except BadExpansion as error:
        around.refuse(text, str(error))
        return None
    except Unbalanced as error:
        around.refuse(text, f"supervisord cannot split this command: {error}")
        return None
    return Command(text.span(), words)


def _environment(around: Surroundings, text: Text, names: Mapping[str, Value]) -> dict[str, Value]:
    try:
        filled = fill(text, names)
    except BadExpansion as error:
        around.refuse(text, str(error))
        return {}
    found: dict[str, Value] = {}
    try:
        found.update(pairs(filled))
    except ValueError:
        if "{{" not in text.text and "{%" not in text.text:  # what a template puts in may well be right
            around.refuse(text, "an environment is written as KEY=value, KEY=value")
    return found


def _count(
    around: Surroundings, section: Section, key: str, names: Mapping[str, Value], default: Value
) -> Value | None:
    """A whole number; None, and a problem, where supervisord refuses it."""
    text = section.get(key)
    if text is None:
        return default
    try:
        value = fill(text, names).value()
    except BadExpansion as error:
        around.refuse(text, str(error))
        return None
    if not value.is_exact:
        return Value.unknown(value.reason or "it is not known", *value.origins, least=0)
    number = str(value.only).strip()
    if not number.removeprefix("-").isdecimal() or len(number) > 9:
        around.refuse(text, f"{key} is a whole number")
        return None
    return Value.exact(int(number), *value.origins)


def _is_distinct(around: Surroundings, section: Section, replicas: Value) -> bool:
    """Several processes need names of their own."""
    name = section.get("process_name")
    several = replicas.is_exact and isinstance(replicas.only, int) and replicas.only > 1
    if several and (name is None or "%(process_num)" not in name.text):
        text = section.get("numprocs")
        assert text is not None
        around.refuse(text, "process_name must have %(process_num) in it when numprocs is more than 1")
        return False
    return True


def _numbers(replicas: Value, first: Value) -> Value:
    """The numbers of the processes: one of several when there are several."""
    if not (replicas.is_exact and first.is_exact):
        return Value.unknown("the number of processes is not known")
    count, start = int(str(replicas.only)), int(str(first.only))
    if count > _MOST_NUMBERED:
        return Value.unknown("it differs from process to process")
    return Value.choice(range(start, start + max(count, 1)), *replicas.origins, *first.origins)


def _role(section: Section) -> Role:
    if _word(section, "autostart") in _FALSE:
        return Role.ONCE
    if _word(section, "autorestart") in _FALSE and _word(section, "startsecs") == "0":
        return Role.RELEASE
    return Role.SERVICE


def _word(section: Section, key: str) -> str:
    text = section.get(key)
    return text.text.strip().lower() if text is not None else ""


def _directory(section: Section, names: Mapping[str, Value]) -> str | None:
    text = section.get("directory")
    if text is None:
        return None
    try:
        value = fill(text, names).value()
    except BadExpansion:
        return None
    return str(value.only) if value.is_exact else None
