"""Persistent connections under a server that never comes back to them: they pile up."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._unknown import unknown_setting
from connlint.checks.lifetimes._words import at, setting
from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Concurrency, Database, Deployment, Engine, ProcessGroup
from connlint.finding import Fix, Safety, Severity
from connlint.fixing.literals import replace_literal
from connlint.rulebook import Found, Missing
from connlint.value import Verdict

NETWORKED = (Engine.POSTGRESQL, Engine.MYSQL, Engine.ORACLE)


def piling(deployment: Deployment, concurrency: Concurrency) -> Iterator[tuple[ProcessGroup, Database]]:
    """Each process group of this concurrency with each alias whose connections may persist.

    An alias with a pool is left out: there CONN_MAX_AGE has to be 0, and another rule says so.
    """
    for group in deployment.groups:
        if group.concurrency is not concurrency:
            continue
        for database in group.databases.values():
            if database.engine in NETWORKED and database.persistent is not False and has_pool(database) is False:
                yield group, database


def piles_up(
    group: ProcessGroup, database: Database, message: str, serves: str, severity: Severity, fix: Fix | None
) -> Iterator[Found | Missing]:
    """The finding for one alias of one group: a warning where only some alternatives persist; a lack where none is known.

    `serves` labels what makes the group serve requests this way.
    """
    age = database.get("CONN_MAX_AGE")
    if age.is_unknown:
        yield unknown_setting(database, "CONN_MAX_AGE")
        return
    sure = database.persistent is True
    yield Found(
        message,
        (*at(age, "connections outlive their request", database.span), *at(group.worker_class, serves, group.span)),
        subject=f"{group.name}: {setting(database, 'CONN_MAX_AGE')}",
        help='set CONN_MAX_AGE to 0; where connecting costs too much, use OPTIONS["pool"] (Django 5.1 and later) '
        "or a pooler",
        severity=severity if sure else Severity.WARNING,
        verdict=Verdict.MUST if sure else Verdict.CAN,
        fix=fix,
    )


def close_after_request(deployment: Deployment, group: ProcessGroup, database: Database) -> Fix | None:
    """CONN_MAX_AGE = 0: safe where nobody else runs these settings, who could make use of a persistent connection."""
    others = any(
        other.concurrency is not group.concurrency
        for other in deployment.groups
        if other.module is not None and other.module.name == database.module
    )
    safety = Safety.UNSAFE if others else Safety.SAFE
    return replace_literal(database.get("CONN_MAX_AGE"), "0", "set CONN_MAX_AGE to 0", safety)
