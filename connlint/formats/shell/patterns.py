"""Shell patterns: `*`, `?` and `[...]`, matched in time proportional to text times pattern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from connlint.records import dataclass

_LONGEST: Final = 400  # characters of a text or a pattern: beyond that nobody's entrypoint matches by pattern


@dataclass(frozen=True, slots=True)
class Piece:
    """One step of a pattern: any run (`star`), or one character of (or not of) `characters`; None: any."""

    characters: frozenset[str] | None
    negated: bool = False
    star: bool = False

    def takes(self, char: str) -> bool:
        return self.characters is None or (char in self.characters) != self.negated


def compiled(text: str, quoted: bool) -> tuple[Piece, ...] | None:
    """The steps of a stretch of a pattern; None where it uses what is not understood."""
    if quoted:
        return tuple(Piece(frozenset(char)) for char in text)
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        char = text[at]
        if text[at + 1 : at + 2] == "(" and char in "?*+@!":
            return None
        if char == "*":
            pieces.append(Piece(None, star=True))
        elif char == "?":
            pieces.append(Piece(None))
        elif char == "[" and (end := text.find("]", at + 3 if text[at + 1 : at + 2] in ("!", "^") else at + 2)) > 0:
            body = text[at + 1 : end]
            if "[:" in body or "[." in body or "[=" in body:
                return None
            negated = body[:1] in ("!", "^")
            pieces.append(Piece(frozenset(_listed(body[negated:])), negated))
            at = end
        else:
            pieces.append(Piece(frozenset(char)))
        at += 1
    return tuple(pieces)


def _listed(body: str) -> Iterable[str]:
    at = 0
    while at < len(body):
        if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
            first, last = ord(body[at]), ord(body[at + 2])
            yield from map(chr, range(first, min(last, first + 256) + 1))
            at += 3
        else:
            yield body[at]
            at += 1


def ends(pieces: Sequence[Piece], text: str) -> list[int] | None:
    """Every length of a start of `text` that the pattern matches, ascending; None when it is too long to say."""
    if len(text) > _LONGEST or len(pieces) > _LONGEST:
        return None
    found: list[int] = []
    states = _skipped(pieces, {0})
    for at in range(len(text) + 1):
        if len(pieces) in states:
            found.append(at)
        if at == len(text) or not states:
            break
        reached = set()
        for state in states:
            if state < len(pieces) and pieces[state].takes(text[at]):
                reached.add(state if pieces[state].star else state + 1)
        states = _skipped(pieces, reached)
    return found


def _skipped(pieces: Sequence[Piece], states: set[int]) -> set[int]:
    """With the states that a run of no characters leads to."""
    for state in sorted(states):
        while state < len(pieces) and pieces[state].star:
            state += 1
            states.add(state)
    return states


def matches(pieces: Sequence[Piece], text: str) -> bool | None:
    """Whether the whole text matches; None when it is too long to say."""
    found = ends(pieces, text)
    return None if found is None else len(text) in found


def trimmed(pieces: Sequence[Piece], text: str, operator: str) -> str | None:
    """`${text%pattern}` and the like, by operator `#`, `##`, `%` or `%%`."""
    front = operator.startswith("#")
    found = ends(pieces, text) if front else ends(tuple(reversed(pieces)), text[::-1])
    if found is None:
        return None
    if not found:
        return text
    length = found[-1] if len(operator) == 2 else found[0]
    return text[length:] if front else text[: len(text) - length]


def replaced(pieces: Sequence[Piece], text: str, by: str, operator: str) -> str | None:
    """`${text/pattern/by}`, by operator `/`, `//`, `/#` (at the start) or `/%` (at the end)."""
    if not pieces:
        return text
    result, at = "", 0
    while at <= len(text):
        found = ends(pieces, text[at:])
        if found is None or len(text) * len(pieces) > 20_000:
            return None
        if operator == "/%":
            found = [length for length in found if at + length == len(text)]
        if found and (found[-1] or operator in ("/#", "/%")):
            result += by
            at += found[-1]
            if operator != "//":
                return result + text[at:]
        elif operator == "/#":
            return text
        else:
            result += text[at : at + 1]
            at += 1
    return result
