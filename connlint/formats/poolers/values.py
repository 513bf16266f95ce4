"""Texts of poolers' files as values of the map."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from connlint.source import Span
from connlint.value import Origin, Value, union

_WHOLE: Final = re.compile(r"[0-9]{1,9}")


def number(text: str, span: Span, key: str) -> Value:
    """A whole number; unknown where it is none."""
    if _WHOLE.fullmatch(text):
        return Value.exact(int(text), Origin.at(span))
    return Value.unknown(f"{key} is not a whole number", Origin.at(span))


def word(text: str, span: Span) -> Value:
    return Value.exact(text, Origin.at(span))


def mode(text: str, span: Span) -> Value:
    """A pool mode; unknown for another word."""
    name = text.lower()
    if name in ("session", "transaction", "statement"):
        return Value.exact(name, Origin.at(span))
    return Value.unknown("it is none of the pool modes", Origin.at(span))


def merged(parts: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    """What several places say of one thing: the same, or one of them."""
    found: dict[str, list[Value]] = {}
    for part in parts:
        for key, value in part.items():
            found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else union(values) for key, values in found.items()}
