"""What CONN_MAX_AGE does in Celery's workers depends on Celery's version: most close connections around each task.

https://github.com/celery/celery/blob/main/celery/fixups/django.py by version; lab T16: as many backends as tasks.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, setting
from connlint.deployment.model import Concurrency, Deployment
from connlint.facts import product
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    version = deployment.version("celery")
    after = product("celery_django").default("after-task", version)
    for group in deployment.groups:
        if group.concurrency is not Concurrency.TASKS or group.server != "celery" or not after.is_exact:
            continue
        for database in group.databases.values():
            if not database.persistent:
                continue
            age = database.get("CONN_MAX_AGE")
            closed = after.only == "closed"
            effect = (
                "closes connections around each task: CONN_MAX_AGE has no effect there"
                if closed
                else "keeps connections between tasks until they are older than CONN_MAX_AGE"
            )
            yield Found(
                f"Celery {version} {effect}",
                (
                    Evidence(age, f'of "{database.alias}"'),
                    *at(deployment.versions["celery"], "this version", group.span),
                ),
                subject=f"{group.name}: {setting(database, 'CONN_MAX_AGE')}",
                help="expect a new connection for each task"
                if closed
                else "count one connection for each worker process",
            )
