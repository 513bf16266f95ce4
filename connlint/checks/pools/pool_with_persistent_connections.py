"""A pool and CONN_MAX_AGE at once: Django refuses the first query.

https://docs.djangoproject.com/en/stable/ref/databases/#connection-pool; lab T9: "Pooling doesn't support persistent
connections." for 60 and for None, and `manage.py check --database default` reports no issue.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._unknown import unknown_setting
from connlint.checks.lifetimes._words import at, setting
from connlint.checks.pools._pooled import WITH_POOL, pool_place, unknown_switch
from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Database, Deployment
from connlint.facts import product
from connlint.finding import Safety, Severity
from connlint.fixing.literals import replace_literal
from connlint.rulebook import Found, Missing, rule
from connlint.value import Value, Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        if database.engine not in WITH_POOL or product("django_postgresql").knows("pool", database.django) is False:
            continue
        age, pool = database.get("CONN_MAX_AGE"), has_pool(database)
        if pool is False or not _may_persist(age):
            continue
        if age.is_unknown:
            if pool:
                yield unknown_setting(database, "CONN_MAX_AGE")
        elif pool is None and not database.settings["OPTIONS.pool"].alternatives:
            yield from unknown_switch(database)
        else:
            yield _found(database, age, sure=pool is True and (age.always(_persists) or not age.alternatives))


def _found(database: Database, age: Value, *, sure: bool) -> Found:
    return Found(
        f'"{database.alias}" has a pool and CONN_MAX_AGE {age}: Django raises ImproperlyConfigured at the first query',
        (*at(age, "has to be 0 beside a pool", database.span), pool_place(database, "the pool")),
        subject=setting(database, "CONN_MAX_AGE"),
        help="set CONN_MAX_AGE to 0: the pool keeps the connections",
        verdict=Verdict.MUST if sure else Verdict.CAN,
        fix=replace_literal(age, "0", "set CONN_MAX_AGE to 0", Safety.SAFE),
    )


def _may_persist(age: Value) -> bool:
    bounds = age.bounds()
    return age.is_unknown or age.ever(_persists) or (not age.alternatives and bounds is not None and bounds[0] > 0)


def _persists(age: object) -> bool:
    """Django compares with 0: None and text differ from it as well."""
    return age != 0
