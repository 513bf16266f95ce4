"""Threads are set where the worker class does not use them; or they turn the sync worker into another one.

https://docs.gunicorn.org/en/stable/settings.html#threads; lab T10: sync with threads > 1 runs as gthread.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Concurrency, Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        if group.server != "gunicorn" or group.document is None:
            continue
        threads, stated = (group.document.settings.get(key) for key in ("threads", "worker_class"))
        if threads is None or not threads.always(lambda n: isinstance(n, int) and n > 1):
            continue
        if group.concurrency in (Concurrency.GREENLETS, Concurrency.ASGI):
            yield Found(
                f"threads = {threads} has no effect: {group.worker_class} workers serve no requests on threads",
                (Evidence(threads, "not used"), Evidence(group.worker_class, "decides how requests are served")),
                subject=f"{group.name}: threads",
                help="remove threads; what bounds the connections here is how many requests run at once",
            )
        elif stated is not None and stated.always(lambda c: c == "sync"):
            yield Found(
                f"threads = {threads} makes gunicorn run gthread workers although worker_class says sync",
                (Evidence(threads, "more than one thread"), Evidence(stated, "runs as gthread")),
                subject=f"{group.name}: worker_class",
                help='write worker_class = "gthread", or threads = 1',
            )
