"""PgBouncer's query_timeout comes before the server's statement_timeout: it drops the client, not only the query.

https://www.pgbouncer.org/config.html#query_timeout (only with a slightly smaller statement_timeout); lab T3: the client
sees `query timeout` and its connection is closed.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at
from connlint.deployment.deadlines import deadline, in_force, known_off, reaches, server_limit
from connlint.deployment.model import Deployment, Engine, Pooler, Route
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict

_SETTING = "query_timeout"
_BROKEN = (Verdict.MUST, Verdict.CAN)


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route in deployment.routes:
        pooler = route.pooler
        if pooler is None or pooler.kind != "pgbouncer" or route.database.engine is not Engine.POSTGRESQL:
            continue
        limit = in_force(pooler.get(_SETTING))
        if limit is None or limit.is_unknown:
            continue
        statement, end = server_limit(route, "statement_timeout"), deadline(route)
        if known_off(statement):
            # All there is, and it strikes while the request still has time.
            verdict = end.seconds.compare(limit) if end is not None else Verdict.HOLDS
            if end is not None and verdict in _BROKEN:
                beside = f"no statement_timeout would cancel it, while {end.told}"
                yield _found(route, pooler, limit, beside, end.seconds, verdict)
        elif (verdict := reaches(statement, limit)) in _BROKEN:
            beside = f"statement_timeout would cancel it only after {statement} s"
            yield _found(route, pooler, limit, beside, statement, verdict)


def _found(route: Route, pooler: Pooler, limit: Value, beside: str, other: Value, verdict: Verdict) -> Found:
    return Found(
        f"{pooler.name} drops the client of a query after {limit} s ({_SETTING}), and {beside}: a slow query costs the "
        "connection",
        (*at(limit, f"drops the client after {limit} s", pooler.span, route.database.span), Evidence(other, beside)),
        subject=f"{pooler.name}: {_SETTING}",
        help=f"set statement_timeout below {limit} s on the server or for the role, and {_SETTING} a little above it "
        "as the last resort",
        verdict=verdict,
    )
