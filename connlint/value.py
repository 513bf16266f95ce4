"""A value with a pedigree: what is known about a setting, and where it is written.

A setting is never a bare number. It is exact, one of several, a range, or unknown with a reason, and it
always knows its origins. Arithmetic multiplies bounds, joins origins and remembers its operands, so that
every sum can print its own proof. Unknown is a value: it takes part in arithmetic and stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, IntEnum
from functools import reduce
from typing import Final, TypeAlias, TypeGuard

from connlint.records import dataclass, replace
from connlint.source import Span

Number: TypeAlias = int | float


class Certainty(IntEnum):
    """How good the evidence for a value is, best first; a derived value has its weakest operand's."""

    EXACT = 0  # written in a file that the server reads
    DECLARED = 1  # stated in [tool.connlint] or on the command line
    DEFAULT = 2  # the product's own default
    ASSUMED = 3  # a default in code while a variable is unset, or a file nobody names
    UNKNOWN = 4


class Kind(Enum):
    EXACT = "exact"
    CHOICE = "choice"
    RANGE = "range"
    UNKNOWN = "unknown"


class Verdict(Enum):
    """Whether a demand is more than a supply, in every case, in some case, in none, or who knows."""

    MUST = "must"
    CAN = "can"
    HOLDS = "holds"
    UNKNOWN = "unknown"


class _Absent:
    """The value of a key that is not there: as one of several, when only some branches set it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: a place in a file, or a note such as "default of PgBouncer 1.24"."""

    certainty: Certainty
    span: Span | None = None
    note: str = ""

    @classmethod
    def at(cls, span: Span, note: str = "") -> Origin:
        return cls(Certainty.EXACT, span, note)

    @classmethod
    def declared(cls, span: Span | None, note: str = "") -> Origin:
        return cls(Certainty.DECLARED, span, note)

    @classmethod
    def default(cls, note: str) -> Origin:
        return cls(Certainty.DEFAULT, None, note)

    @classmethod
    def assumed(cls, note: str, span: Span | None = None) -> Origin:
        return cls(Certainty.ASSUMED, span, note)

    @property
    def place(self) -> str:
        """`path:line` where there is one, else the note."""
        return self.span.place if self.span else self.note


