"""A statement may run longer than the request that waits for it: the worker dies first, and the query may run on.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT; lab T21: with gunicorn's timeout
of 3 s a sync worker was killed at 4 s and its query stayed active until it ended at 15 s (psycopg2).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, below, ending, setting
from connlint.deployment.deadlines import Deadline, deadlined, reaches, server_limit
from connlint.deployment.model import Deployment
from connlint.finding import Fix, Severity
from connlint.fixing.literals import replace_seconds
from connlint.rulebook import Found, Missing, rule
from connlint.value import Value, Verdict


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, deadline in deadlined(deployment):
        limit = server_limit(route, "statement_timeout")
        verdict = reaches(limit, deadline.seconds)
        if verdict not in (Verdict.MUST, Verdict.CAN):
            continue
        yield Found(
            f'a statement on "{route.database.alias}" may run for {limit} s, but {deadline.told}: the work is lost '
            "before PostgreSQL cancels the query, which may run on",
            (
                *at(limit, f"statements end after {limit} s", route.database.span),
                ending(deadline),
            ),
            subject=f"{route.group.name}: {setting(route.database, 'statement_timeout')}",
            help=f"set statement_timeout a few seconds below {deadline.seconds} s",
            verdict=verdict,
            fix=_lower(limit, deadline),
        )


def _lower(limit: Value, deadline: Deadline) -> Fix | None:
    seconds = below(deadline.seconds)
    if seconds is None:
        return None
    title = f"lower statement_timeout to {seconds} s, below {deadline.setting}"
    return replace_seconds(limit, seconds, title, "statement_timeout")
