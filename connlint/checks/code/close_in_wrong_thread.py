"""The function that starts the work closes connections, but those of its own thread: each thread has its own.

https://docs.djangoproject.com/en/stable/ref/databases/#connection-management (connections are thread-local); lab T14:
`request_finished` in the main thread left the other thread's connection open.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.application import Kind
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_KINDS = (Kind.THREAD, Kind.POOL, Kind.TIMER, Kind.GREENLET, Kind.SCHEDULER, Kind.TWISTED)


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for start, _ in _work.uncovered(deployment, _KINDS):
        if start.parent_close is None:
            continue
        yield Found(
            f"{_work.name(start)} runs {_work.ON[start.kind]} and leaves its database connection open; the close "
            "beside the start closes the connections of the thread that starts it",
            (*_work.way(start), Evidence(start.parent_close.span, "closes in this thread only")),
            subject=f"{start.span.path}: {start.target}",
            help=f"close in the thread: try: ... finally: connection.close() around the body of {_work.name(start)}",
        )
