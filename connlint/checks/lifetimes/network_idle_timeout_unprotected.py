"""A load balancer or NAT on the way forgets idle connections, and nothing keeps them alive: the next query hangs.

https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html (350 s);
https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-tcp-reset (4 min, silent); Linux sends its first TCP
keepalive after 7200 s (https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html, tcp_keepalive_time).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, kept, setting
from connlint.deployment.client_pool import has_pool, pool_option, pool_span
from connlint.deployment.deadlines import in_force, reaches
from connlint.deployment.lifetimes import Standing, reuses_connections, standing
from connlint.deployment.model import Deployment, Engine, IdleKill, Route
from connlint.finding import Fix, Severity
from connlint.fixing.keys import set_key
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict

_OUTLIVES = {Standing.OVER: Verdict.MUST, Standing.MAY_BE_OVER: Verdict.CAN}


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route in deployment.routes:
        for kill in route.kills:
            if kill.silent and not _kept_alive(route, kill.seconds):
                yield from _judged(deployment, route, kill)


def _judged(deployment: Deployment, route: Route, kill: IdleKill) -> Iterator[Found]:
    if has_pool(route.database) is True:
        idle = pool_option(route.database, "max_idle")
        verdict: Verdict | None = idle.compare(kill.seconds)
        told, key = f"idle for {idle} s", "OPTIONS.pool.max_idle"
    elif reuses_connections(route):
        idle = route.database.get("CONN_MAX_AGE")
        verdict = _OUTLIVES.get(standing(idle, kill.seconds))
        told, key = kept(idle), "CONN_MAX_AGE"
    else:
        return
    if verdict in (Verdict.MUST, Verdict.CAN):
        yield _found(route, kill, key, idle, told, verdict, _keep_alive(deployment, route, kill))


def _kept_alive(route: Route, timeout: Value) -> bool:
    """Whether one end may send keepalives before `timeout` (seconds): the client, the pooler, or the server."""
    database = route.database
    if database.engine is not Engine.POSTGRESQL:
        return False  # MySQL's clients offer no such option
    stated = [database.settings.get("OPTIONS.keepalives_idle")]
    if (on := database.settings.get("OPTIONS.keepalives")) is not None and on.always(lambda v: str(v) == "0"):
        stated = []
    if route.pooler is not None:
        stated.append(route.pooler.settings.get("tcp_keepidle"))
    elif route.server is not None:
        stated.append(route.server.settings.get("tcp_keepalives_idle"))
    return any(
        value is not None and in_force(value) is not None and reaches(value, timeout) is not Verdict.MUST
        for value in stated
    )


def _keep_alive(deployment: Deployment, route: Route, kill: IdleKill) -> Fix | None:
    """A keepalive after half of the time, so that one that is lost does not matter."""
    bounds = kill.seconds.bounds()
    if route.database.engine is not Engine.POSTGRESQL or bounds is None or bounds[0] < 2:
        return None
    half = str(int(bounds[0] // 2))
    return set_key(deployment, route.database, "OPTIONS.keepalives_idle", half, f"send keepalives after {half} s")


def _found(route: Route, kill: IdleKill, key: str, idle: Value, told: str, verdict: Verdict, fix: Fix | None) -> Found:
    database = route.database
    below = f"set {key.rpartition('.')[2]} below {kill.seconds}"
    if database.engine is Engine.POSTGRESQL:
        below = f'put "keepalives_idle" with a value below {kill.seconds} into OPTIONS, or {below}'
    return Found(
        f'"{database.alias}" keeps connections {told}, and {kill.of} forgets idle ones after {kill.seconds} s: '
        "the next query on one hangs or fails",
        (
            *at(idle, f"connections are kept {told}", pool_span(database), database.span),
            Evidence(kill.seconds, f"forgets idle connections after {kill.seconds} s"),
        ),
        subject=setting(database, key),
        help=below,
        verdict=verdict,
        fix=fix,
    )
