"""What tests of readers of stacks ask: services, their words and what is wrong with their files."""

from __future__ import annotations

from connlint.formats.services import Service, Stack
from connlint.formats.words import Command


def only(stacks: tuple[Stack, ...]) -> Stack:
    (stack,) = stacks
    return stack


def named(stack: Stack, name: str) -> Service:
    return next(service for service in stack.services if service.name == name)


def words(command: Command | None) -> list[str | None]:
    """The words of a command, None for each that is not known."""
    assert command is not None
    assert command.script is None
    return [word.exact for word in command.words]


def script(command: Command | None) -> str:
    assert command is not None
    assert command.script is not None
    return command.script.text


def environment(service: Service) -> dict[str, object]:
    return {name: value.only if value.is_exact else "unknown" for name, value in service.environment.items()}


def problems(stack: Stack) -> list[tuple[str, bool, str, str]]:
    return [(p.code, p.fatal, p.span.place, p.span.text) for d in stack.documents for p in d.problems]
