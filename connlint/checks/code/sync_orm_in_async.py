"""A query is made in the event loop's thread: Django refuses it with SynchronousOnlyOperation.

https://docs.djangoproject.com/en/stable/topics/async/#async-safety
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for step in deployment.code.awaited:
        method = step.text.rpartition(".")[2].removesuffix("()")
        yield Found(
            f"{step.text} queries in asynchronous code: Django raises SynchronousOnlyOperation",
            (Evidence(step.span, "runs in the event loop"),),
            subject=f"{step.span.path}: {step.text}",
            help=f"await .a{method}(), or wrap it in sync_to_async() from asgiref.sync",
        )
