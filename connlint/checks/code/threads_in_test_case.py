"""A test starts a thread that leaves its connection: the test database cannot be dropped while it is open.

lab T14: one connection that an ended thread had not closed gave `database "test_app" is being accessed by other users`
and exit code 1; a close in `finally` gave 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.application import Kind
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule

_KINDS = (Kind.THREAD, Kind.POOL, Kind.TIMER, Kind.TO_THREAD)


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for start, _ in _work.uncovered(deployment, _KINDS, tests=True):
        yield Found(
            f"{_work.name(start)} runs {_work.ON[start.kind]} and leaves a connection to the test database open: the "
            "test runner cannot drop the database",
            (*_work.way(start), *_work.guess(start.close or start.failing, "does not cover the last use")),
            subject=f"{start.span.path}: {start.target}",
            help=f"try: ... finally: connection.close() (from django.db) around the body of {_work.name(start)}",
        )
