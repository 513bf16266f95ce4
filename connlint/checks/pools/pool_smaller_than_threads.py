"""More threads than connections in the pool: some requests wait for one, and fail when none comes back in time.

https://www.psycopg.org/psycopg3/docs/advanced/pool.html#pool-size; lab T9: "couldn't get a connection after 30.00 sec".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._unknown import unknown_setting
from connlint.checks.lifetimes._words import at, setting
from connlint.checks.pools._pooled import most, pooled, size
from connlint.deployment.client_pool import pool_option
from connlint.deployment.model import Concurrency, Database, Deployment, ProcessGroup
from connlint.finding import Fix, Severity
from connlint.fixing.keys import set_key
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group, database in pooled(deployment):
        holds = most(database)
        if holds.is_unknown:
            yield unknown_setting(database, "OPTIONS.pool.max_size", holds, "max_size of the pool")
            continue
        verdict = group.threads.compare(holds)
        if verdict not in (Verdict.MUST, Verdict.CAN):
            continue
        what = "greenlets" if group.concurrency is Concurrency.GREENLETS else "threads"
        wait = pool_option(database, "timeout")
        yield Found(
            f"a process of {group.name} has {group.threads} {what} and {holds} connections in its pool for "
            f'"{database.alias}": under load a request waits for one, and fails after {wait} s',
            (
                size(database, "max_size") if database.states("OPTIONS.pool.max_size") else size(database, "min_size"),
                *at(group.threads, f"{group.threads} {what} share it", group.worker_class.span, group.span),
            ),
            subject=f"{group.name}: {setting(database, 'OPTIONS.pool.max_size')}",
            help=f"raise max_size to the number of {what}, or lower that",
            # greenlets only may all be busy at once: there are as many as clients, up to worker_connections
            verdict=Verdict.CAN if group.concurrency is Concurrency.GREENLETS else verdict,
            fix=_fix(deployment, group, database),
        )


def _fix(deployment: Deployment, group: ProcessGroup, database: Database) -> Fix | None:
    if not group.threads.is_exact or group.concurrency is Concurrency.GREENLETS:
        return None
    threads = str(group.threads.only)
    return set_key(deployment, database, "OPTIONS.pool.max_size", threads, f"set max_size to {threads}")
