"""Whether one name is a slip of the pen for another: near enough to be renamed, not only to be asked about."""

from __future__ import annotations

import re
from typing import Final

_LONG: Final = 8  # letters from which two may be wrong
_PLURALS: Final = ("s", "es")


def is_slip(written: str, meant: str) -> bool:
    """True for other case or signs between words, another order of them, a plural, a letter (two of a long name).

    `log-buffering` resembles `post-buffering` and means something else: that is for a person to decide.
    """
    one, other = _words(written), _words(meant)
    if sorted(one) == sorted(other):
        return True
    a, b = "".join(one), "".join(other)
    if any(a == b + ending or b == a + ending for ending in _PLURALS):
        return True
    return _distance(a, b) <= (2 if min(len(a), len(b)) >= _LONG else 1)


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[-_. ]+", name.lower()) if word]


def _distance(a: str, b: str) -> int:
    """Letters to insert, drop, replace or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[-1] = min(row[-1], last[j - 2] + 1)
    return row[-1]
