"""Which values Django can calculate with, and the fix that gives a key a value of its type."""

from __future__ import annotations

from connlint.checks.settings._keys import AGE
from connlint.deployment.model import Database
from connlint.finding import Fix, Safety
from connlint.fixing.entries import wrap
from connlint.fixing.literals import replace_literal
from connlint.value import Certainty, Value

_FALSE = frozenset({"false", "0", "no", "off", "n", "f", "none"})


def is_text(value: object) -> bool:
    return isinstance(value, (str, bytes))


def is_no_number(value: object) -> bool:
    return isinstance(value, (str, bytes, list, tuple, dict, set, frozenset))


def is_bool(value: object) -> bool:
    return isinstance(value, bool)


def is_negative(value: object) -> bool:
    return isinstance(value, (int, float)) and value < 0


def means_false(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in _FALSE


def is_literal(value: Value) -> bool:
    """Whether one literal in a file is all there is to the value."""
    return value.certainty is Certainty.EXACT and replace_literal(value, "", "", Safety.SAFE) is not None


def kind(value: Value) -> str:
    """`text`, `a list`: what the first alternative is that is no number."""
    name = next(type(v).__name__ for v in value.alternatives if is_no_number(v))
    return "text" if name in ("str", "bytes") else f"a {name}"


def cast(database: Database, key: str, value: Value) -> Fix | None:
    """A literal becomes what it says; an age that a variable gives is put through int()."""
    text = value.only.strip() if value.is_exact and isinstance(value.only, str) else ""
    if key != AGE:
        return (
            replace_literal(value, text, f"write {text} as a bool", Safety.SAFE) if text in ("True", "False") else None
        )
    if text:
        literal = replace_literal(value, text, f"write {text} as a number", Safety.SAFE) if text.isdecimal() else None
        return literal or (wrap(value, key, "int") if text.isdecimal() else None)
    other = database.when_set.get(key)
    convertible = value.is_unknown or (value.is_exact and type(value.only) is int)
    return wrap(value, key, "int") if convertible and other is not None and other.ever(is_text) else None
