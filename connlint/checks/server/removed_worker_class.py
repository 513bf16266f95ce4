"""The worker class is gone in the installed gunicorn, which then refuses to start.

https://gunicorn.org/news/ (26.0 removes the eventlet worker); lab T20: "class uri 'eventlet' invalid or not found" on 27.0.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.declaring import line
from connlint.deployment.model import Deployment
from connlint.facts import product
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    stated = deployment.versions.get("gunicorn")
    version = deployment.version("gunicorn")
    for group in deployment.groups:
        if group.server != "gunicorn":
            continue
        for name in group.worker_class.alternatives:
            worker = product("gunicorn_workers").settings.get(str(name))
            if worker is None or worker.removed is None or group.worker_class.span is None:
                continue
            if version is None or stated is None:
                yield Missing("which gunicorn is installed", line("versions", "gunicorn", value="26.0"))
            elif worker.removed <= version:
                yield Found(
                    f"gunicorn {version} has no {name} worker any more and does not start",
                    (
                        Evidence(group.worker_class, f"removed in gunicorn {worker.removed}"),
                        Evidence(stated, "the gunicorn that runs"),
                    ),
                    subject=f"{group.name}: worker_class",
                    help="use gthread, or gevent with CONN_MAX_AGE = 0",
                    verdict=Verdict.MUST if group.worker_class.is_exact else Verdict.CAN,
                )
