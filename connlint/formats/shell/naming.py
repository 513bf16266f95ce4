"""What commands and conditions are called in words, and what they would set; never a value, which may be a secret."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from connlint.formats.shell.state import Truth
from connlint.formats.shell.syntax import (
    AndOr,
    Assignment,
    Block,
    Calculation,
    Group,
    Node,
    Parameter,
    Pipeline,
    Simple,
    Substitution,
    WordNode,
)
from connlint.source import Span

_ASSIGNED: Final = re.compile(
    r"([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|([A-Za-z_]\w*)(?:\+\+|--)|(?:\+\+|--)([A-Za-z_]\w*)"
)
_ASKING: Final = frozenset({"grep", "egrep", "fgrep", "pgrep", "which", "diff", "cmp", "getent", "id", "mountpoint"})


def assigned_names(text: str) -> set[str]:
    """The variables that an arithmetic expression sets."""
    return {name for names in _ASSIGNED.findall(text) for name in names if name}


def is_constant(condition: Block) -> bool:
    """Whether a loop's condition is `true`, `:` or the like, which no round changes."""
    command = condition.statements[0].command if len(condition.statements) == 1 else None
    if isinstance(command, Calculation):
        return command.expression.plain is not None
    return isinstance(command, Simple) and all(isinstance(w, WordNode) and w.plain is not None for w in command.words)


def substitutes(assignment: Assignment) -> bool:
    value = assignment.value
    return value is not None and any(isinstance(unit, Substitution) for unit in value.units)


def name_of(node: Node) -> str:
    first = node.words[0] if isinstance(node, Simple) and node.words else None
    return (first.plain if isinstance(first, WordNode) else None) or "a command"


def of_program(name: str) -> Truth:
    """How a program ends: well, is to be expected, unless asking is what it is for."""
    base = posixpath.basename(name)
    return Truth(normal=base not in _ASKING, about=f"the command {base}" if " " not in base else base)


def tested_names(tokens: Sequence[str | WordNode | Assignment]) -> str:
    """What a test is about: the names of its variables, never their values."""
    units = [unit for token in tokens if isinstance(token, WordNode) for unit in token.units]
    names = dict.fromkeys(f"${unit.name}" for unit in units if isinstance(unit, Parameter))
    return f"the test of {', '.join(names)}" if names else "a test"


def place_of(node: Node) -> str:
    span = getattr(node, "span", None)
    if isinstance(span, Span):
        return span.place
    if isinstance(node, Block) and node.statements:
        return place_of(node.statements[0].command)
    if isinstance(node, Group):
        return place_of(node.body)
    if isinstance(node, AndOr):
        return place_of(node.first)
    return place_of(node.commands[0]) if isinstance(node, Pipeline) else "its place"


def where(condition: Block, span: Span) -> str:
    place = place_of(condition)
    return place if place != "its place" else span.place
