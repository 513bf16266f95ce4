"""Asynchronous code hands work to a pool of threads; the connection that the ORM opens there is nobody's to close.

https://docs.djangoproject.com/en/stable/topics/async/#sync-to-async (thread-sensitive mode); lab T14: asgiref's
thread_sensitive=False opens a connection of its own, and a pool of threads keeps all it opened after its shutdown.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.application import Kind
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.fixing.code import close_at_end
from connlint.rulebook import Found, Missing, rule


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for start, others in _work.uncovered(deployment, (Kind.TO_THREAD,)):
        what = _work.name(start) + (f" and {others} more" if others else "")
        yield Found(
            f"{what} {'run' if others else 'runs'} {_work.ON[start.kind]} and leaves a database connection open there: "
            "the end of the request closes it in another thread only",
            (*_work.way(start), *_work.guess(start.close or start.failing, "does not cover the last use")),
            subject=f"{start.span.path}: {start.target}",
            help="await sync_to_async(...) from asgiref.sync instead, which runs it where Django closes connections, "
            "or close the connection in a finally of the function",
            fix=None if others else close_at_end(start),
        )
