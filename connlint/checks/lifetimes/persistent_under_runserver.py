"""The development server starts a thread for each TCP connection: a persistent connection stays behind with each.

https://docs.djangoproject.com/en/stable/ref/databases/#persistent-connections; lab T12: one connection per client without
keep-alive, 135 after 600 requests; an HTTP keep-alive client reuses its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._piling import NETWORKED, piles_up, piling
from connlint.checks.lifetimes._words import at, setting
from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Concurrency, Database, Deployment, SettingsModule
from connlint.deployment.processes import UNSEEN
from connlint.finding import Fix, Safety, Severity
from connlint.fixing.literals import replace_literal
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Certainty


@rule(severity=Severity.INFO, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group, database in piling(deployment, Concurrency.PER_CONNECTION):
        yield from piles_up(
            group, database, _message(database), "a thread for each TCP connection", Severity.WARNING, _fix(database)
        )
    served = {g.module.name for g in deployment.groups if g.module is not None and g.server != UNSEEN}
    for module in deployment.modules:
        if module.name not in served and _is_for_development(module):
            yield from _in_development(module)


def _in_development(module: SettingsModule) -> Iterator[Found]:
    for database in module.databases.values():
        if database.engine in NETWORKED and database.persistent and has_pool(database) is False:
            yield Found(
                _message(database),
                (
                    *at(database.get("CONN_MAX_AGE"), "connections outlive their request", database.span),
                    Evidence(module.names["DEBUG"], "settings for development"),
                ),
                subject=setting(database, "CONN_MAX_AGE"),
                help="set CONN_MAX_AGE to 0 where DEBUG is true",
                fix=_fix(database) if _is_its_own(module, database) else None,
            )


def _is_its_own(module: SettingsModule, database: Database) -> bool:
    """Whether the age is written in this module, and not in one that production shares."""
    span = database.get("CONN_MAX_AGE").span
    return span is not None and span.path == module.path


def _is_for_development(module: SettingsModule) -> bool:
    """DEBUG is true, and not only as the default of a variable that production may set."""
    debug = module.names.get("DEBUG")
    return debug is not None and debug.always(lambda v: v is True) and debug.certainty < Certainty.ASSUMED


def _message(database: Database) -> str:
    age = database.get("CONN_MAX_AGE")
    return f'runserver leaves a connection to "{database.alias}" open for each TCP connection it has served (CONN_MAX_AGE is {age})'


def _fix(database: Database) -> Fix | None:
    return replace_literal(database.get("CONN_MAX_AGE"), "0", "set CONN_MAX_AGE to 0", Safety.UNSAFE)
