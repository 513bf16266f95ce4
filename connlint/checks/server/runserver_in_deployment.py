"""The development server serves the deployed site: no limit on threads, a reloader, and not audited for that.

https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver (not meant for production);
a thread and a connection for each TCP connection (lab T12: 10 clients, 24 to 30 connections with CONN_MAX_AGE above 0).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment, Role
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_RUNSERVER = "runserver"


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        runs = group.replicas.bounds()
        if group.server != _RUNSERVER or group.role is not Role.SERVICE or group.span is None:
            continue
        if runs is not None and runs[0] == 0:  # a script that may start another server as well
            continue
        yield Found(
            f"{group.name} is served by runserver: it opens a thread and its database connections for each client, "
            "without a limit",
            (Evidence(group.span, "Django's development server"),),
            subject=f"{group.name}: runserver",
            help="start gunicorn, uWSGI or an ASGI server here; if this is for development only, let the file's name say so",
        )
