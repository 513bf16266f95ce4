"""What running a piece of code does to the thread's database connection: nothing, use it, close it.

Effects compose: of two in a row the last that does something decides how the connection is left. A close under a
condition counts as a close (`if not connection.in_atomic_block:`), one in an `except` clause only does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from connlint.records import dataclass, replace

LONGEST_CHAIN: Final = 12  # hops that a message shows


class Left(Enum):
    """How code leaves the connection it may have found or opened."""

    ALONE = "alone"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file of the project, lines from 1 and columns, in bytes, from 0: as the parser counts."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the way from where work starts to the query, in words."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """A close; `old` where it leaves a connection alone that CONN_MAX_AGE lets live."""

    place: Place
    old: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """`use` is the way to the use that is left open, else to some use; `starts_closed`: the first act is a close."""

    left: Left = Left.ALONE
    use: tuple[Hop, ...] = ()
    close: Close | None = None
    hard: bool = False  # some close on the normal path closes whatever CONN_MAX_AGE says
    starts_closed: bool = False
    failing: Close | None = None  # a close that runs only when something fails

    def then(self, other: Effect) -> Effect:
        """This, and after it the other."""
        if other == NOTHING:
            return self
        if self == NOTHING:
            return other
        left = other.left if other.left is not Left.ALONE else self.left
        if other.left is Left.OPEN and self.left is Left.OPEN:
            use = min(self.use, other.use, key=len)  # the nearest is the easiest to see
        else:
            use = other.use if other.left is Left.OPEN else self.use or other.use
        first = self if self.left is not Left.ALONE else other
        return Effect(
            left=left,
            use=use,
            close=other.close or self.close,
            hard=self.hard or other.hard,
            starts_closed=first.starts_closed,
            failing=self.failing or other.failing,
        )

    def called_at(self, hop: Hop) -> Effect:
        """The same, seen by the caller."""
        if not self.use:
            return self
        return replace(self, use=(hop, *self.use)[:LONGEST_CHAIN])


NOTHING: Final = Effect()


def used(place: Place, text: str) -> Effect:
    return Effect(Left.OPEN, (Hop(place, text),))


def closed(place: Place, *, old: bool) -> Effect:
    return Effect(Left.CLOSED, close=Close(place, old), hard=not old, starts_closed=True)


def either(effects: Iterable[Effect]) -> Effect:
    """One of these, and nobody knows which: an open end is what counts, then a close."""
    parts = [effect for effect in effects if effect != NOTHING]
    if not parts:
        return NOTHING
    if len(parts) == 1:
        return parts[0]
    worst = next((e for e in parts if e.left is Left.OPEN), None) or next(
        (e for e in parts if e.left is Left.CLOSED), parts[0]
    )
    return replace(
        worst,
        use=worst.use or next((e.use for e in parts if e.use), ()),
        close=worst.close or next((e.close for e in parts if e.close), None),
        hard=any(e.hard for e in parts),
        starts_closed=all(e.starts_closed for e in parts if e.left is not Left.ALONE),
        failing=worst.failing or next((e.failing for e in parts if e.failing), None),
    )


def on_failure(effect: Effect) -> Effect:
    """What is left of an effect that happens only when something fails: that it tried to close."""
    return Effect(failing=effect.close or effect.failing)


def repeated(effect: Effect) -> Effect:
    """A loop that goes on: a close anywhere in a round covers the round before."""
    if effect.left is Left.OPEN and effect.close is not None:
        return replace(effect, left=Left.CLOSED)
    return effect
