"""An alias of DATABASES has a key that Django does not know: it is ignored without a word.

https://docs.djangoproject.com/en/stable/ref/settings/#databases; lab T18: a misspelled key, or one in lower case, leaves the
default in force, and `manage.py check` passes.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._slips import is_slip
from connlint.checks.settings._keys import DJANGO, is_djangos, meant_key, option_name
from connlint.deployment.model import Database, Deployment, SettingsModule
from connlint.finding import Severity
from connlint.fixing.entries import key_or_value, rename
from connlint.fixing.keys import move_into_options
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import ABSENT, Value, Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe", "unsafe"))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for module in deployment.modules:
        for database in module.databases.values():
            first: dict[str, Value] = {}
            for name, held in database.settings.items():
                first.setdefault(name.partition(".")[0], held)
            for key, value in first.items():
                if key and key not in DJANGO.names and not value.always(lambda v: v is ABSENT):
                    yield from _judged(module, database, key, value)


def _judged(module: SettingsModule, database: Database, key: str, value: Value) -> Iterator[Found]:
    sure_engine = is_djangos(database)
    known = meant_key(key, sure_engine=sure_engine)
    option = option_name(key, database)
    fix, verdict = None, Verdict.MUST
    if option is not None and (known is None or key.upper() != known):
        message = f'"{key}" of "{database.alias}" is an option of the driver: as a key of the alias nobody reads it'
        help_ = f'put it into OPTIONS: "OPTIONS": {{"{option}": ...}}'
        fix = move_into_options(database, value, key, option)
    elif known is not None:
        message = f'"{key}" of "{database.alias}" is no key of DATABASES, and Django ignores it: {known} stays {_what_holds(database, known)}'
        help_ = f'write "{known}"' + (f" once: the alias states {known} as well" if database.states(known) else "")
        fix = rename(value, key, known) if is_slip(key, known) and not database.states(known) else None
    elif sure_engine and not _is_read(module, key):
        message = f'"{key}" of "{database.alias}" is no key of DATABASES: Django ignores it'
        help_ = "remove it; what is meant for the driver belongs into OPTIONS"
        verdict = Verdict.CAN  # other code of the project may look at it
    else:
        return
    place = key_or_value(value, key) or database.span
    if not sure_engine or value.ever(lambda v: v is ABSENT):
        verdict = Verdict.CAN
    yield Found(
        message,
        (Evidence(place, "Django does not know this key"),),
        subject=f"{database.module}:{database.alias}.{key}",
        help=help_,
        verdict=verdict,
        fix=fix,
    )


def _what_holds(database: Database, known: str) -> str:
    if database.states(known):
        return "as stated"
    value = database.get(known)
    return f"{value.only!r}, its default" if value.is_exact and value.only in (0, 1, None) else "at its default"


def _is_read(module: SettingsModule, key: str) -> bool:
    """Whether evaluated code asks for a name like this: then the project has a use for its own key."""
    return key in module.read_names
