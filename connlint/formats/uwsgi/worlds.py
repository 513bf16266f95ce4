"""Possible worlds: what nobody can tell about a deployment, and which options hold in which case.

`if-env = X` with an unknown X makes two worlds; every option inside holds in one of them. A guard says in
which worlds something holds. Worlds are never listed as a whole: guards are split only as far as one
setting needs them, so a hundred independent conditions cost nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from connlint.records import dataclass
from connlint.value import Origin, Value

# For each variable concerned, the set of its alternatives that are allowed, as bits; sorted by variable.
Guard: TypeAlias = tuple[tuple[int, int], ...]

ALWAYS: Final[Guard] = ()
_FUEL: Final = 1_000_000  # guards looked at, weighed by their length
MOST_PARTS: Final = 256  # pieces a set of worlds may fall into before it counts as unknown


@dataclass(frozen=True, slots=True)
class Case:
    """What an option is worth in some worlds. Cases of one option exclude each other.

    `text` is None for an option without a value (only possible on a command line). With a `doubt`, the reason
    why the value is unknown, `text` still holds the unresolved references. `value` is a number that stands for
    the whole text without being one, such as a range of CPUs. `origins` are what else it depends on.
    """

    guard: Guard
    text: str | None
    doubt: str = ""
    origins: tuple[Origin, ...] = ()
    value: Value | None = None


class Worlds:
    """The variables of one document: each a question with a fixed number of answers."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._sizes: list[int] = []
        self._fuel = _FUEL

    def burn(self, amount: int) -> bool:
        """Take `amount` of what may be spent on one document; False when there is nothing left."""
        self._fuel -= amount
        return self._fuel > 0

    def variable(self, question: Hashable, answers: int) -> list[Guard]:
        """One guard for each answer; the same question always gives the same guards."""
        number = self._numbers.setdefault(question, len(self._sizes))
        if number == len(self._sizes):
            self._sizes.append(answers)
        return [((number, 1 << answer),) for answer in range(answers)]

    def outside(self, part: Guard, guard: Guard) -> list[Guard]:
        """The worlds of `part` in which `guard` does not hold, as parts that exclude each other."""
        parts, rest = [], part
        for number, allowed in guard:
            forbidden: Guard = ((number, (1 << self._sizes[number]) - 1 & ~allowed),)
            without = both(rest, forbidden)
            if without is not None:
                parts.append(without)
            within = both(rest, ((number, allowed),))
            if within is None:
                break
            rest = within
        return parts


def both(one: Guard, other: Guard) -> Guard | None:
    """The worlds in which both hold; None when there are none."""
    if not one or not other:
        only = one or other
        return None if any(not allowed for _, allowed in only) else only
    merged = dict(one)
    for number, allowed in other:
        merged[number] = merged.get(number, allowed) & allowed
        if not merged[number]:
            return None
    return tuple(sorted(merged.items()))


def first_match(
    worlds: Worlds, guard: Guard, options: Iterable[Sequence[Case]]
) -> Iterator[tuple[Guard, Case | None]] | None:
    """For the worlds of `guard`: which case of the first option that is there holds, None where none is.

    Gives None when the worlds fall into too many parts to follow.
    """
    found: list[tuple[Guard, Case | None]] = []
    rest = [guard]
    for cases in options:
        if not rest:
            break
        for case in cases:
            left: list[Guard] = []
            for part in rest:
                common = both(part, case.guard)
                if common is None:
                    left.append(part)
                else:
                    found.append((common, case))
                    left += worlds.outside(part, case.guard)
            spent = 1 + sum(map(len, rest)) + len(case.guard)
            rest = left
            if len(rest) + len(found) > MOST_PARTS or not worlds.burn(spent):
                return None
    return iter([*found, *((part, None) for part in rest)])
