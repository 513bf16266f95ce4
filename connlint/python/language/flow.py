"""How a stretch of evaluated code ends: normally, by return, by an exception, by break or continue."""

from __future__ import annotations

from enum import Enum

from connlint.python.language.domain import Abstract, Mark
from connlint.records import dataclass, field


class End(Enum):
    """Which way it ended; the order is the one in which a joined state prefers them."""

    NORMAL = "normal"
    RETURN = "return"
    CONTINUE = "continue"
    BREAK = "break"
    RAISE = "raise"


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of evaluated code. `names` are the dotted names of its class and bases, outermost last;
    empty when nobody can tell which exception it is."""

    names: tuple[str, ...]
    reason: str
    mark: Mark
    value: Abstract | None = field(default=None, compare=False)
    explicit: bool = False  # written down as a raise statement


@dataclass(frozen=True, slots=True)
class Completion:
    end: End = End.NORMAL
    value: Abstract | None = None
    error: Raised | None = None


NORMAL = Completion()


class Failed(Exception):
    """Carries an exception of evaluated code through the interpreter to whatever catches it there."""

    def __init__(self, error: Raised) -> None:
        super().__init__(error.reason)
        self.error = error


def failed(error: Raised) -> Completion:
    return Completion(End.RAISE, None, error)
