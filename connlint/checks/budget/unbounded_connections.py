"""Nothing limits how many connections a server of concurrent requests opens.

lab T13: uvicorn with CONN_MAX_AGE = 0 held 84 connections for 100 clients; a pool or a concurrency limit is a bound.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.demand import per_process
from connlint.deployment.model import Concurrency, Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_OPEN_ENDED = (Concurrency.ASGI, Concurrency.PER_CONNECTION)


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route in deployment.routes:
        if route.group.concurrency not in _OPEN_ENDED or route.pooler is not None:
            continue
        if route.database.persistent is not False:
            continue  # a worse mistake of its own: persistent-under-asgi, persistent-under-runserver
        bounds = per_process(route.group, route.database).bounds()
        if bounds is None or bounds[1] is not None:
            continue
        yield Found(
            f'{route.group.name} opens one connection to "{route.database.alias}" for each request in flight, and '
            "nothing limits how many there are",
            (
                Evidence(route.group.worker_class, "serves as many requests at once as arrive"),
                Evidence(route.database.span, "no pool here"),
            ),
            subject=f"{route.group.name} -> {route.database.alias}",
            help='set OPTIONS["pool"] with a max_size, limit the server\'s concurrency, or put a pooler in between',
        )
