"""CONN_HEALTH_CHECKS is set for a Django that does not know it: nothing is tested.

https://docs.djangoproject.com/en/4.1/releases/4.1/#database-backends; 4.0 and older ignore the key without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import setting
from connlint.deployment.model import Deployment
from connlint.facts import product
from connlint.finding import Severity
from connlint.fixing.entries import key_or_value
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import ABSENT, Verdict

_KEY = "CONN_HEALTH_CHECKS"


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        stated = database.settings.get(_KEY)
        if stated is None or database.django is None or product("django").knows(_KEY, database.django) is not False:
            continue
        if stated.ever(lambda v: v is not ABSENT and bool(v)):
            since = product("django").settings[_KEY].since
            yield Found(
                f'{_KEY} of "{database.alias}" does nothing: Django {database.django} does not know it, {since} is the first that does',
                (
                    Evidence(key_or_value(stated, _KEY) or database.span, f"ignored by Django {database.django}"),
                    *(
                        (Evidence(deployment.versions["django"], "the installed version"),)
                        if "django" in deployment.versions
                        else ()
                    ),
                ),
                subject=setting(database, _KEY),
                help=f"upgrade Django to {since} or later; until then keep CONN_MAX_AGE below what hangs up on idle connections",
                verdict=Verdict.MUST if stated.always(lambda v: v is not ABSENT and bool(v)) else Verdict.CAN,
            )
