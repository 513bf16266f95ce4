"""A request may wait for the process's own pool longer than it lives: the worker is killed while it waits.

https://www.psycopg.org/psycopg3/docs/api/pool.html (timeout: 30 s by default); lab T9: PoolTimeout, "couldn't get a
connection after 30.00 sec".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, below, ending, setting
from connlint.deployment.client_pool import has_pool, pool_option, pool_span
from connlint.deployment.deadlines import Deadline, deadlined, is_default, reaches
from connlint.deployment.model import Database, Deployment
from connlint.finding import Fix, Severity
from connlint.fixing.keys import set_key
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, deadline in deadlined(deployment):
        database = route.database
        if has_pool(database) is not True:
            continue
        wait = pool_option(database, "timeout")
        verdict = reaches(wait, deadline.seconds)
        if verdict not in (Verdict.MUST, Verdict.CAN):
            continue
        default = ", its default" if is_default(wait) else ""
        yield Found(
            f'a request waits up to {wait} s for the pool of "{database.alias}" (timeout{default}), but {deadline.told}: '
            "it dies before the pool can say that it is exhausted",
            (
                *at(wait, f"waits up to {wait} s", pool_span(database), database.span),
                ending(deadline),
            ),
            subject=f"{route.group.name}: {setting(database, 'OPTIONS.pool.timeout')}",
            help=f'set "timeout" in OPTIONS["pool"] a few seconds below {deadline.seconds}',
            severity=Severity.INFO if is_default(wait) and is_default(deadline.seconds) else None,
            verdict=verdict,
            fix=_lower(deployment, database, deadline),
        )


def _lower(deployment: Deployment, database: Database, deadline: Deadline) -> Fix | None:
    seconds = below(deadline.seconds)
    if seconds is None:
        return None
    title = f"wait for the pool {seconds} s at the most, below {deadline.setting}"
    return set_key(deployment, database, "OPTIONS.pool.timeout", str(seconds), title)
