"""A value with a pedigree: what is known about a setting, and where it is written.

A setting is never a bare number. It is exact, one of several, a range, or unknown with a reason, and it
always knows its origins. Arithmetic multiplies bounds, joins origins and remembers its operands, so that
every sum can print its own proof. Unknown is a value: it takes part in arithmetic and stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from functools import reduce
from typing import Final, TypeAlias

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
    `least` and `most` bound a range (`most=None`: no upper bound); an unknown may know its `least`.
    """

    alternatives: tuple[object, ...] = ()
    least: Number | None = None
    most: Number | None = None
    reason: str = ""
    origins: tuple[Origin, ...] = ()
    operator: str = ""
    operands: tuple[Value, ...] = ()

    @classmethod
    def exact(cls, value: object, *origins: Origin) -> Value:
        return cls(alternatives=(value,), origins=origins)

    @classmethod
    def choice(cls, values: Iterable[object], *origins: Origin) -> Value:
        """One of `values`; equal ones of the same type are one, and a single one is exact."""
        different: list[object] = []
        for value in values:
            if not any(type(value) is type(other) and value == other for other in different):
                different.append(value)
        if not different:
            return cls.unknown("no alternative is possible", *origins)
        return cls(alternatives=tuple(different), origins=origins)

    @classmethod
    def between(cls, least: Number, most: Number | None, *origins: Origin) -> Value:
        """A number from `least` to `most`, both included; `most=None` means there is no upper bound."""
        if most is not None and least == most:
            return cls.exact(least, *origins)
        return cls(least=least, most=most, origins=origins)

    @classmethod
    def unknown(cls, reason: str, *origins: Origin, least: Number | None = None) -> Value:
        return cls(reason=reason or "not known", least=least, origins=origins)

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
        numbers = [v for v in self.alternatives if isinstance(v, (int, float)) and not isinstance(v, bool)]
        if len(numbers) != len(self.alternatives):
            return None
        return min(numbers), max(numbers)

    def counted(self, least: Number = 0) -> Value:
        """The same, as a count: an unknown or something that is no number is at least `least`."""
        if self.reason:
            return replace(self, least=least if self.least is None else max(self.least, least))
        if self.bounds() is None:
            return Value.unknown(f"{self} is not a number", *self.origins, least=least)
        return self

    def because(self, *origins: Origin) -> Value:
        """The same value with further origins."""
        return replace(self, origins=(*self.origins, *(o for o in origins if o not in self.origins)))

    def __mul__(self, other: Value) -> Value:
        return _combine("x", self, other, _product)

    def __add__(self, other: Value) -> Value:
        return _combine("+", self, other, lambda a, b: a + b)

    def __sub__(self, other: Value) -> Value:
        """`self - other`; a lower bound that nothing limits becomes unknown."""
        origins = _joined((self, other))
        mine, theirs = self.bounds(), other.bounds()
        if mine is None or theirs is None:
            reason = self.reason or other.reason or "not a number"
            return Value(reason=reason, origins=origins, operator="-", operands=(self, other))
        if theirs[1] is None:
            return Value(
                reason="what is taken away has no bound", origins=origins, operator="-", operands=(self, other)
            )
        least = mine[0] - theirs[1]
        most = None if mine[1] is None else mine[1] - theirs[0]
        return replace(Value.between(least, most, *origins), operator="-", operands=(self, other))

    def at_most(self, limit: Value) -> Value:
        """The smaller of the two, bound by bound."""
        return _extreme("min", self, limit)

    def compare(self, supply: Value) -> Verdict:
        """Whether this demand is more than `supply`: MUST, CAN, HOLDS or UNKNOWN."""
        theirs = supply.bounds()
        mine = self.bounds()
        least = mine[0] if mine else self.least
        if least is not None and theirs and theirs[1] is not None and least > theirs[1]:
            return Verdict.MUST
        if mine is None or theirs is None:
            return Verdict.UNKNOWN
        if mine[1] is None:
            return Verdict.CAN
        return Verdict.CAN if mine[1] > theirs[0] else Verdict.HOLDS

    def __str__(self) -> str:
        if self.reason:
            return "unknown"
        if self.alternatives:
            return " or ".join("unset" if value is ABSENT else str(value) for value in self.alternatives)
        return f"{self.least} or more" if self.most is None else f"{self.least}..{self.most}"

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
    return (
        reduce(lambda a, b: a + b, values, ZERO)
        if (values := tuple(values)) and len(values) != 1
        else (values[0] if values else ZERO)
    )


def union(values: Iterable[Value]) -> Value:
    """What is known when one of `values` holds and nobody can say which."""
    parts = tuple(values)
    origins = _joined(parts)
    unknown = next((part for part in parts if part.is_unknown), None)
    if unknown is not None:
        return Value.unknown(unknown.reason, *origins)
    if all(part.alternatives for part in parts):
        return Value.choice((v for part in parts for v in part.alternatives), *origins)
    every = [part.bounds() for part in parts]
    known = [b for b in every if b is not None]
    if len(known) != len(every):
        return Value.unknown("a number in one case and something else in another", *origins)
    tops = [b[1] for b in known]
    most = None if None in tops else max(t for t in tops if t is not None)
    return Value.between(min(b[0] for b in known), most, *origins)


def _bracketed(part: Value, operator: str) -> str:
    loose = part.operands and part.operator in ("+", "-") and operator in ("x", "-")
    return f"({part.formula})" if loose else part.formula


def _joined(values: Iterable[Value]) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(origin for value in values for origin in value.origins))


def _product(a: Number, b: Number) -> Number:
    return a * b


def _combine(operator: str, a: Value, b: Value, apply: Callable[[Number, Number], Number]) -> Value:
    """Combine two counts (numbers from 0) by an operation that grows with both of them."""
    if b is ZERO and operator == "+":
        return a
    if a is ZERO and operator == "+":
        return b
    operands = (*(a.operands if a.operator == operator else (a,)), *(b.operands if b.operator == operator else (b,)))
    origins = _joined((a, b))
    mine, theirs = a.bounds(), b.bounds()
    low_a = mine[0] if mine else a.least
    low_b = theirs[0] if theirs else b.least
    least = None if low_a is None or low_b is None else apply(low_a, low_b)
    if mine is None or theirs is None:
        reason = a.reason or b.reason or "not a number"
        return Value(reason=reason, least=least, origins=origins, operator=operator, operands=operands)
    if a.is_exact and b.is_exact:
        result = Value.exact(apply(mine[0], theirs[0]), *origins)
    else:
        nothing = operator == "x" and ((mine[1] == 0) or (theirs[1] == 0))
        unbounded = mine[1] is None or theirs[1] is None
        most = 0 if nothing else None if unbounded else apply(mine[1] or 0, theirs[1] or 0)
        result = Value.between(least or 0, most, *origins)
    return replace(result, operator=operator, operands=operands)


def _extreme(operator: str, a: Value, b: Value) -> Value:
    origins = _joined((a, b))
    mine, theirs = a.bounds(), b.bounds()
    if mine is None or theirs is None:
        if mine is None and theirs is None:
            return Value(
                reason=a.reason or b.reason or "not a number", origins=origins, operator=operator, operands=(a, b)
            )
        known = mine or theirs or (0, None)
        return Value(
            reason=a.reason or b.reason or "not a number",
            least=None if known[0] else 0,
            origins=origins,
            operator=operator,
            operands=(a, b),
        )
    tops = [top for top in (mine[1], theirs[1]) if top is not None]
    result = Value.between(min(mine[0], theirs[0]), min(tops) if tops else None, *origins)
    return replace(result, operator=operator, operands=(a, b))
