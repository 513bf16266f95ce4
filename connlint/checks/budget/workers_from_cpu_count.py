"""The number of processes follows the host's processors, so the number of connections does too.

https://docs.gunicorn.org/en/stable/design.html#how-many-workers; https://docs.celeryq.dev/en/stable/userguide/workers.html
(concurrency defaults to the number of CPUs).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    cpus = deployment.options["cpus"]
    for group in deployment.groups:
        if not cpus.is_unknown or not set(cpus.origins) & set(group.processes.origins) or group.processes.span is None:
            continue
        yield Found(
            f"the processes of {group.name}, and with them its connections, follow the processors of the host",
            (Evidence(group.processes.span, "computed from the number of CPUs"),),
            subject=f"{group.name}: processes",
            help="state the number, or declare cpus in [tool.connlint] so that the budget can be checked",
        )
        yield Missing("how many CPUs the host has", "cpus = 4")
