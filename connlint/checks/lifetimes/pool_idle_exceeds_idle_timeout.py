"""Connections idle in the process's own pool longer than something on their way allows: the pool hands out dead ones.

https://www.psycopg.org/psycopg3/docs/api/pool.html (max_idle, max_lifetime, check); lab T9: 4 dead connections stall a
request for 6.5 s with health checks and fail 4 requests in a row without; 8 dead ones are a PoolTimeout.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, hangs_up, setting
from connlint.deployment.client_pool import has_pool, pool_option, pool_span
from connlint.deployment.deadlines import reaches
from connlint.deployment.model import Concurrency, Database, Deployment, IdleKill, Route
from connlint.finding import Fix, Severity
from connlint.fixing.literals import replace_seconds
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Number, Value, Verdict

_LIMITS = ("max_lifetime", "max_idle")  # what lasts longest by default comes first


_SHORT = (Concurrency.TASKS, Concurrency.COMMAND)  # they end before anything idles


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route in deployment.routes:
        if has_pool(route.database) is not True or route.group.concurrency in _SHORT:
            continue  # tasks tear the pool down each time (lab T16)
        found = sorted(_too_long(route), key=lambda item: item[0] is not Verdict.MUST)
        for verdict, name, kill in found[:1]:
            yield _found(route, name, pool_option(route.database, name), kill, verdict)


def _too_long(route: Route) -> Iterator[tuple[Verdict, str, IdleKill]]:
    for kill in sorted((kill for kill in route.kills if not kill.silent), key=_shortest):
        for name in _LIMITS:
            verdict = reaches(pool_option(route.database, name), kill.seconds)
            if verdict in (Verdict.MUST, Verdict.CAN):
                yield verdict, name, kill


def _shortest(kill: IdleKill) -> Number:
    bounds = kill.seconds.bounds()
    return float("inf") if bounds is None else bounds[0]


def _found(route: Route, name: str, limit: Value, kill: IdleKill, verdict: Verdict) -> Found:
    database = route.database
    checked = database.get("CONN_HEALTH_CHECKS").always(bool)
    then = "after a quiet time a request waits while the pool replaces dead ones" if checked else \
        "after a quiet time several requests in a row fail"  # fmt: skip
    default = "" if database.states(f"OPTIONS.pool.{name}") else ", its default"
    return Found(
        f'the pool of "{database.alias}" keeps connections for {limit} s ({name}{default}), and {hangs_up(kill)}: {then}',
        (
            *at(limit, f"kept for {limit} s", pool_span(database), database.span),
            Evidence(kill.seconds, f"idle ones end after {kill.seconds} s"),
        ),
        subject=setting(database, f"OPTIONS.pool.{name}"),
        help=f"raise {kill.setting} above max_lifetime and max_idle, or switch it off for this client; lowering these two "
        "helps only while there is traffic, because the pool tests a connection's age when it comes back",
        verdict=verdict,
        fix=_raise(database, kill),
    )


def _raise(database: Database, kill: IdleKill) -> Fix | None:
    """Above both limits of the pool with a minute to spare; lowering these would not help (lab T9)."""
    bounds = [pool_option(database, name).bounds() for name in _LIMITS]
    tops = [most for each in bounds if each is not None and (most := each[1]) is not None]
    if len(tops) < len(bounds):
        return None
    seconds = int(max(tops)) + 60
    return replace_seconds(kill.seconds, seconds, f"raise {kill.setting} to {seconds} s")
