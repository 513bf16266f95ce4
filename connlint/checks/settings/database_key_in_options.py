"""A key of the alias stands inside OPTIONS, whose entries all go to the driver: it refuses to connect.

https://docs.djangoproject.com/en/stable/ref/settings/#options; lab T18: psycopg says `invalid connection option "CONN_MAX_AGE"`,
mysqlclient raises a TypeError. dj-database-url puts `?conn_max_age=` of a URL there as well; django-environ does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.settings._keys import PLAIN_KEYS, option_name
from connlint.deployment.model import Database, Deployment, Engine
from connlint.finding import Severity
from connlint.fixing.entries import hoist, key_or_value
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Span
from connlint.value import ABSENT, Value, Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        for name, value in database.below("OPTIONS"):
            key = name.upper()
            if key not in PLAIN_KEYS or value.always(lambda v: v is ABSENT) or option_name(name, database) == name:
                continue
            yield _found(database, name, key, value)


def _found(database: Database, name: str, key: str, value: Value) -> Found:
    place = key_or_value(value, name) or database.span
    sure = database.engine not in (Engine.OTHER, None) and not value.ever(lambda v: v is ABSENT)
    written = f'"{name}"' in _line(place) or f"'{name}'" in _line(place) or place.text == name
    return Found(
        f'{name} stands in OPTIONS of "{database.alias}", and all of OPTIONS goes to the driver: connecting fails',
        (Evidence(place, "an option the driver does not know" if written else f"{name} comes from the URL read here"),),
        subject=f"{database.module}:{database.alias}.OPTIONS.{name}",
        help=f'put "{key}" into the alias itself, beside "OPTIONS"'
        if written
        else f"take {name} out of the URL, and pass {key.lower()}= to the function that reads it",
        verdict=Verdict.MUST if sure else Verdict.CAN,
        fix=None if database.states(key) else hoist(value, name, key, "OPTIONS"),
    )


def _line(place: Span) -> str:
    return place.source.line(place.line)
