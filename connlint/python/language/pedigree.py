"""Carrying the places a value comes from along with it."""

from __future__ import annotations

from collections.abc import Iterable

from connlint.python.language.domain import Abstract, Known, Mark, Marks, OneOf, Tuple, Unknown, merge_marks
from connlint.value import Certainty, Origin


def marked(value: Abstract, *marks: Mark | Origin) -> Abstract:
    """The same value with further marks after its own; objects keep theirs."""
    if isinstance(value, Known):
        return Known(value.value, merge_marks(value.marks, marks))
    if isinstance(value, Unknown):
        return Unknown(value.reason, merge_marks(value.marks, marks), value.truth)
    if isinstance(value, Tuple):
        return Tuple(value.items, merge_marks(value.marks, marks))
    if isinstance(value, OneOf):
        return OneOf(tuple(marked(choice, *marks) for choice in value.choices), value.births)
    return value


def assumed(value: Abstract, note: str, depth: int = 0) -> Abstract:
    """The same value, held only because of what `note` says: a default in code."""
    if isinstance(value, Known):
        return Known(value.value, _assumed_marks(value.marks, note))
    if isinstance(value, Tuple):
        items = value.items if depth > 2 else tuple(assumed(item, note, depth + 1) for item in value.items)
        return Tuple(items, _assumed_marks(value.marks, note))
    if isinstance(value, OneOf):
        return OneOf(tuple(assumed(choice, note) for choice in value.choices), value.births)
    return value


def depending(value: Abstract, condition: Abstract) -> Abstract:
    """A value that was chosen by a condition: it is only assumed when the condition's value is."""
    notes = [mark.note for mark in condition.where if mark.certainty is Certainty.ASSUMED and mark.note]
    return assumed(value, notes[0]) if notes else value


def _assumed_marks(marks: Marks, note: str) -> Marks:
    weak: list[Mark | Origin] = []
    for mark in marks:
        certainty = max(mark.certainty, Certainty.ASSUMED)
        if isinstance(mark, Mark):
            weak.append(Mark(mark.unit, mark.node, mark.note or note, certainty))
        else:
            weak.append(Origin(certainty, mark.span, mark.note or note))
    return tuple(weak)


def find_reason(values: Iterable[Abstract]) -> Unknown | None:
    """The first unknown among values and their options."""
    return next((option for value in values for option in value.options if isinstance(option, Unknown)), None)
