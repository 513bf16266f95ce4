"""Tenants are told apart by a session setting, and transaction pooling hands the session to the next client.

https://django-tenants.readthedocs.io/en/latest/use.html (search_path); django-tenants#732, #447, #1112: a user of one tenant
appeared in another.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import multiplexed
from connlint.deployment.model import Database, Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value

_PACKAGES = ("django_tenants", "tenant_schemas", "django_pgschemas")


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, pooler, mode, verdict in multiplexed(deployment):
        tenants = _tenants(deployment, route.database)
        if tenants is None:
            continue
        yield Found(
            f'rows of "{route.database.alias}" can reach another tenant: {pooler.name} gives the session whose search_path '
            "was set to the next client",
            (
                Evidence(tenants, "sets search_path for the session"),
                Evidence(mode, "the session changes hands after each transaction"),
            ),
            subject=f"{pooler.name}: tenants of {route.database.alias}",
            help="use pool_mode = session for this database, with CONN_MAX_AGE = 0",
            verdict=verdict,
        )


def _tenants(deployment: Deployment, database: Database) -> Value | None:
    """What makes this alias one of schema-based tenants: its ENGINE, or INSTALLED_APPS."""
    engine = database.settings.get("ENGINE")
    if engine is not None and engine.ever(lambda e: str(e).startswith(_PACKAGES)):
        return engine
    for module in deployment.modules:
        apps = module.names.get("INSTALLED_APPS")
        if module.name == database.module and apps is not None and apps.ever(_lists_tenants):
            return apps
    return None


def _lists_tenants(apps: object) -> bool:
    return isinstance(apps, (list, tuple)) and any(str(app).split(".")[0] in _PACKAGES for app in apps)
