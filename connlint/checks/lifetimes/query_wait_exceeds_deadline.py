"""A query may wait for PgBouncer longer than its request lives: the worker is killed while it queues.

https://www.pgbouncer.org/config.html#query_wait_timeout (120 s by default, 0 waits without limit); lab T22d.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, below, ending
from connlint.deployment.deadlines import Deadline, deadlined, is_default, known_off, reaches
from connlint.deployment.model import Deployment, Pooler, Route
from connlint.finding import Fix, Severity
from connlint.fixing.lines import set_number
from connlint.rulebook import Found, Missing, rule
from connlint.value import Value, Verdict

_SETTING = "query_wait_timeout"


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, deadline in deadlined(deployment):
        pooler = route.pooler
        if pooler is None or pooler.kind != "pgbouncer" or not (pooler.configured or _SETTING in pooler.settings):
            continue
        wait = pooler.get(_SETTING)
        verdict = Verdict.MUST if known_off(wait) else reaches(wait, deadline.seconds)
        if verdict in (Verdict.MUST, Verdict.CAN):
            yield _found(route, pooler, wait, deadline, verdict)


def _found(route: Route, pooler: Pooler, wait: Value, deadline: Deadline, verdict: Verdict) -> Found:
    long = "without limit" if known_off(wait) else f"up to {wait} s"
    default = ", its default" if is_default(wait) else ""
    return Found(
        f"a query waits {long} for a connection of {pooler.name} ({_SETTING}{default}), but {deadline.told}: requests "
        "die in the queue, without an error that names the cause",
        (
            *at(wait, f"a query waits {long}", pooler.span, route.database.span),
            ending(deadline),
        ),
        subject=f"{route.group.name} -> {pooler.name}: {_SETTING}",
        help=f"set {_SETTING} a few seconds below {deadline.seconds} s",
        severity=Severity.INFO if is_default(wait) and is_default(deadline.seconds) else None,
        verdict=verdict,
        fix=_lower(pooler, wait, deadline),
    )


def _lower(pooler: Pooler, wait: Value, deadline: Deadline) -> Fix | None:
    seconds = below(deadline.seconds)
    if seconds is None:
        return None
    return set_number(
        pooler.document, wait, _SETTING, seconds, f"set {_SETTING} to {seconds}, below {deadline.setting}"
    )
