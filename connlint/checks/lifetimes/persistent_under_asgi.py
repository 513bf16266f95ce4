"""Under ASGI each request runs its database code on a thread of its own: a persistent connection is never used again.

https://docs.djangoproject.com/en/stable/ref/databases/#persistent-connections (caveats: disable them under ASGI);
lab T13: uvicorn with CONN_MAX_AGE = 60, 600 requests of 20 clients left 208 connections open.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._piling import close_after_request, piles_up, piling
from connlint.deployment.model import Concurrency, Deployment
from connlint.facts import Version
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule

_THREAD_PER_REQUEST = Version((4, 0))  # before that, all requests shared one thread (django.core.handlers.asgi of 3.2)


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe", "unsafe"))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group, database in piling(deployment, Concurrency.ASGI):
        if database.django is not None and database.django < _THREAD_PER_REQUEST:
            continue
        yield from piles_up(
            group,
            database,
            f'{group.name} serves ASGI: every request opens a connection to "{database.alias}", leaves it '
            f"open (CONN_MAX_AGE is {database.get('CONN_MAX_AGE')}) and never uses it again",
            "serves ASGI",
            Severity.ERROR,
            close_after_request(deployment, group, database),
        )
