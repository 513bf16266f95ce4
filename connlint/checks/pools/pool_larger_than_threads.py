"""The pool opens more connections than there are threads to use them: the rest sit idle on the server.

https://www.psycopg.org/psycopg3/docs/advanced/pool.html#pool-size; lab T9: `"pool": True` under three sync workers held 12
connections, where 3 are enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, setting
from connlint.checks.pools._pooled import least, pooled, size
from connlint.deployment.model import Database, Deployment, ProcessGroup
from connlint.finding import Fix, Severity
from connlint.fixing.keys import set_key
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group, database in pooled(deployment):
        opened = least(database)
        if opened.compare(group.threads) is not Verdict.MUST:
            continue
        one = group.threads.always(lambda n: n == 1)
        yield Found(
            f'each process of {group.name} opens {opened} connections for "{database.alias}", and '
            + ("its one thread uses one at a time" if one else f"its {group.threads} threads use as many at most"),
            (
                size(database, "min_size"),
                *at(
                    group.threads,
                    "1 thread in each process" if one else f"{group.threads} threads in each process",
                    group.worker_class.span,
                    group.span,
                ),
            ),
            subject=f"{group.name}: {setting(database, 'OPTIONS.pool.min_size')}",
            help=_help(group),
            fix=_fix(deployment, group, database),
        )


def _help(group: ProcessGroup) -> str:
    if group.threads.always(lambda n: n == 1):
        return "a pool is of no use to one thread: take it out and set CONN_MAX_AGE, or set min_size to 1 and max_size to 1"
    return f"set min_size to {group.threads} or less"


def _fix(deployment: Deployment, group: ProcessGroup, database: Database) -> Fix | None:
    if not group.threads.is_exact:
        return None
    threads = str(group.threads.only)
    return set_key(deployment, database, "OPTIONS.pool.min_size", threads, f"set min_size to {threads}")
