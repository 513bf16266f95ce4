"""References in values: `$(VARIABLE)`, then `@(file)`, then `%(placeholder)` with its arithmetic.

Source: core/utils.c, uwsgi_apply_config_pass(), and core/config.c, uwsgi_manage_placeholder(). Each pass goes over all
options in order. After a replacement the scan starts again at the second character of the value, so a reference that
has become the very first thing of a value stays as it is. What has no value stays as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from connlint.formats.units import atoi
from connlint.formats.uwsgi.worlds import Case, Guard, both
from connlint.records import replace

MOST_REPLACED: Final = 200  # references in one value; one that contains itself would go on for ever
LONGEST: Final = 65_536  # characters of a value with references
MOST_CASES: Final = 64  # different values of one option
_SPECIAL: Final = {symbol: re.compile(rf"[{re.escape(symbol)}()]") for symbol in "$@%"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS: Final = {"+", "-", "*", "/"}

# What a reference may stand for, and where; the text is None where it stays as it is.
Hook = Callable[[str, Guard], Iterable[Case]]


class Fuel:
    """How much scanning one document may cost, in characters."""

    def __init__(self, amount: int = 20_000_000) -> None:
        self._left = amount

    def burn(self, amount: int) -> bool:
        """Take `amount`; False when there is nothing left."""
        self._left -= amount
        return self._left > 0


def resolve(case: Case, symbol: str, hook: Hook, fuel: Fuel) -> list[Case]:
    """The cases that `case` becomes when the references of one kind are replaced."""
    if case.text is None or f"{symbol}(" not in case.text:
        return [case]
    done: list[Case] = []
    work: list[tuple[Case, int, int]] = [(case, 0, 0)]
    while work:
        now, start, replaced = work.pop()
        text = now.text or ""
        found = next_reference(text, start, symbol)
        if found is None:
            done.append(now)
            continue
        at, key_start, key_end = found
        if (
            replaced >= MOST_REPLACED
            or len(text) > LONGEST
            or len(done) + len(work) >= MOST_CASES
            or not fuel.burn(len(text))
        ):
            return [replace(case, doubt="its references are too many to follow", value=None)]
        for answer in reversed(list(hook(text[key_start:key_end], now.guard))):  # the first is taken up next
            guard = both(now.guard, answer.guard)
            if guard is not None:
                whole = at == 0 and key_end + 1 == len(text)
                work.append(_replaced(now, replace(answer, guard=guard), at, key_end + 1, whole, replaced))
    return done


def _replaced(now: Case, answer: Case, at: int, end: int, whole: bool, replaced: int) -> tuple[Case, int, int]:
    text = now.text or ""
    doubt = now.doubt or answer.doubt
    origins = tuple(dict.fromkeys((*now.origins, *answer.origins)))
    value = answer.value if whole else None
    if answer.text is None:
        return Case(answer.guard, text, doubt, origins, value), end, replaced
    changed = text[:at] + answer.text + text[end:]
    if answer.doubt:  # what is unknown stays in the text as it was written, and is not looked at again
        return Case(answer.guard, changed, doubt, origins, value), at + len(answer.text), replaced + 1
    return Case(answer.guard, changed, doubt, origins, value), 1, replaced + 1


def next_reference(text: str, start: int, symbol: str) -> tuple[int, int, int] | None:
    """The next reference from `start` on: where its symbol is, and where its key begins and ends."""
    at = text.find(f"{symbol}(", start)
    while at >= 0:
        key = at + 2
        depth, again = 0, -1
        for match in _SPECIAL[symbol].finditer(text, key):
            char = match[0]
            if char == symbol:
                again = match.start()
            elif char == "(":
                depth += 1
                continue
            elif depth:
                depth -= 1
                continue
            elif match.start() > key:
                return at, key, match.start()
            else:
                again = match.end()
            break
        at = text.find(f"{symbol}(", again) if again >= 0 else -1
    return None


def is_variable(name: str) -> bool:
    """Whether it is a name that an environment variable may have."""
    return _VARIABLE.fullmatch(name) is not None


def computed(key: str, guard: Guard, find: Hook) -> Iterable[Case]:
    """What `%(key)` stands for. With blanks it is a pipeline: values next to each other are joined, then `+ 2`."""
    if " " not in key:
        return find(key, guard)
    states: list[tuple[Case, str]] = [(Case(guard, None), "")]
    for token in key.split(" "):
        if not token:
            continue
        if token in _OPERATORS:
            states = [(state, token) for state, _ in states]
        elif token in ("++", "--"):
            states = [(_stepped(state, 1 if token == "++" else -1), "") for state, _ in states]
        else:
            states = [pair for state, operator in states for pair in _applied(state, operator, token, find)]
        if len(states) > MOST_CASES:
            return [Case(guard, f"%({key})", "its references are too many to follow")]
    return [replace(state, text=f"%({key})") if state.doubt else state for state, _ in states]


def _applied(state: Case, operator: str, token: str, find: Hook) -> Iterable[tuple[Case, str]]:
    operands: Iterable[Case] = [Case(state.guard, token)]
    if token.strip("0123456789"):
        operands = find(token, state.guard)
    for operand in operands:
        guard = both(state.guard, operand.guard)
        if guard is None:
            continue
        left, right = state.text or "", operand.text or ""
        text = f"{left}{right}" if not operator else str(_calculated(operator, left, right))
        origins = tuple(dict.fromkeys((*state.origins, *operand.origins)))
        yield Case(guard, text, state.doubt or operand.doubt, origins), ""


def _stepped(state: Case, step: int) -> Case:
    return state if state.text is None else replace(state, text=str(_wrapped(atoi(state.text)[0] + step)))


def _calculated(operator: str, left: str, right: str) -> int:
    a, b = atoi(left)[0], atoi(right)[0]
    if operator == "+":
        return _wrapped(a + b)
    if operator == "-":
        return _wrapped(a - b)
    if operator == "*":
        return _wrapped(a * b)
    quotient = abs(a) // abs(b) if b else 0
    return _wrapped(quotient if (a < 0) == (b < 0) else -quotient)


def _wrapped(number: int) -> int:
    """As a signed number of 64 bits."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)
