"""Text, or a list, where Django calculates with a number or asks whether something is true.

https://docs.djangoproject.com/en/stable/ref/settings/#conn-max-age; lab T18: "60" is a TypeError at the first connection,
a negative number closes each connection, True keeps it for one second, and the text "False" counts as true.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, setting
from connlint.checks.settings._keys import AGE, BOOLEANS
from connlint.checks.settings._types import (
    cast,
    is_bool,
    is_literal,
    is_negative,
    is_no_number,
    is_text,
    kind,
    means_false,
)
from connlint.deployment.counterfactual import variable_of
from connlint.deployment.model import Database, Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule
from connlint.value import Value, Verdict

_TRUE_OR_FALSE = 'give it True or False; text from a variable has to be compared first, as in os.environ["X"] == "true"'
_FAILS = "every connection fails with a TypeError"


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        for key in (AGE, *sorted(BOOLEANS)):
            value = database.settings.get(key)
            if value is not None:
                found = _age(database, value) if key == AGE else _boolean(database, key, value)
                found = found or _when_set(database, key, value)
                yield from () if found is None else (found,)


def _age(database: Database, value: Value) -> Found | None:
    if value.ever(is_no_number):
        label = f"{kind(value)}, not a number"
        return _found(database, AGE, value, f"is {kind(value)}: {_FAILS}", label, value.always(is_no_number))
    for test, words in (
        (is_bool, "a bool, which counts as 0 or 1 second"),
        (is_negative, "below 0, which counts as 0"),
    ):
        if value.ever(test):
            return _found(database, AGE, value, f"is {words}", words, value.always(test), Severity.WARNING)
    return None


def _boolean(database: Database, key: str, value: Value) -> Found | None:
    if not value.ever(is_text):
        return None
    literal, wrong = is_literal(value), value.ever(means_false)
    told = "and this text means false" if wrong and literal else 'whatever it says, "False" included'
    severity = Severity.WARNING if literal and not wrong else None
    message = f"is text: any but the empty one counts as true, {told}"
    return _found(database, key, value, message, "text, not a bool", value.always(is_text), severity)


def _when_set(database: Database, key: str, value: Value) -> Found | None:
    """The default has the right type; the text of its variable would not."""
    other = database.when_set.get(key)
    if other is None or not other.ever(is_text):
        return None
    name = variable_of(value) or "its variable"
    wrong = _FAILS if key == AGE else 'any text counts as true, "False" included'
    always = value.is_unknown and other.always(is_text)  # without its variable there is no value at all
    when = f"is the text of {name}" if always else f"is text as soon as {name} is set"
    place = Value.exact("", *value.origins) if always else value  # known well enough: to be text
    return _found(database, key, value, f"{when}: {wrong}", f"{name} is used as text", always, evidence=place)


def _found(
    database: Database,
    key: str,
    value: Value,
    message: str,
    label: str,
    sure: bool,
    severity: Severity | None = None,
    evidence: Value | None = None,
) -> Found:
    return Found(
        f'{key} of "{database.alias}" {message}',
        at(evidence or value, label, database.span),
        subject=setting(database, key),
        help="make it a number of seconds, as int(...) does, or None" if key == AGE else _TRUE_OR_FALSE,
        severity=severity,
        verdict=Verdict.MUST if sure else Verdict.CAN,
        fix=cast(database, key, value),
        harmless=True,
    )
