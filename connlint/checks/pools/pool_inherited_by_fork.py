"""The application is loaded before the workers are forked: a pool opened there is shared, and requests get each other's rows.

https://www.psycopg.org/psycopg3/docs/advanced/pool.html; lab T28: gunicorn with preload_app, a query at import and a pool, 25 to 34
of 108 answers belonged to another request. Without a query before the fork none did: the pool is opened by the first one.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._forking import load_later
from connlint.checks.lifetimes._words import at, setting
from connlint.checks.pools._pooled import WITH_POOL, pool_place
from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Database, Deployment, ProcessGroup
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        bounds = group.processes.bounds()
        if not group.preload.ever(bool) or (bounds is not None and bounds[1] == 1):
            continue
        for database in group.databases.values():
            if database.engine in WITH_POOL and has_pool(database):
                yield _found(group, database)


def _found(group: ProcessGroup, database: Database) -> Found:
    uwsgi = group.server == "uwsgi"
    loads = (
        "uWSGI forks after loading the application, unless lazy-apps is set" if uwsgi else "preload_app loads it once"
    )
    return Found(
        f'{group.name} loads the application before it forks: a query at import or in ready() opens the pool of "{database.alias}" '
        "there, all workers share its sockets, and requests get each other's rows",
        (
            *at(group.preload, loads, group.processes.span, group.span),
            pool_place(database, "opened by the first query"),
        ),
        subject=f"{group.name}: {setting(database, 'OPTIONS.pool')}",
        help="set lazy-apps = true"
        if uwsgi
        else "set preload_app to False, or make sure that nothing queries at import or in ready()",
        severity=Severity.INFO,  # an error needs the query, and it is not seen here: without one nothing is shared
        verdict=Verdict.CAN,
        fix=load_later(group),
    )
