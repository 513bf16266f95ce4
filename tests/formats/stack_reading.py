"""Helpers of the tests of readers that make stacks: a tree of texts, and what is worth comparing of a service."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from connlint.formats.services import Service, Stack
from connlint.formats.words import Command
from connlint.project.tree import Tree


def tree_of(files: Mapping[str, str]) -> Tree:
    """A project of these files; common indentation is taken off."""
    return Tree(None, {path: textwrap.dedent(text).lstrip("\n") for path, text in files.items()})


def services(stack: Stack) -> dict[str, Service]:
    return {service.name: service for service in stack.services}


def words(command: Command | None) -> list[str | None] | None:
    """The words of a command, None for each that is not known."""
    return None if command is None else [word.exact for word in command.words]


def environment(service: Service) -> dict[str, str]:
    """Each variable as text; `?` and why where it is not known."""
    return {
        name: f"?{value.reason}" if value.is_unknown else str(value.only) for name, value in service.environment.items()
    }


def places(service: Service, name: str) -> list[str]:
    """Where the value of a variable stands, with the very characters."""
    return [f"{o.span.place} {o.span.text}" for o in service.environment[name].origins if o.span is not None]
