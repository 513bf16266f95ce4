"""The application is loaded, and queries, before the workers are forked: they share one connection and each other's rows.

lab T10, T28: gunicorn with preload_app, a query at import and CONN_MAX_AGE = 60, three workers: up to 98 of 108 answers
carried another request's row, with HTTP 200. With CONN_MAX_AGE = 0, without the query, or after close_all(): none.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._forking import load_later
from connlint.checks.lifetimes._words import at, setting
from connlint.deployment.application import ImportQuery, closes_before_fork
from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Database, Deployment, ProcessGroup
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        bounds = group.processes.bounds()
        if not group.preload.always(bool) or (bounds is not None and bounds[1] == 1) or closes_before_fork(group):
            continue
        if group.server == "uwsgi" and deployment.code.closes_after_fork:
            continue
        kept = [database for database in group.databases.values() if database.persistent or has_pool(database)]
        if not kept:
            continue
        query = next((each for each in deployment.code.imports if each.left_open), None)
        if query is not None:
            yield _seen(group, kept[0], query)
        elif kept[0].persistent:  # of a pool, pool-inherited-by-fork tells
            yield _possible(group, kept[0])


def _seen(group: ProcessGroup, database: Database, query: ImportQuery) -> Found:
    return Found(
        f"{query.where} queries before {group.name} forks its workers: they share that connection, and requests get "
        "each other's rows with HTTP 200",
        (
            *at(group.preload, _loads(group), group.processes.span, group.span),
            *(Evidence(step.span, step.text) for step in query.chain),
            *_kept(database),
        ),
        subject=f"{group.name}: {query.where}",
        help=_help(group),
        fix=load_later(group),
    )


def _possible(group: ProcessGroup, database: Database) -> Found:
    return Found(
        f"{group.name} loads the application before it forks and keeps connections: one query at import or in ready(), "
        "and all workers share its connection and each other's rows",
        (*at(group.preload, _loads(group), group.processes.span, group.span), *_kept(database)),
        subject=f"{group.name}: {setting(database, 'CONN_MAX_AGE')}",
        help=_help(group),
        severity=Severity.INFO,
        verdict=Verdict.CAN,
        fix=load_later(group),
    )


def _kept(database: Database) -> tuple[Evidence, ...]:
    key = "CONN_MAX_AGE" if database.persistent else "OPTIONS.pool"
    return (Evidence(database.get(key), f'keeps the connection to "{database.alias}" open'),)


def _loads(group: ProcessGroup) -> str:
    return "forks after loading, unless lazy-apps is set" if group.server == "uwsgi" else "loads once, before the fork"


def _help(group: ProcessGroup) -> str:
    if group.server == "uwsgi":
        return "set lazy-apps = true"
    return (
        "call connections.close_all() (from django.db) in when_ready of gunicorn.conf.py, or set preload_app to False"
    )
