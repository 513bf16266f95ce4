"""What a server or a pooler answered, before it is compared with files or shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from connlint.records import dataclass

Cell: TypeAlias = "str | int | None"


class NoAnswer(Exception):
    """Nobody answered, or not what was asked; `str()` says why in a few words, without any value of the settings."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One setting as it holds now. `value`: a number in the unit of the facts table (`ms`, `s`, or a count), or a word.

    `shown`: how the server writes it, where that says more.
    """

    name: str
    value: Cell
    unit: str = ""

    @property
    def shown(self) -> str:
        return f"{self.value} {self.unit}".rstrip() if self.value not in (None, "") else "not set"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of what is going on, under the names of their columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one server said at `time` (local, `HH:MM`). `notes`: what it would not say, and why."""

    product: str  # postgresql, mysql, mariadb, pgbouncer
    version: str
    time: str
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()

    def number(self, name: str) -> int | None:
        """The setting `name` when it is a number."""
        found = next((fact.value for fact in self.facts if fact.name == name), None)
        return found if isinstance(found, int) else None


def cell(value: object) -> Cell:
    """A value of a driver's row: numbers stay, all else becomes text."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 16 else text


def cells(rows: Sequence[Sequence[object]]) -> tuple[tuple[Cell, ...], ...]:
    """All rows with `cell` for each value."""
    return tuple(tuple(cell(value) for value in row) for row in rows)
