"""A child process is forked while its parent may hold an open connection: both then speak on one socket.

lab T15: three children of a parent with an open connection, no exception in any run, 15 of 24 answers (psycopg 3), 19
(psycopg2) and 13 (mysqlclient) belonged to another process. close_all() in the parent before the fork: all were right.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.application import Kind
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.fixing.code import close_before
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for start, _ in _work.uncovered(deployment, (Kind.PROCESS, Kind.PROCESS_POOL)):
        sure = start.parent_uses
        state = "after the parent used the database" if sure else "with whatever connections the parent has open"
        yield Found(
            f"{_work.name(start)} runs {_work.ON[start.kind]}, forked {state}: both use one socket, and each gets "
            "rows that the other asked for, without an error",
            (*_work.way(start), *_work.guess(start.close or start.failing, "does not cover the last use")),
            subject=f"{start.span.path}: {start.target}",
            help="call connections.close_all() (from django.db) in the parent right before the processes are started",
            severity=None if sure else Severity.WARNING,
            verdict=Verdict.MUST if sure else Verdict.CAN,
            fix=close_before(start),
        )
