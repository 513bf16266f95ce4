"""Migrations run through a transaction pooler: what they set or lock for their session stays on connections of others.

https://www.pgbouncer.org/features.html (session features do not work with transaction pooling);
https://neon.com/docs/connect/connection-pooling and https://fly.io/docs/mpg/client-configuration/ advise a direct connection
for migrations.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import MULTIPLEXING, at
from connlint.deployment.model import Deployment, Engine, ProcessGroup, Route
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

_COMMANDS = ("manage.py migrate", "manage.py migrate_schemas")


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        mine = [route for route in deployment.routes if route.group is group]
        if group.program not in _COMMANDS or any(route.pooler is None for route in mine):
            continue  # an alias that goes straight to the server is there for migrations
        for route in mine:
            pooler, mode = route.pooler, route.mode
            if (
                route.database.alias != "default"
                or pooler is None
                or mode is None
                or pooler.serves is not Engine.POSTGRESQL
            ):
                continue
            if mode.ever(MULTIPLEXING.__contains__):
                yield _found(group, route)


def _found(group: ProcessGroup, route: Route) -> Found:
    pooler, mode = route.pooler, route.mode
    assert pooler is not None
    assert mode is not None
    started = (Evidence(group.span, "runs the migrations"),) if group.span is not None else ()
    return Found(
        f"{group.program} connects through {pooler.name}, which pools by {mode}: what migrations set or lock for their session "
        "(lock_timeout, advisory locks) stays on connections that others get",
        (
            *started,
            Evidence(route.database.get("HOST"), f"leads to {pooler.name}"),
            *at(pooler, mode, f"{mode} pooling: server connections change hands"),
        ),
        subject=f"{group.name}: {group.program}",
        help="let the command connect straight to the server: another HOST and PORT in its environment, or an alias of its own "
        "(migrate --database)",
        verdict=Verdict.MUST if mode.always(MULTIPLEXING.__contains__) else Verdict.CAN,
    )
