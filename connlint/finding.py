"""What a rule says: one finding, with a label on every place that makes it true."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from connlint.records import dataclass
from connlint.source import Edit, Span
from connlint.value import Number, Value


class Severity(Enum):
    """The consequence: requests fail or data mixes; fails under load; worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _SEVERITIES.index(self)


_SEVERITIES = tuple(Severity)


class Confidence(Enum):
    """How sure the evidence is; computed from origins and verdict, never chosen by a rule."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Safety(Enum):
    """Safe: repairs a definite error and nothing else. Unsafe: changes what production does."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Label:
    """A place that makes a finding true, with a few words on what it says there."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """What `--fix` would do. `made` is the edits, or what makes them: some cost much, and most fixes are only named."""

    safety: Safety
    title: str
    made: tuple[Edit, ...] | Callable[[], tuple[Edit, ...]]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits; none where it turns out that they cannot be made."""
        return self.made() if callable(self.made) else self.made


@dataclass(frozen=True, slots=True)
class Amount:
    """How bad a mistake is, where that is a number: what is asked for, and how much of it there is."""

    asked: Number
    granted: Number | None = None

    @classmethod
    def of(cls, asked: Value, granted: Value) -> Amount | None:
        """The most that may be asked for (the least where nothing limits it) of the least that may be granted."""
        most, there = _bounds(asked), _bounds(granted)
        number = most[1] if most[1] is not None else most[0]
        return None if number is None else cls(number, there[0] if there[0] is not None else there[1])

    def exceeds(self, other: Amount) -> bool:
        """Whether this is worse: more is asked for, or less is granted."""
        less = self.granted is not None and other.granted is not None and self.granted < other.granted
        return self.asked > other.asked or less


def _bounds(value: Value) -> tuple[Number | None, Number | None]:
    return value.bounds() or (value.least, value.most)


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake. `labels[0]` is the primary place; `subject` names the thing it is about, stable
    across edits that only move lines (`shop.settings:default.CONN_MAX_AGE`)."""

    rule: str
    severity: Severity
    confidence: Confidence
    message: str
    labels: tuple[Label, ...]
    subject: str
    help: str = ""
    deployment: str = ""
    fix: Fix | None = None
    amount: Amount | None = None

    @property
    def primary(self) -> Label:
        return self.labels[0]


@dataclass(frozen=True, slots=True)
class Lack:
    """A fact that some rule needs and no file states, and the one line of configuration that would."""

    fact: str
    declare: str
    needed_by: tuple[str, ...] = ()
