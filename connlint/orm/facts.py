"""What the analysis of code says, for the map: plain values, with the places that lead there."""

from __future__ import annotations

from dataclasses import dataclass, field

from connlint.orm.apis import Kind
from connlint.orm.effects import Close, Hop, Place


@dataclass(frozen=True, slots=True)
class WorkStart:
    """A place where work starts outside of a request, and what the work does to connections.

    `chain` leads from the callable to the use of the ORM that is left open, or to some use; empty: it uses none.
    `covered`: a close follows the last use, or starts each unit on a thread that is used again.
    `close` is a close on the normal path, `failing` one that runs only when something fails.
    """

    kind: Kind
    place: Place
    target: str
    target_place: Place | None
    api: str
    chain: tuple[Hop, ...] = ()
    given_at: tuple[Hop, ...] = ()
    covered: bool = False
    close: Close | None = None
    hard: bool = False
    failing: Close | None = None
    in_test: bool = False

    @property
    def uncovered(self) -> bool:
        """Whether the work reaches the ORM and leaves its connection."""
        return bool(self.chain) and not self.covered

    @property
    def weak(self) -> bool:
        """Whether there is a close all the same, which does not cover."""
        return self.uncovered and (self.close is not None or self.failing is not None)


@dataclass(frozen=True, slots=True)
class CommandLoop:
    """A loop of a management command that goes on for ever, uses the ORM and never closes."""

    place: Place
    command: str
    chain: tuple[Hop, ...]
    failing: Close | None = None


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """Everything found out about the code of a project."""

    starts: tuple[WorkStart, ...] = ()
    loops: tuple[CommandLoop, ...] = ()
    awaited: tuple[tuple[Place, str], ...] = ()  # queries in asynchronous functions that Django refuses
    unparsed: dict[str, str] = field(default_factory=dict)
    files_parsed: int = 0
    bytes_parsed: int = 0
