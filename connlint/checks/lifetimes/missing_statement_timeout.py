"""Something ends the request or task, and nothing ends its statement: the query runs on in the server.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT (0, the default, is no limit);
lab T21: the query of a killed gunicorn worker stayed active for 11 s more, until it was done.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, ending, setting
from connlint.deployment.deadlines import deadlined, known_off, server_limit
from connlint.deployment.model import Deployment, Route
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Span

_OTHERS = ("statement_timeout", "transaction_timeout")  # either ends a statement that takes too long


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, deadline in deadlined(deployment):
        limits = [server_limit(route, name) for name in _OTHERS]
        if not all(known_off(limit) for limit in limits) or _pooler_ends_queries(route):
            continue
        yield Found(
            f'{deadline.told}, and nothing ends a statement on "{route.database.alias}": its query may '
            "run on in the server",
            (
                *at(limits[0], "no statement_timeout", route.database.span),
                *(Evidence(span, "nor one here") for span in _files(route)),
                ending(deadline),
            ),
            subject=f"{route.group.name}: {setting(route.database, 'statement_timeout')}",
            help=f"set statement_timeout a few seconds below {deadline.seconds} s: in the server's configuration, for "
            'the role, or (without a pooler in between) with -c statement_timeout=... in OPTIONS["options"]',
        )


def _files(route: Route) -> Iterator[Span]:
    if route.server is not None and route.server.span is not None:
        yield route.server.span


def _pooler_ends_queries(route: Route) -> bool:
    """Whether PgBouncer's query_timeout, or a transaction_timeout of its own, may end the statement instead."""
    if route.pooler is None:
        return False
    stated = [route.pooler.settings.get(name) for name in ("query_timeout", "transaction_timeout")]
    return any(value is not None and not known_off(value) for value in stated)
