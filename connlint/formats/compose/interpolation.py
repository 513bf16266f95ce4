"""Puts variables into the texts of compose files and env files: `$X`, `${X:-d}`, `${X?e}`, `${X:+r}`, `$$`.

Source: compose-go 2, template/template.go. Compose takes a variable that is set nowhere for an empty text; here its
value is unknown then, because whoever deploys sets it, unless the file says what to use while it is unset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from connlint.formats.words import Text, Word
from connlint.source import Span
from connlint.value import ABSENT, Origin, Value

_MOST_DEPTH: Final = 12
_VARIABLE: Final = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<named>[_a-z][_a-z0-9]*)"
    r"|\{(?:(?P<name>[_a-z][_a-z0-9]*)(?:(?P<operator>:?[-+?])(?P<rest>[^\n]*))?\}|(?P<invalid>)))",
    re.IGNORECASE | re.ASCII,
)

Lookup: TypeAlias = Callable[[str], "Value | None"]


class InvalidTemplate(ValueError):
    """`${` is not followed by a variable; compose reads nothing of such a file. `span` is where it stands."""

    def __init__(self, span: Span) -> None:
        super().__init__("`${` must be followed by the name of a variable and `}`; write `$$` for a dollar sign")
        self.span = span


def expand(text: Text, lookup: Lookup) -> Word:
    """The text with its variables put in; raises `InvalidTemplate` where compose refuses it.

    `lookup` gives the value of a variable as text, None where it is not set.
    """
    if "$" not in text.text:
        return Word.of(text)
    return Word(tuple(_parts(text, lookup, 0)), text.span())


def _parts(text: Text, lookup: Lookup, depth: int) -> Iterator[Text | Value]:
    at = 0
    for _ in range(len(text.text) + 1):
        match = _VARIABLE.search(text.text, at)
        if match is None:
            break
        if match.start() > at:
            yield text.cut(at, match.start())
        at = match.end()
        if match["escaped"]:
            yield text.cut(at - 1, at)
        elif match["invalid"] is not None:
            raise InvalidTemplate(text.span(match.start(), at))
        elif match["operator"] is None:
            yield _plain(match["named"] or match["name"], lookup, text.span(match.start(), at))
        else:
            at = _closing(text.text, match.start(), at)
            yield _conditional(text, match, at, lookup, depth)
    if at < len(text.text) or not text.text:
        yield text.cut(at)


def _closing(text: str, start: int, end: int) -> int:
    """Where the variable at `start` really ends: at the brace that closes its own, if any does."""
    opened, at = 0, start
    while at < end:
        if text[at] == "}":
            opened -= 1
            if not opened:
                return at + 1
        elif text[at] == "{":
            opened += 1
            at += 1  # as compose does: what stands behind a brace is not looked at
        at += 1
    return end


def _plain(name: str, lookup: Lookup, span: Span) -> Value:
    value = _set(lookup(name))
    return unset(name, span) if value is None else value.because(Origin.at(span))


def unset(name: str, span: Span) -> Value:
    """The value of a variable that no file sets."""
    return Value.unknown(f"{name} is set in no file", Origin.at(span))


def _set(value: Value | None) -> Value | None:
    return None if value is not None and value.is_exact and value.only is ABSENT else value


def _conditional(text: Text, match: re.Match[str], end: int, lookup: Lookup, depth: int) -> Value:
    """`${X:-d}` and its like."""
    name, operator = match["name"], match["operator"]
    span = text.span(match.start(), end)
    rest = text.cut(match.start("rest"), end - 1)
    value = _set(lookup(name))
    empty_counts = operator.startswith(":")
    if value is not None and not value.is_exact:
        doubtful = value.is_unknown or value.ever(lambda one: one is ABSENT or (empty_counts and one == ""))
        if doubtful or operator[-1] == "+":
            return Value.unknown(value.reason or f"{name} has several values", *value.origins, Origin.at(span))
        return value.because(Origin.at(span))
    there = value is not None and not (empty_counts and value.only == "")
    if operator[-1] == "+":
        return _other(rest, lookup, depth, value, name, span) if there else _empty(value, name, span)
    if there and value is not None:
        return value.because(Origin.at(span))
    if operator[-1] == "?":
        return Value.unknown(f"{name} must be set, and is in no file", Origin.at(span))
    return _other(rest, lookup, depth, value, name, span)


def _other(rest: Text, lookup: Lookup, depth: int, value: Value | None, name: str, span: Span) -> Value:
    """What stands in the braces, used because of the state of `name`: assumed, where no file sets it."""
    if depth >= _MOST_DEPTH:
        return Value.unknown(f"variables are nested more than {_MOST_DEPTH} deep", Origin.at(span))
    used = Word(tuple(_parts(rest, lookup, depth + 1)), rest.span() if rest.text else span).value
    if value is not None:
        return used.because(*value.origins)
    note = Origin.assumed(f"used while {name} is unset", rest.span() if rest.text else span)
    if used.is_unknown:
        return used.because(note)
    return Value.choice(used.alternatives, note, *(o for o in used.origins if o.span != note.span))


def _empty(value: Value | None, name: str, span: Span) -> Value:
    origin = Origin.assumed(f"empty while {name} is unset", span)
    return Value.exact("", origin, *(value.origins if value is not None else ()))
