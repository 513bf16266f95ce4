"""A receiver of Celery's task signals closes connections: with eager tasks those are the caller's, within its transaction.

https://github.com/celery/celery/issues/1583; Celery's own Django fixup closes after each task already
(https://github.com/celery/celery/blob/main/celery/fixups/django.py), and leaves eager tasks alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.fixing.code import leave_eager_alone
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for found in deployment.code.signals:
        yield Found(
            f"a receiver of {found.signal} closes connections: when a task runs eagerly, those of its caller, in the middle "
            "of its request or transaction",
            (
                Evidence(found.close.span, "closes connections of the thread that runs the task"),
                Evidence(found.span, "the receiver"),
            ),
            subject=f"{found.span.path}: {found.signal}",
            help="remove it: Celery closes connections around each task by itself; else return first if "
            "task.request.is_eager",
            fix=leave_eager_alone(found),
        )
