"""What one unit starts: its commands under its environment, each as a service."""

from __future__ import annotations

import re
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.opening import opened, stated
from connlint.formats.services import Role, Service
from connlint.formats.systemd import specifiers
from connlint.formats.systemd.commands import MOST_COMMANDS, commands
from connlint.formats.systemd.environment import Environment, assignment, is_name, parse_environment_file
from connlint.formats.systemd.unit import Unit, problem_at
from connlint.formats.systemd.words import Unbalanced, next_word
from connlint.formats.words import Command, Text
from connlint.project.tree import Tree
from connlint.records import replace
from connlint.source import Span
from connlint.value import Origin, Value

_NO_SURGE: Final = Value.exact(0, Origin.default("systemd stops a service before it starts it again"))
_IMAGE_OF_ROOT: Final = re.compile(r"(?P<root>.*?)/?\b(?:etc|lib|usr/lib|usr/local/lib)/systemd/system\Z")


def services_of(tree: Tree, unit: Unit, role: Role, replicas: Value) -> tuple[list[Service], list[Document]]:
    """The services of a unit, and those of its documents that have more problems now."""
    problems: list[Problem] = []
    environment, documents = _environment(tree, unit, problems)
    found: list[Service] = []
    main = _commands(unit, "ExecStart", environment, problems)
    kind = unit.last("Service", "Type")
    if len(main) > 1 and (kind is None or kind.text != "oneshot"):
        span = main[1].span
        message = "a second ExecStart is refused unless Type is oneshot; an empty ExecStart= before it takes the first one back"
        problems.append(Problem("duplicate-key", message, span, fatal=True))
        main = []
    base = Service(
        unit.name.stem, unit.source.span(0, 0), environment=environment.variables, elsewhere=environment.elsewhere,
        replicas=replicas, surge=_NO_SURGE, role=role, directory=_directory(unit),
        extra={"cpus": unit.cpus} if unit.cpus is not None else {},
    )  # fmt: skip
    beside = Role.RELEASE if role is Role.SERVICE else role
    found += _numbered(base, "", role, main)
    found += _numbered(base, "-pre", beside, _commands(unit, "ExecStartPre", environment, problems))
    found += _numbered(base, "-post", beside, _commands(unit, "ExecStartPost", environment, problems))
    return found, [*documents, *_with_problems(unit, problems)]


def _numbered(base: Service, suffix: str, role: Role, found: list[Command]) -> list[Service]:
    names = [f"{base.name}{suffix}" + (f"-{number}" if number > 1 else "") for number in range(1, len(found) + 1)]
    return [
        replace(base, name=name, span=command.span, command=command, role=role)
        for name, command in zip(names, found, strict=True)
    ]


def _with_problems(unit: Unit, problems: list[Problem]) -> list[Document]:
    """The documents of the unit that some of the problems lie in, with them."""
    found = []
    for document in unit.documents:
        own = [problem for problem in problems if problem.span.source is document.source]
        if own:
            found.append(replace(document, problems=(*document.problems, *own)))
    return found


def _commands(unit: Unit, key: str, environment: Environment, problems: list[Problem]) -> list[Command]:
    found: list[Command] = []
    for line in unit.every("Service", key):
        if len(found) >= MOST_COMMANDS:
            problems.append(Problem("too-large", f"only the first {MOST_COMMANDS} commands are read", line.span()))
            break
        try:
            found += commands(line, unit.name, environment)
        except Unbalanced:
            problems.append(problem_at(line, f"a quotation in this {key} does not end, so systemd ignores it"))
    return found


def _directory(unit: Unit) -> str | None:
    text = unit.last("Service", "WorkingDirectory")
    path = specifiers.plain(text, unit.name) if text is not None else None
    path = path.removeprefix("-") if path is not None else None
    return path if path is not None and path.startswith("/") else None


def _environment(tree: Tree, unit: Unit, problems: list[Problem]) -> tuple[Environment, list[Document]]:
    variables: dict[str, Value] = {}
    elsewhere: list[tuple[Span, str]] = []
    for name, span in _words(unit, "PassEnvironment", problems):
        reason = f"{name.text} is what the service manager itself was given"
        variables[name.text] = Value.unknown(reason, Origin.at(span))
    for word, span in _words(unit, "Environment", problems):
        stated_here = assignment(word)
        if stated_here is None:
            if not specifiers.is_template(word):
                problems.append(Problem("syntax", "this is no NAME=value, so systemd ignores it", span))
            continue
        name_text, text = stated_here
        parts = specifiers.expand(text, unit.name)
        unknown = next((part for part in parts if isinstance(part, Value)), None)
        known = "".join(part.text for part in parts if isinstance(part, Text))
        variables[name_text] = unknown if unknown is not None else Value.exact(known, Origin.at(text.span()))
    documents: list[Document] = []
    for file in unit.every("Service", "EnvironmentFile"):
        documents += _file(tree, unit, file, variables, elsewhere)
    for name, _ in _words(unit, "UnsetEnvironment", problems):
        variables.pop(name.text.partition("=")[0], None)
    return Environment(variables, tuple(elsewhere)), documents


def _words(unit: Unit, key: str, problems: list[Problem]) -> list[tuple[Text, Span]]:
    found: list[tuple[Text, Span]] = []
    for value in unit.every("Service", key):
        at = 0
        try:
            while True:
                word, end = next_word(value, at)
                if word is None:
                    break
                if word.text and (key != "PassEnvironment" or is_name(word.text)):
                    found.append((word, value.span(end - len(value.text[at:end].lstrip()), end)))
                at = end
        except Unbalanced:
            problems.append(problem_at(value, f"a quotation in this {key} does not end, so systemd ignores the rest"))
    return found


def _file(
    tree: Tree, unit: Unit, text: Text, variables: dict[str, Value], elsewhere: list[tuple[Span, str]]
) -> list[Document]:
    """One EnvironmentFile: read where it lies in the repository's image of the machine's root, else it is elsewhere."""
    path = specifiers.plain(text, unit.name)
    absolute = path.removeprefix("-") if path is not None else None
    inside = _in_repository(tree, unit, absolute) if absolute is not None else None
    if inside is None:
        shown = absolute if absolute is not None else "an EnvironmentFile"
        elsewhere.append((text.span(), shown))
        doubt = Origin.assumed(f"unless {shown}, which is not in the repository, says otherwise", text.span())
        for name, value in variables.items():
            variables[name] = value.because(doubt)
        return []
    source, troubles = opened(tree, inside)
    for name, value_text in parse_environment_file(source):
        variables[name] = Value.exact(value_text.text, Origin.at(value_text.span()))
    return [stated("systemd", source, troubles)]


def _in_repository(tree: Tree, unit: Unit, absolute: str) -> str | None:
    """The file that is installed at `absolute`, when the unit lies in `ROOT/etc/systemd/system` of the project."""
    folder = unit.source.path.rpartition("/")[0]
    match = _IMAGE_OF_ROOT.match(folder)
    if match is None or not absolute.startswith("/") or any(sign in absolute for sign in "*?["):
        return None
    root = match["root"]
    path = tree.locate(absolute.lstrip("/"), root)
    return path if path is not None and tree.is_file(path) else None