@dataclass(frozen=True, slots=True)
class Value:
    """What is known about one setting. Build it with `exact`, `choice`, `between` or `unknown`.

    `alternatives` holds the possible Python values of an exact value (one) or a choice (several).
    `least` and `most` bound a range (`most=None`: no upper bound). An unknown may know that it is no number
    below `least` or above `most`: enough for a verdict, though never for a claim about what it is.
    """

    alternatives: tuple[object, ...] = ()
    least: Number | None = None
    most: Number | None = None
    reason: str = ""
    origins: tuple[Origin, ...] = ()
    operator: str = ""
    operands: tuple[Value, ...] = ()
    name: str = ""  # what it counts, in words for a label: `threads`, `replicas`

    @classmethod
    def exact(cls, value: object, *origins: Origin) -> Value:
        return cls(alternatives=(value,), origins=origins)

    @classmethod
    def choice(cls, values: Iterable[object], *origins: Origin) -> Value:
        """One of `values`; equal ones of the same type are one, and a single one is exact."""
        different = _different(values)
        if not different:
            return cls.unknown("no alternative is possible", *origins)
        return cls(alternatives=different, origins=origins)

    @classmethod
    def between(cls, least: Number, most: Number | None, *origins: Origin) -> Value:
        """A number from `least` to `most`, both included; `most=None` means there is no upper bound."""
        if most is None or least < most:
            return cls(least=least, most=most, origins=origins)
        if least == most:
            return cls.exact(least, *origins)
        return cls.unknown(f"no number is at least {_shown(least)} and at most {_shown(most)}", *origins)

    @classmethod
    def unknown(cls, reason: str, *origins: Origin, least: Number | None = None, most: Number | None = None) -> Value:
        """Nobody can tell, and why; `least` and `most` are what is sure about it all the same."""
        return cls(reason=reason or "not known", least=least, most=most, origins=origins)

    @property
    def kind(self) -> Kind:
        if self.reason:
            return Kind.UNKNOWN
        if self.alternatives:
            return Kind.EXACT if len(self.alternatives) == 1 else Kind.CHOICE
        return Kind.RANGE

    @property
    def is_unknown(self) -> bool:
        return bool(self.reason)

    @property
    def is_exact(self) -> bool:
        return not self.reason and len(self.alternatives) == 1

    @property
    def only(self) -> object:
        """The one Python value of an exact value; ValueError for any other kind."""
        if not self.is_exact:
            raise ValueError(f"{self.kind.value} value has no single value")
        return self.alternatives[0]

    @property
    def certainty(self) -> Certainty:
        if self.reason:
            return Certainty.UNKNOWN
        return max((origin.certainty for origin in self.origins), default=Certainty.EXACT)

    @property
    def span(self) -> Span | None:
        """The first place in a file that this value leads back to."""
        return next((origin.span for origin in self.origins if origin.span), None)

    @property
    def place(self) -> str:
        """Where it comes from in short: `path:line` or a note; empty when nothing is recorded."""
        return next((origin.place for origin in self.origins), "")

    def always(self, test: Callable[[object], bool]) -> bool:
        """True when every possible value passes `test`; never for a range or an unknown."""
        return bool(self.alternatives) and all(test(value) for value in self.alternatives)

    def ever(self, test: Callable[[object], bool]) -> bool:
        """True when some listed possible value passes `test`; never for a range or an unknown."""
        return any(test(value) for value in self.alternatives)

    def bounds(self) -> tuple[Number, Number | None] | None:
        """Least and most (None: unbounded) when every possibility is a number, else None."""
        if self.reason:
            return None
        if not self.alternatives:
            return (self.least if self.least is not None else 0), self.most
        numbers = [v for v in self.alternatives if _is_number(v)]
        if len(numbers) != len(self.alternatives):
            return None
        return min(numbers), max(numbers)

    def counted(self, least: Number = 0) -> Value:
        """The same, as a count: an unknown or something that is no number is at least `least`."""
        if self.reason:
            return replace(self, least=least if self.least is None else max(self.least, least))
        if self.bounds() is None:
            return Value.unknown("it is not a number", *self.origins, least=least)  # without the text: a secret, maybe
        return self

    def because(self, *origins: Origin) -> Value:
        """The same value with further origins."""
        return replace(self, origins=tuple(dict.fromkeys((*self.origins, *origins))))

    def named(self, name: str) -> Value:
        """The same value, called `name` where it is an operand of a sum."""
        return replace(self, name=name)

    def __mul__(self, other: Value) -> Value:
        (a, b), (c, d) = _sure(self), _sure(other)
        if a is not None and c is not None and min(a, c) >= 0:  # two counts, the usual case: bounds may be open
            low, high = _applied(_product, a, c), 0 if 0 in (b, d) else _applied(_product, b, d)
        else:
            corners = [_applied(_product, x, y) for x in (a, b) for y in (c, d)]
            known = [corner for corner in corners if corner is not None]
            low, high = (min(known), max(known)) if len(known) == len(corners) else (None, None)
        return _derived("x", self, other, low, high)

    def __add__(self, other: Value) -> Value:
        if other is ZERO:
            return self
        if self is ZERO:
            return other
        low, high = (_applied(_sum, x, y) for x, y in zip(_sure(self), _sure(other), strict=True))
        return _derived("+", self, other, low, high)

    def __sub__(self, other: Value) -> Value:
        """`self - other`; a lower bound that nothing limits makes it unknown."""
        low, high = (_applied(_difference, x, y) for x, y in zip(_sure(self), reversed(_sure(other)), strict=True))
        return _derived("-", self, other, low, high)

    def at_most(self, limit: Value) -> Value:
        """The smaller of the two, bound by bound."""
        lows, highs = zip(_sure(self), _sure(limit), strict=True)
        tops = [top for top in highs if top is not None]
        low = None if None in lows else min(bottom for bottom in lows if bottom is not None)
        return _derived("min", self, limit, low, min(tops, default=None))

    def compare(self, supply: Value) -> Verdict:
        """Whether this demand is more than `supply`: MUST, CAN, HOLDS or UNKNOWN.

        What is sure about an unknown still decides: at least 40 is more than exactly 20.
        """
        (low, high), (floor, ceiling) = _sure(self), _sure(supply)
        if low is not None and ceiling is not None and low > ceiling:
            return Verdict.MUST
        if high is not None and floor is not None and high <= floor:
            return Verdict.HOLDS
        return Verdict.UNKNOWN if self.bounds() is None or supply.bounds() is None else Verdict.CAN

    def __str__(self) -> str:
        if self.reason:
            return "unknown"
        if self.alternatives:
            return " or ".join(_shown(value) for value in self.alternatives)
        return f"{_shown(self.least)} or more" if self.most is None else f"{_shown(self.least)}..{_shown(self.most)}"

    @property
    def proof(self) -> str:
        """The sum with the place of each operand: `432 = 9 (uwsgi.ini:4) x 4 (uwsgi.ini:5)`."""
        if not self.operands:
            return f"{self} ({self.place})" if self.place else str(self)
        return f"{self} = {self.formula}"

    @property
    def formula(self) -> str:
        """The right-hand side of `proof`."""
        if not self.operands:
            return f"{self} ({self.place})" if self.place else str(self)
        if self.operator == "min":
            return f"min({', '.join(part.formula for part in self.operands)})"
        return f" {self.operator} ".join(_bracketed(part, self.operator) for part in self.operands)


