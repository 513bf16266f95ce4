"""Tenants are told apart by a session setting, and transaction pooling hands the session to the next client.

https://django-tenants.readthedocs.io/en/latest/use.html (search_path); django-tenants#732 (RDS Proxy), #447, #1112: a user of
one tenant appeared in another.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import at, shared
from connlint.deployment.managed import works
from connlint.deployment.model import Database, Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict

_PACKAGES = ("django_tenants", "tenant_schemas", "django_pgschemas")
_STOCK = ("django.db.backends.", "django.contrib.gis.db.backends.")


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for way in shared(deployment):
        database, pooler = way.database, way.pooler
        told = _tenants(deployment, database)
        if told is None:
            continue
        if way.verdict is Verdict.UNKNOWN:
            yield from way.missing()
            continue
        tenants, sure = told
        certain = sure and way.verdict is Verdict.MUST and not works(pooler, "session_settings")
        yield Found(
            f'rows of "{database.alias}" can reach another tenant: {pooler.name} hands a session over between transactions, '
            "with the search_path that the last client set",
            (
                Evidence(tenants, "chooses the tenant by search_path, a setting of the session"),
                *at(pooler, way.mode, f"{way.mode} pooling: sessions change hands"),
            ),
            subject=f"{way.subject}: tenants",
            help="let this alias connect through a pool in session mode (with CONN_MAX_AGE 0), or straight to the server",
            verdict=Verdict.MUST if certain else Verdict.CAN,
        )


def _tenants(deployment: Deployment, database: Database) -> tuple[Value, bool] | None:
    """What makes this alias one of schema-based tenants, and whether it surely does.

    That is its ENGINE; beside an ENGINE that is somebody's own, the package in INSTALLED_APPS only suggests it.
    """
    engine = database.get("ENGINE")
    if engine.ever(lambda e: str(e).startswith(_PACKAGES)):
        return engine, engine.always(lambda e: str(e).startswith(_PACKAGES))
    if engine.ever(lambda e: str(e).startswith(_STOCK)):
        return None  # it has no way to choose a schema
    for module in deployment.modules:
        apps = module.names.get("INSTALLED_APPS")
        if module.name == database.module and apps is not None and apps.ever(_lists_tenants):
            return apps, False
    return None


def _lists_tenants(apps: object) -> bool:
    return isinstance(apps, (list, tuple)) and any(str(app).split(".")[0] in _PACKAGES for app in apps)
