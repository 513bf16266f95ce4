"""Fuel: what an evaluation may spend before it must answer "unknown".

Every bound that keeps hostile or merely huge code from costing time or memory stands here, with the
checks for operations whose result can be far larger than their operands.
"""

from __future__ import annotations

from typing import Final

from connlint.records import dataclass

STEPS: Final = 200_000  # expressions and statements of one evaluation, all modules together; ten times what any needs
STEPS_PER_STATEMENT: Final = 50_000  # of one top-level statement
SHARE: Final = 4  # and no more than this part of what is left, so that endless loops leave the rest something
ALL_STEPS: Final = 1_000_000  # of all evaluations of one run; beyond them each gets only FEWEST_STEPS
FEWEST_STEPS: Final = 5_000
LEAST_STEPS: Final = 200  # which a top-level statement gets all the same while SPARE_STEPS last
SPARE_STEPS: Final = 100_000
DEPTH: Final = 90  # nested expressions, calls included; the host's own stack must never be the limit
CALLS: Final = 24  # nested calls of project functions
MODULES: Final = 300  # project modules loaded
LONGEST_MODULE: Final = 500_000  # characters of one module; the parser takes a second and 250 MB for them
LONGEST_MODULES: Final = 1_500_000  # of all modules of one evaluation
LONGEST: Final = 1_000_000  # characters or bytes of a string
MOST_ITEMS: Final = 20_000  # items of a container
MOST_BITS: Final = 4_096  # of an integer
MOST_LOOPS: Final = 20_000  # iterations of one loop
MOST_OPTIONS: Final = 16  # values one thing can have before it counts as unknown


class OutOfFuel(Exception):
    """The evaluation of one top-level statement was given up; `str()` says what ran out."""


class TooLarge(Exception):
    """An operation whose result is not worth having; `str()` says what would be too large."""


@dataclass(slots=True)
class Fuel:
    """The steps left, in all (below 0 those of SPARE_STEPS) and for the current top-level statement."""

    total: int = STEPS
    statement: int = STEPS_PER_STATEMENT
    depth: int = 0
    calls: int = 0
    given: int = STEPS

    @classmethod
    def after(cls, spent: int) -> Fuel:
        """The fuel of an evaluation when others of the same run have taken `spent` steps."""
        total = max(min(STEPS, ALL_STEPS - spent), FEWEST_STEPS - SPARE_STEPS)
        return cls(total, given=total)

    @property
    def spent(self) -> int:
        """The steps taken so far."""
        return self.given - self.total

    @property
    def is_empty(self) -> bool:
        """Whether not even the simplest statement can be evaluated any more."""
        return self.total <= -SPARE_STEPS

    def burn(self, steps: int = 1) -> None:
        """Spend `steps`; raises OutOfFuel when none are left."""
        if steps > self.statement or self.total <= -SPARE_STEPS:
            self.statement = 0
            raise OutOfFuel("it takes too many steps")
        self.total -= steps
        self.statement -= steps

    def refill(self) -> None:
        """Begin the next top-level statement."""
        self.statement = max(min(STEPS_PER_STATEMENT, self.total // SHARE), LEAST_STEPS)


def check_power(base: object, exponent: object) -> None:
    """Raise TooLarge for a power with more than MOST_BITS bits."""
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > MOST_BITS:
        raise TooLarge("a number with too many digits")


def check_shift(value: object, by: object) -> None:
    """Raise TooLarge for a left shift with more than MOST_BITS bits."""
    if isinstance(value, int) and isinstance(by, int) and value.bit_length() + by > MOST_BITS:
        raise TooLarge("a number with too many digits")


def check_product(left: object, right: object) -> None:
    """Raise TooLarge when a repeated string or container, or a number, would be too large."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (str, bytes)) and isinstance(other, int) and len(one) * other > LONGEST:
            raise TooLarge("a string that is too long")
        if isinstance(one, (list, tuple)) and isinstance(other, int) and len(one) * other > MOST_ITEMS:
            raise TooLarge("a list that is too long")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MOST_BITS:
        raise TooLarge("a number with too many digits")


def check_result(value: object) -> object:
    """The value itself; raises TooLarge when it is a string, number or container beyond the bounds."""
    if isinstance(value, (str, bytes)) and len(value) > LONGEST:
        raise TooLarge("a string that is too long")
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise TooLarge("a number with too many digits")
    if isinstance(value, (list, tuple, dict, set, frozenset)) and len(value) > MOST_ITEMS:
        raise TooLarge("a container with too many items")
    adjusted = getattr(value, "adjusted", None)  # of a Decimal: its exponent, and int() writes it out
    if callable(adjusted) and abs(adjusted()) > MOST_BITS:
        raise TooLarge("a number with too many digits")
    return value
