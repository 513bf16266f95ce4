"""Builds the stages of a Dockerfile instruction by instruction."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Final

from connlint.formats.dockerfile.copying import MOST_MOUNTS, copied, from_stage, located
from connlint.formats.dockerfile.syntax import Instruction
from connlint.formats.dockerfile.words import json_words, pairs, whole, words
from connlint.formats.document import Problem
from connlint.formats.services import Image, Mount
from connlint.formats.shell.buffer import SyntaxProblem
from connlint.formats.shell.state import State, Variable, content, placed
from connlint.formats.words import Command, Text, Word
from connlint.project.tree import Tree
from connlint.records import dataclass, field, replace
from connlint.source import Source, Span
from connlint.value import Origin, Value

_SHELL: Final = ("/bin/sh", "-c")
_MOST_STAGES: Final = 200


@dataclass(slots=True)
class Stage:
    """What is known after the instructions read so far; variables that are exported are ENV, others ARG."""

    span: Span
    name: str
    base: Value | None
    state: State
    entrypoint: Command | None = None
    command: Command | None = None
    own_command: bool = False  # CMD stands in this stage, not in the one it starts from
    directory: str = ""
    mounts: list[Mount] = field(default_factory=list)
    files: dict[str, Text] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    shell: tuple[str, ...] = _SHELL
    ports: tuple[int, ...] = ()

    def place(self, path: str) -> str:
        """An absolute path inside the image."""
        return posixpath.normpath(posixpath.join("/", self.directory, path))

    def image(self) -> Image:
        return Image(
            self.span,
            self.base,
            self.state.environment(),
            self.entrypoint,
            self.command,
            self.directory,
            tuple(self.mounts),
            self.shell,
            self.ports,
            files=dict(self.files),
        )


class Builder:
    """Takes instructions in order; `stages` grows with each FROM."""

    def __init__(self, tree: Tree, context: str, arguments: Mapping[str, Value], problems: list[Problem]) -> None:
        self.tree = tree
        self.context = context
        self.arguments = arguments
        self.problems = problems
        self.stages: list[Stage] = []
        self._global = _state({})  # what ARGs before the first FROM set

    def take(self, instruction: Instruction) -> None:
        """Do what one instruction says; what cannot be read is a problem and changes nothing."""
        try:
            self._take(instruction)
        except SyntaxProblem as problem:
            span = instruction.rest.span(problem.at, problem.at + 1)
            self.problems.append(Problem("syntax", f"docker cannot read this: {problem}", span, fatal=True))

    def _take(self, instruction: Instruction) -> None:
        if instruction.keyword == "FROM":
            self._from(instruction)
        elif instruction.keyword == "ARG":
            self._argument(instruction)
        elif not self.stages:
            if instruction.keyword in _METHODS:
                message = "this stands before the first FROM; docker refuses the file"
                self.problems.append(Problem("syntax", message, instruction.span, fatal=True))
        elif instruction.keyword in _METHODS:
            _METHODS[instruction.keyword](self, instruction, self.stages[-1])

    def _from(self, instruction: Instruction) -> None:
        parts = words(instruction.rest, self._global, instruction.escape)
        if not parts or len(self.stages) >= _MOST_STAGES:
            self.problems.append(Problem("syntax", "FROM names no image", instruction.span, fatal=True))
            return
        name = ""
        if len(parts) == 3 and (parts[1].exact or "").lower() == "as":
            name = (parts[2].exact or "").lower()
        base = parts[0].value
        parent = self._stage(str(base.only)) if base.is_exact else None
        if parent is not None and not str(base.only).isdigit():
            state = parent.state.copy()
            state.variables = {key: variable for key, variable in state.variables.items() if variable.exported}
            copy = replace(parent, span=instruction.span, name=name, state=state, own_command=False)
            copy.mounts, copy.files, copy.folders = list(parent.mounts), dict(parent.files), set(parent.folders)
            self.stages.append(copy)
        else:
            self.stages.append(Stage(instruction.span, name, base, _state({})))

    def _stage(self, name: str) -> Stage | None:
        """The stage of a name or a number."""
        for stage in reversed(self.stages):
            if stage.name and stage.name == name.lower():
                return stage
        return self.stages[int(name)] if name.isdigit() and int(name[:6]) < len(self.stages) else None

    def _argument(self, instruction: Instruction) -> None:
        state = self.stages[-1].state if self.stages else self._global
        for name, word in pairs(instruction.rest, state, instruction.escape):
            given, outer = self.arguments.get(name), self._global.variables.get(name)
            present = state.variables.get(name)
            if not name or (present is not None and present.exported):
                continue  # ENV wins over ARG
            if given is not None:
                state.variables[name] = Variable(Word((given,), instruction.span))
            elif word is not None:
                note = f"used while the build argument {name} is not given"
                parts = tuple(_assumed(placed(part), note) for part in word.parts)
                state.variables[name] = Variable(Word(parts, word.span))
            elif self.stages and outer is not None:
                state.variables[name] = outer

    def _environment(self, instruction: Instruction, stage: Stage) -> None:
        first = instruction.rest.text.split(None, 1)
        if first and "=" not in first[0]:  # the old form: one name, and the rest of the line
            if len(first) < 2:
                self.problems.append(Problem("syntax", "ENV needs a name and a value", instruction.span, fatal=True))
                return
            at = instruction.rest.text.index(first[1], len(first[0]))
            found: list[tuple[str, Word | None]] = [
                (first[0], whole(instruction.rest.cut(at), stage.state, instruction.escape))
            ]
        else:
            found = pairs(instruction.rest, stage.state, instruction.escape)
        for name, word in found:
            if word is None:
                message = "ENV expects name=value here; docker refuses the file"
                self.problems.append(Problem("syntax", message, instruction.span, fatal=True))
            elif name:
                stage.state.variables[name] = Variable(word, None, exported=True)

    def _directory(self, instruction: Instruction, stage: Stage) -> None:
        value = content(whole(instruction.rest, stage.state, instruction.escape))
        stage.directory = stage.place(str(value.only)) if value.is_exact else ""
        if stage.directory:
            stage.folders.add(stage.directory)

    def _command(self, instruction: Instruction, stage: Stage) -> None:
        stage.command, stage.own_command = _command_of(instruction.rest), True

    def _entrypoint(self, instruction: Instruction, stage: Stage) -> None:
        stage.entrypoint = _command_of(instruction.rest)
        if not stage.own_command:
            stage.command = None  # an inherited CMD belongs to the inherited entrypoint

    def _shell(self, instruction: Instruction, stage: Stage) -> None:
        listed = json_words(instruction.rest)
        exact = [word.exact for word in listed or ()]
        if listed and None not in exact:
            stage.shell = tuple(text for text in exact if text is not None)
        else:
            message = "SHELL expects a JSON array of strings; docker refuses the file"
            self.problems.append(Problem("syntax", message, instruction.span, fatal=True))

    def _expose(self, instruction: Instruction, stage: Stage) -> None:
        for word in words(instruction.rest, stage.state, instruction.escape):
            port = (word.exact or "").partition("/")[0]
            if port.isdigit() and 0 < int(port[:6]) < 65536:
                stage.ports = (*dict.fromkeys((*stage.ports, int(port))),)

    def _copy(self, instruction: Instruction, stage: Stage) -> None:
        listed = json_words(instruction.rest)
        found = [*listed] if listed is not None else words(instruction.rest, stage.state, instruction.escape)
        if len(found) < 2 or len(stage.mounts) > MOST_MOUNTS:
            return
        target = found[-1].exact
        if target is None or not target:
            return
        into = target.endswith(("/", "/.")) or target == "." or len(found) > 2
        place = stage.place(target)
        bodies = {heredoc.name: heredoc for heredoc in instruction.heredocs}
        for word in found[:-1]:
            source = word.exact
            if source is None or "://" in source:
                continue
            if source.startswith("<<"):
                body = bodies.get(source.lstrip("<-").strip("'\""))
                if body is not None:
                    stage.files[posixpath.join(place, body.name) if into else place] = body.body
                continue
            self._put(instruction, stage, source, place, into, word.span)
        if into:
            stage.folders.add(place)

    def _put(self, instruction: Instruction, stage: Stage, source: str, place: str, into: bool, span: Span) -> None:
        name = instruction.flag("from")
        if name:
            origin = self._stage(name)
            if origin is not None:
                into = into or place in stage.folders
                stage.mounts.extend(from_stage(self.tree, tuple(origin.mounts), source, place, into, span))
            return
        paths = located(self.tree, self.context, source)
        into = into or len(paths) > 1
        stage.mounts.extend(copied(self.tree, paths, place, into, stage.folders, span))


_METHODS: Final = {
    "ENV": Builder._environment,
    "WORKDIR": Builder._directory,
    "CMD": Builder._command,
    "ENTRYPOINT": Builder._entrypoint,
    "SHELL": Builder._shell,
    "EXPOSE": Builder._expose,
    "COPY": Builder._copy,
    "ADD": Builder._copy,
}


def _command_of(rest: Text) -> Command:
    """The exec form where it is a JSON array of strings, else the shell form."""
    listed = json_words(rest)
    return Command(rest.span(), listed) if listed is not None else Command(rest.span(), script=rest)


def _state(variables: dict[str, Variable]) -> State:
    return State(variables, (), Word((), Source("", "").span(0, 0)), "")


def _assumed(value: Value, note: str) -> Value:
    return value if value.is_unknown else value.because(Origin.assumed(note))
