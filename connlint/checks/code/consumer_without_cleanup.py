"""A consumer of channels queries by way of sync_to_async: no request ends in that thread, so nothing closes there.

https://channels.readthedocs.io/en/stable/topics/databases.html: database_sync_to_async closes old connections before and
after the function, sync_to_async does not; synchronous consumers are run by the former.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.application import Kind
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for start, _ in _work.uncovered(deployment, (Kind.CONSUMER,)):
        yield Found(
            f"{_work.name(start)} queries for a consumer by sync_to_async: a consumer is no request, its connection is kept "
            "beyond CONN_MAX_AGE, and after the server drops it each further query fails",
            (*_work.way(start), *_work.guess(start.close or start.failing, "does not cover the last use")),
            subject=f"{start.span.path}: {start.target}",
            help="await database_sync_to_async(...) from channels.db instead: it closes old connections before and after",
        )
