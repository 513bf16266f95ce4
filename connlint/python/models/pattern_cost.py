"""How long a backtracking match of a pattern can take, from the pattern's own parse.

A repetition costs little when what follows it cannot start with a character that it repeats: then there is one
way to split the text. Each one that can give characters back multiplies the work by the text's length, each
alternative by two. What is repeated without bound and can match one text in two ways is exponential, and is refused.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Final

_ALL: Final = frozenset(range(128)) | {-1}  # ASCII one by one; -1 stands for every other character
_OTHER: Final = frozenset({-1})
_CATEGORIES: Final = {
    name: frozenset(i for i in range(128) if re.match(escape, chr(i)))
    for name, escape in (("DIGIT", r"\d"), ("WORD", r"\w"), ("SPACE", r"\s"))
}
_UNBOUNDED: Final = 50  # a repetition of up to this often counts as an alternative, not as a loop


class _Refused(Exception):
    """The work cannot be bounded."""


def cost(pattern: str, size: int, *, anchored: bool = False) -> float | None:
    """An upper bound of the steps to match a text of `size` characters, at its start or anywhere; None: no bound."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parser: Any = getattr(re, "_parser", None)
            if parser is None:  # before 3.11
                import sre_parse as parser
            tree = parser.parse(pattern)
        loops, choices = _measure(list(tree), frozenset(), inside=False)  # past the end nothing can fail
    except (_Refused, RecursionError, re.error, OverflowError):
        return None
    return float(max(size, 1)) ** (loops + (1 if anchored else 2)) * 2.0 ** min(choices, 64)


def _measure(nodes: Sequence[tuple[Any, Any]], after: frozenset[int], *, inside: bool) -> tuple[int, int]:
    """Ambiguous loops and alternatives of a sequence that characters of `after` can follow."""
    loops = choices = 0
    for index, (kind, argument) in enumerate(nodes):
        name = str(kind)
        follow = _first(nodes[index + 1 :], after)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = argument
            unbounded = int(most) > _UNBOUNDED
            if unbounded and inside:
                raise _Refused
            own = _first(list(body), frozenset())
            more = _measure(list(body), own | follow, inside=inside or unbounded)
            times = 1 if unbounded else int(most)
            loops, choices = loops + more[0] * times, choices + more[1] * times
            if unbounded and (own & follow or more[1] or len(list(body)) > 1):
                loops += 1
            elif not unbounded and most != least:
                if inside and own & follow:
                    raise _Refused
                choices += min(int(most) - int(least), 8)
        elif name == "SUBPATTERN":
            more = _measure(list(argument[-1]), follow, inside=inside)
            loops, choices = loops + more[0], choices + more[1]
        elif name == "ATOMIC_GROUP":
            more = _measure(list(argument), follow, inside=inside)
            loops, choices = loops + more[0], choices + more[1]
        elif name == "BRANCH":
            if inside and _overlap([_first(list(branch), follow) for branch in argument[1]]):
                raise _Refused
            for branch in argument[1]:
                more = _measure(list(branch), follow, inside=inside)
                loops, choices = loops + more[0], choices + more[1] + 1
        elif name in ("ASSERT", "ASSERT_NOT"):
            more = _measure(list(argument[1]), _ALL, inside=inside)
            loops, choices = loops + more[0], choices + more[1]
        elif name.startswith("GROUPREF"):
            raise _Refused
    return loops, choices


def _overlap(sets: Sequence[frozenset[int]]) -> bool:
    """Whether two of the sets have something in common."""
    return sum(map(len, sets)) > len(frozenset().union(*sets))


def _first(nodes: Sequence[tuple[Any, Any]], after: frozenset[int]) -> frozenset[int]:
    """The characters that a sequence can start with; those of `after` too when it can be empty."""
    found: frozenset[int] = frozenset()
    for kind, argument in nodes:
        name = str(kind)
        if name in ("AT", "ASSERT", "ASSERT_NOT"):
            return _ALL
        starts, empty = _starts(name, argument)
        found |= starts
        if not empty:
            return found
    return found | after


def _starts(name: str, argument: Any) -> tuple[frozenset[int], bool]:
    if name == "LITERAL":
        return _one(argument), False
    if name == "NOT_LITERAL":
        return (_ALL - _one(argument)) | _OTHER, False
    if name == "IN":
        return _set(argument), False
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _first(list(argument[2]), frozenset()), int(argument[0]) == 0 or _empty(argument[2])
    if name == "SUBPATTERN":
        return _first(list(argument[-1]), frozenset()), _empty(argument[-1])
    if name == "BRANCH":
        sets = [_first(list(branch), frozenset()) for branch in argument[1]]
        return frozenset().union(*sets), any(_empty(branch) for branch in argument[1])
    return _ALL, False


def _empty(nodes: Iterable[tuple[Any, Any]]) -> bool:
    """Whether a sequence can match nothing."""
    return all(
        str(kind) in ("AT", "ASSERT", "ASSERT_NOT") or _starts(str(kind), argument)[1] for kind, argument in nodes
    )


def _one(code: int) -> frozenset[int]:
    """A character; letters count in both cases, for patterns that ignore it."""
    text = chr(code)
    return frozenset(ord(c) if ord(c) < 128 else -1 for c in text.lower() + text.upper())


def _set(items: Sequence[tuple[Any, Any]]) -> frozenset[int]:
    found: frozenset[int] = frozenset()
    negated = False
    for kind, argument in items:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            found |= _one(argument)
        elif name == "RANGE":
            low, high = argument
            for code in range(low, min(high, 127) + 1):
                found |= _one(code)
            found |= _OTHER if high > 127 else frozenset()
        else:
            word = str(argument).removeprefix("CATEGORY_").removeprefix("UNI_")
            positive = _CATEGORIES.get(word.removeprefix("NOT_"))
            if positive is None:
                return _ALL
            found |= (_ALL - positive) | _OTHER if word.startswith("NOT_") else positive | _OTHER
    return (_ALL - found) | _OTHER if negated else found
