"""A query runs while the application is loaded: each command and worker needs the database to start, and connects for it.

https://docs.djangoproject.com/en/stable/ref/applications/#django.apps.AppConfig.ready (avoid the database there).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.code import _work
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for query in deployment.code.imports:
        yield Found(
            f"{query.where} queries the database: every command and worker that loads the application does so too, "
            "before migrations as well",
            tuple(_work.steps(query.chain)),
            subject=query.where,
            help="query when the value is needed, in a function that a request, task or command calls",
        )
