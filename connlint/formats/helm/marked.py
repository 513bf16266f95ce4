"""What templates work on: texts whose pieces know their places, numbers with a place, and what is not known.

Lists are `list` and maps `dict`, as Go has them: `set` and `merge` change them in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Origin, Value

UNKNOWN_MARK: Final = "\ue000"  # stands in a rendered text for what is not known


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text. `linear`: character i of it stands at `span.start + i`; else all of it stands for the span.

    `value`: what it stands for where that is not plainly its text: something unknown, or assumed.
    """

    text: str
    span: Span | None = None
    linear: bool = False
    value: Value | None = None

    def cut(self, start: int, end: int) -> Piece:
        span = self.span
        if self.linear and span is not None:
            span = span.source.span(span.start + start, span.start + end)
        value = self.value
        if value is not None and not value.is_unknown:
            value = Value.exact(self.text[start:end], *value.origins)
        return Piece(self.text[start:end], span, self.linear, value)


@dataclass(frozen=True, slots=True)
class Marked:
    """A text made of pieces."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, text: str, span: Span | None = None) -> Marked:
        """A computed text, which stands for the whole of `span`."""
        return cls((Piece(text, span),)) if text else cls(())

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def reason(self) -> str:
        """Why a part of it is not known; empty where all of it is."""
        return next((p.value.reason for p in self.pieces if p.value is not None and p.value.is_unknown), "")

    @property
    def span(self) -> Span | None:
        return next((piece.span for piece in self.pieces if piece.span is not None), None)

    def __add__(self, other: Marked) -> Marked:
        return Marked(self.pieces + other.pieces)

    def cut(self, start: int, end: int | None = None) -> Marked:
        """The characters from `start` up to `end`."""
        found, at = [], 0
        for piece in self.pieces:
            low = max(start - at, 0)
            high = len(piece.text) if end is None else min(end - at, len(piece.text))
            if low < high:
                found.append(piece if (low, high) == (0, len(piece.text)) else piece.cut(low, high))
            at += len(piece.text)
        return Marked(tuple(found))

    def lines(self) -> list[Marked]:
        """Its lines, without what ends them."""
        text, start, found = self.text, 0, []
        while (end := text.find("\n", start)) >= 0:
            found.append(self.cut(start, end))
            start = end + 1
        found.append(self.cut(start))
        return found

    def stripped(self, left: str | None, right: str | None) -> Marked:
        """Less these characters at its ends; None leaves an end as it is."""
        text = self.text
        start = 0 if left is None else len(text) - len(text.lstrip(left))
        end = len(text) if right is None else len(text.rstrip(right))
        return self if (start, end) == (0, len(text)) else self.cut(start, max(end, start))


@dataclass(frozen=True, slots=True)
class Atom:
    """nil, a truth value or a number, and where it stands. Numbers of values.yaml are floats, as Helm has them."""

    value: bool | int | float | None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is not known, and why."""

    reason: str
    span: Span | None = None


Datum: TypeAlias = "Marked | Atom | Unknown | list[Datum] | dict[str, Datum]"
NIL: Final = Atom(None)


def joined(parts: Iterable[Marked], between: str = "") -> Marked:
    """The parts, one after the other."""
    pieces: list[Piece] = []
    for index, part in enumerate(parts):
        if index and between:
            pieces.append(Piece(between))
        pieces.extend(part.pieces)
    return Marked(tuple(pieces))


def span_of(datum: Datum) -> Span | None:
    """The first place a datum leads back to."""
    if isinstance(datum, (Atom, Unknown, Marked)):
        return datum.span
    for part in datum.values() if isinstance(datum, dict) else datum:
        found = span_of(part)
        if found is not None:
            return found
    return None


def truth(datum: Datum) -> bool | Unknown:
    """Whether Go's templates take it for true."""
    if isinstance(datum, Unknown):
        return datum
    if isinstance(datum, Atom):
        return bool(datum.value)
    if isinstance(datum, Marked):
        if datum.reason and not datum.text.replace(UNKNOWN_MARK, ""):
            return Unknown(datum.reason, datum.span)
        return bool(datum.text)
    return bool(datum)


def shown(datum: Datum) -> Marked:
    """How Go's templates print it."""
    if isinstance(datum, Marked):
        return datum
    if isinstance(datum, Unknown):
        origins = [Origin.at(datum.span)] if datum.span is not None else []
        return Marked((Piece(UNKNOWN_MARK, datum.span, False, Value.unknown(datum.reason, *origins)),))
    if isinstance(datum, Atom):
        return Marked.of(plain(datum.value), datum.span)
    parts: list[Marked] = []
    if isinstance(datum, dict):
        parts = [Marked.of(f"{key}:") + inside(datum[key]) for key in sorted(datum)]
        return Marked.of("map[") + joined(parts, " ") + Marked.of("]")
    return Marked.of("[") + joined((inside(each) for each in datum), " ") + Marked.of("]")


def inside(datum: Datum) -> Marked:
    """How it is printed within a list or map."""
    return Marked.of("<nil>") if isinstance(datum, Atom) and datum.value is None else shown(datum)


def plain(value: bool | int | float | None) -> str:
    """nil, a truth value or a number as Go prints it; nil as nothing, as Helm does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _float(value)


def _float(value: float) -> str:
    """`%v` of a float64: the shortest digits, an exponent from the seventh digit on (1e+06)."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, part = mantissa.lstrip("-").partition(".")
    power = int(exponent or 0) + len(whole) - 1
    digits = (whole + part).lstrip("0")
    power -= len(whole + part) - len(digits) if digits else power
    digits = digits.rstrip("0") or "0"
    if -4 <= power < 6:
        if power < 0:
            return f"{sign}0.{'0' * (-power - 1)}{digits}"
        padded = digits.ljust(power + 1, "0")
        rest = padded[power + 1 :]
        return sign + padded[: power + 1] + (f".{rest}" if rest else "")
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'+' if power >= 0 else '-'}{abs(power):02d}"
