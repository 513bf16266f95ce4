"""OPTIONS["pool"] needs Django 5.1, psycopg 3 and psycopg_pool: without one of them connecting fails.

https://docs.djangoproject.com/en/stable/ref/databases/#connection-pool; https://docs.djangoproject.com/en/5.2/releases/5.2/
(Oracle); lab T9: Django 4.2 says `invalid connection option "pool"`, 5.2 without psycopg_pool "Error loading psycopg_pool module".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import setting
from connlint.checks.pools._pooled import pool_place
from connlint.checks.settings._keys import is_djangos
from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Database, Deployment, Engine
from connlint.facts import Version, product
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict

_TITLES = {Engine.MYSQL: "MySQL", Engine.SQLITE: "SQLite"}
_ORACLE = Version((5, 2))


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        pool = has_pool(database)
        if pool is False or not is_djangos(database) or database.settings.get("OPTIONS.pool", _NONE).is_unknown:
            continue
        unmet = _unmet(database, deployment)
        if unmet is not None:
            message, evidence, help_, verdict = unmet
            yield Found(
                f'"{database.alias}" has a pool, {message}',
                (pool_place(database, "a pool is asked for"), *evidence),
                subject=setting(database, "OPTIONS.pool"),
                help=help_,
                verdict=verdict if pool else Verdict.CAN,
            )


_NONE = Value.exact(None)


def _unmet(database: Database, deployment: Deployment) -> tuple[str, tuple[Evidence, ...], str, Verdict] | None:
    """What is missing: in words, its evidence, what to do, and how sure it is."""
    versions, django = deployment.versions, database.django
    if database.engine in _TITLES:
        name = _TITLES[database.engine]
        return f"which Django does not make for {name}: connecting fails", (), "take the pool out", Verdict.MUST
    since = _ORACLE if database.engine is Engine.ORACLE else product("django_postgresql").settings["pool"].since
    if django is not None and since is not None and django < since:
        stated = tuple(Evidence(versions[n], f"Django {django}") for n in ("django",) if n in versions)
        what = f"which Django {django} does not know ({since} is the first that does): connecting fails"
        return what, stated, f"upgrade Django to {since} or later, or take the pool out", Verdict.MUST
    if database.engine is not Engine.POSTGRESQL:
        return None
    if "psycopg2" in versions and "psycopg" not in versions:
        what = "which needs psycopg 3, and psycopg2 is what is installed: the first query fails"
        old = Evidence(versions["psycopg2"].span or database.span, "has no pool")
        return what, (old,), "install psycopg[pool] in place of psycopg2", Verdict.MUST
    driver = versions.get("psycopg")
    if driver is not None and driver.span is not None and "psycopg-pool" not in versions:
        what = "and psycopg_pool is not among what is installed: the first query fails"
        sure = Verdict.MUST if driver.span.path.endswith(".lock") else Verdict.CAN
        return what, (Evidence(driver.span, "without psycopg_pool"),), "install psycopg[pool]", sure
    return None
