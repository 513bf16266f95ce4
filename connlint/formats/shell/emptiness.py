"""Whether a variable is empty, unset or neither, as far as that is known, and stretches of its text."""

from __future__ import annotations

from typing import Final

from connlint.formats.shell.state import Part, content, shown, text_of
from connlint.formats.words import Text, Word
from connlint.source import Span
from connlint.value import ABSENT, Origin, Value

UNSET: Final = "is set in no file"  # the reason of every variable nobody sets


def emptiness(word: Word) -> bool | None:
    """Whether a variable is empty, or None."""
    if any(text_of(part) for part in word.parts):
        return False
    value = content(word)
    if value.alternatives:
        empty = {not shown(alternative) for alternative in value.alternatives}
        return empty.pop() if len(empty) == 1 else None
    return None if len(word.parts) > 1 or not value.reason else False if _kept_elsewhere(value) else None


def _kept_elsewhere(value: Value) -> bool:
    """An unknown that somebody set: a secret's value is not known, but it has one."""
    return not value.reason.endswith(UNSET)


def absence(word: Word) -> bool | None:
    value = content(word)
    absent = {alternative is ABSENT for alternative in value.alternatives}
    return False if not absent else absent.pop() if len(absent) == 1 else None


def assumed(part: Part, note: str, span: Span) -> Part:
    if isinstance(part, Text):
        return Value.exact(part.text, Origin.assumed(note, part.span()))
    return part.because(Origin.assumed(note, span)) if not part.is_unknown else part


def stretch(size: int, first: int, length: int | None) -> tuple[int, int]:
    start = max(size + first, 0) if first < 0 else min(first, size)
    if first < -size:
        return 0, 0
    end = size if length is None else start + length if length >= 0 else size + length
    return start, min(max(end, start), size)


def slice_of(text: str, first: int, length: int | None) -> str:
    """`${text:first:length}`."""
    start, end = stretch(len(text), first, length)
    return text[start:end]