ZERO: Final = Value.exact(0)


def total(values: Iterable[Value]) -> Value:
    """The sum of `values`; exact 0 when there is none."""
    return reduce(Value.__add__, values, ZERO)


def union(values: Iterable[Value]) -> Value:
    """What is known when one of `values` holds and nobody can say which."""
    parts = tuple(values)
    if len(parts) == 1:
        return parts[0]
    origins = _joined(parts)
    if all(part.alternatives for part in parts):
        return Value.choice((v for part in parts for v in part.alternatives), *origins)
    lows, highs = zip(*map(_sure, parts), strict=True)
    least = None if None in lows else min(low for low in lows if low is not None)
    most = None if None in highs else max(high for high in highs if high is not None)
    reason = next((part.reason for part in parts if part.is_unknown), "")
    if not reason and least is None:
        reason = "a number in one case and something else in another"
    return (
        Value.unknown(reason, *origins, least=least, most=most) if reason else Value.between(least or 0, most, *origins)
    )


def _sure(value: Value) -> tuple[Number | None, Number | None]:
    """The bounds that no possibility breaks, None where there is none; of an unknown, what it knows all the same."""
    if value.reason:
        return value.least, value.most
    return value.bounds() or (None, None)


def _derived(operator: str, a: Value, b: Value, least: Number | None, most: Number | None) -> Value:
    """The result of an operation: unknown as soon as an operand is, whatever is sure about it."""
    joins = operator in ("+", "x")
    operands = [
        part for value in (a, b) for part in (value.operands if joins and value.operator == operator else (value,))
    ]
    origins = _joined((a, b))
    if a.bounds() is None or b.bounds() is None:
        result = Value.unknown(a.reason or b.reason or "not a number", *origins, least=least, most=most)
    elif least is None:
        result = Value.unknown("nothing bounds it from below", *origins, most=most)
    else:
        result = Value.between(least, most, *origins)
    return replace(result, operator=operator, operands=tuple(operands))


def _applied(operation: Callable[[Number, Number], Number], a: Number | None, b: Number | None) -> Number | None:
    """The result, or None where an operand is missing or a float cannot hold it."""
    if a is None or b is None:
        return None
    try:
        result = operation(a, b)
    except OverflowError:
        return None
    return result if result - result == 0 else None  # false for infinities and NaN


def _sum(a: Number, b: Number) -> Number:
    return a + b


def _difference(a: Number, b: Number) -> Number:
    return a - b


def _product(a: Number, b: Number) -> Number:
    return a * b


def _joined(values: Iterable[Value]) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(origin for value in values for origin in value.origins))


def _bracketed(part: Value, operator: str) -> str:
    loose = part.operands and part.operator in ("+", "-") and operator in ("x", "-")
    return f"({part.formula})" if loose else part.formula


def _is_number(value: object) -> TypeGuard[Number]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value  # not NaN


def _different(values: Iterable[object]) -> tuple[object, ...]:
    """Each value once, in order; `1`, `1.0` and `True` differ."""
    seen: set[tuple[type, object]] = set()
    different: list[object] = []
    for value in values:
        key = (type(value), value)
        try:
            new = key not in seen
            seen.add(key)
        except TypeError:  # unhashable
            new = not any(type(value) is type(other) and value == other for other in different)
        if new:
            different.append(value)
    return tuple(different)


def _shown(value: object) -> str:
    if value is ABSENT:
        return "unset"
    try:
        return str(value)
    except ValueError:  # Python refuses to print integers of more than 4300 digits
        return "a number too long to print"
