"""What the command of a container, a unit or a Procfile starts, once wrappers are taken off and scripts are followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connlint.deployment.commands.container import Container
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.gunicorn import launch_gunicorn
from connlint.deployment.commands.launch import Launch, Launches
from connlint.deployment.commands.wrapping import program, unwrap
from connlint.formats.words import Command, Invocation, Text, Word
from connlint.records import replace
from connlint.source import Span
from connlint.value import Value

_MOST_STEPS: Final = 400  # wrappers, scripts and programs looked at for one command
_MOST_DEPTH: Final = 30
_SHEBANG: Final = ("sh", "bash", "dash", "ash")


def launches(
    entrypoint: Command | None,
    command: Command | None,
    environment: Mapping[str, Value],
    container: Container,
    *,
    directory: str = "",
    shell: tuple[str, ...] = ("/bin/sh", "-c"),
    cpus: Value,
    versions: Mapping[str, Value],
) -> Launches:
    """What `entrypoint` with `command` starts.

    They are joined as Docker joins them: an entrypoint in shell form takes no command; one of words has the command's
    words behind it (`moby`, daemon/commit and runtime's ENTRYPOINT/CMD table). `directory` is where it starts, absolute
    in a container, else relative to the project. `shell` runs scripts that are stated as text.
    """
    run = _Run(container, cpus, versions)
    first = entrypoint if entrypoint is not None and not entrypoint.is_empty else None
    behind = command if command is not None and not command.is_empty else None
    start = Invocation((), dict(environment), directory)
    if first is not None and first.script is not None:
        run.script(first.script, start, shell)
    elif first is not None:
        words = first.words
        if behind is not None:
            words += behind.words if behind.script is None else (*_words(shell, behind.span), Word.of(behind.script))
        run.program(replace(start, words=words))
    elif behind is not None and behind.script is not None:
        run.script(behind.script, start, shell)
    elif behind is not None:
        run.program(replace(start, words=behind.words))
    return Launches(tuple(run.found), tuple(dict.fromkeys(run.unresolved)), tuple(run.others))


def _words(texts: tuple[str, ...], span: Span) -> tuple[Word, ...]:
    return tuple(Word.of(Text.placed(text, span)) for text in texts)


class _Run:
    """Follows one command to the programs that do something."""

    def __init__(self, container: Container, cpus: Value, versions: Mapping[str, Value]) -> None:
        self.found: list[Launch] = []
        self.unresolved: list[tuple[Span, str]] = []
        self.others: list[Invocation] = []
        self._container, self._cpus, self._versions = container, cpus, versions
        self._wrappers: list[str] = []
        self._depth = 0
        self._steps = 0

    def program(self, invocation: Invocation) -> None:
        """Look at one program that is run."""
        self._steps += 1
        words = invocation.words
        if not words:
            return
        if self._steps > _MOST_STEPS or self._depth > _MOST_DEPTH:
            self.unresolved.append((words[0].span, "too many programs run each other to follow them all"))
            return
        self._depth += 1
        self._look(invocation)
        self._depth -= 1

    def _look(self, invocation: Invocation) -> None:
        name = program(invocation.words[0])
        if not name:
            reason = invocation.words[0].value.reason or "one of several programs"
            self.unresolved.append((invocation.words[0].span, f"which program is run is not known: {reason}"))
            return
        wrapped = unwrap(invocation, self._container)
        if wrapped is not None:
            self._wrappers.append(wrapped.wrapper)
            if wrapped.script is not None and wrapped.script.script is not None:
                self.script(wrapped.script.script, invocation, ("/bin/sh", "-c"))
            elif wrapped.invocation is not None:
                self.program(wrapped.invocation)
            else:
                self.others.append(invocation)
            self._wrappers.pop()
        else:
            self._start(name, invocation)

    def _start(self, name: str, invocation: Invocation) -> None:
        context = Context(invocation, self._container, self._cpus, self._versions)
        if name == "gunicorn":
            self._add(launch_gunicorn(context))
        else:
            self.others.append(invocation)

    def _add(self, launch: Launch) -> None:
        self.found.append(replace(launch, wrappers=tuple(self._wrappers)))

    def script(self, text: Text, start: Invocation, shell: tuple[str, ...]) -> None:
        """Follow a shell script."""
        self.unresolved.append((text.span(), "shell scripts are not followed yet"))
