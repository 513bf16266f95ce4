"""Work on another thread uses the ORM and leaves its connection: Django closes connections in the request's thread only.

https://docs.djangoproject.com/en/stable/ref/databases/#connection-management; lab T14: 20 ended threads left 9 to 20
connections open whatever CONN_MAX_AGE said, a close in `finally` left none.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.application import Kind, WorkStart
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.fixing.code import close_at_end
from connlint.rulebook import Evidence, Found, Missing, rule

_KINDS = (Kind.THREAD, Kind.POOL, Kind.TIMER, Kind.GREENLET, Kind.SCHEDULER, Kind.TWISTED)


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    lost = _work.pooled(deployment)
    for start, others in _work.uncovered(deployment, _KINDS):
        if start.parent_close is not None:
            continue  # close-in-wrong-thread says it better
        what = _work.name(start) + (f" and {others} more" if others else "")
        yield Found(
            f"{what} {'runs' if not others else 'run'} {_work.ON[start.kind]} and {_leaves(start, lost)}",
            (*_work.way(start), *_closes(start)),
            subject=f"{start.span.path}: {start.target}",
            help=f"close it where the work ends: {_help(start)}",
            severity=Severity.ERROR if lost else None,
            fix=None if others else close_at_end(start),
        )


def _leaves(start: WorkStart, lost: bool) -> str:
    if start.close is not None:
        return "uses the database again after it closed the connection: the new connection stays open"
    if start.failing is not None:
        return "closes its database connection only when something fails: else it stays open"
    if lost:
        return "never gives its connection back to the pool: each run takes a place for good"
    return "leaves its database connection open: Django closes only what a request used"


def _closes(start: WorkStart) -> Iterator[Evidence]:
    if start.close is not None:
        yield from _work.guess(start.close, "closes before the last use")
    else:
        yield from _work.guess(start.failing, "closes only when something fails")


def _help(start: WorkStart) -> str:
    return f"try: ... finally: connection.close() (from django.db) around the body of {_work.name(start)}"
