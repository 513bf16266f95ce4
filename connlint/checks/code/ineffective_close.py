"""close_old_connections() at the end of a thread closes nothing while CONN_MAX_AGE keeps connections.

django.db.close_old_connections closes what is older than CONN_MAX_AGE or broken; lab T14: with 60 seconds, 13 of 20
ended threads' connections were still open, with 0 none.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.application import Kind
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.fixing.code import close_all_instead
from connlint.rulebook import Evidence, Found, Missing, rule

_ENDING = (Kind.THREAD, Kind.TIMER, Kind.GREENLET)  # the thread ends: nothing closes the connection later


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    kept = next((d for d in deployment.databases if d.persistent), None)
    for start in deployment.code.starts if kept is not None else ():
        if start.kind not in _ENDING or not start.chain or not start.covered or start.in_test:
            continue
        if start.close is None or start.hard or kept is None:
            continue
        age = kept.get("CONN_MAX_AGE")
        yield Found(
            f"{_work.name(start)} ends with close_old_connections(), which leaves a connection open that is younger than "
            f"CONN_MAX_AGE ({age}): the thread ends, its connection stays",
            (
                Evidence(start.close.span, "closes old connections only"),
                Evidence(age, f'keeps connections to "{kept.alias}"'),
                *_work.way(start),
            ),
            subject=f"{start.span.path}: {start.target}",
            help="call connections.close_all() (from django.db) there",
            fix=close_all_instead(start, start.close),
        )
