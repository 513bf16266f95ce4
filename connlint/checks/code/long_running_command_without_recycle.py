"""A management command that never ends keeps one connection for ever; once it drops, every further round fails.

lab T17: with a server that closed the idle connection, each iteration after it failed with `(2006, 'Server has gone
away')`, whatever CONN_MAX_AGE and CONN_HEALTH_CHECKS said: both act at the start and end of requests only.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.fixing.code import close_each_round
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for loop in deployment.code.loops:
        yield Found(
            f"the loop of the command {loop.command} keeps one database connection for ever: after the server or the "
            "network drops it, every further round fails",
            (
                Evidence(loop.span, "goes on until the process ends"),
                *_work.steps(loop.chain),
                *_work.guess(loop.failing, "closes only when something fails"),
            ),
            subject=f"{loop.span.path}: {loop.command}",
            help="call connection.close() (from django.db) before the round waits",
            fix=close_each_round(loop),
        )
