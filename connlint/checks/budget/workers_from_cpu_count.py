"""The number of processes follows the host's processors, so the number of connections does too.

https://docs.gunicorn.org/en/stable/design.html#how-many-workers; https://docs.celeryq.dev/en/stable/userguide/workers.html
(concurrency defaults to the number of CPUs, in the lab as well).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.budget import CPUS, follows_cpus
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        for what, value in (("processes", group.processes), ("threads", group.threads)):
            if not group.databases or not follows_cpus(deployment, value):
                continue
            span = value.span or next(iter(group.databases.values())).span
            told = (
                f"no number of {what}: one for each processor"
                if group.document is None
                else "computed from its processors"
            )
            yield Found(
                f"the number of {what} of {group.name} follows the processors of the host, and its connections do too: "
                "a larger machine opens more of them",
                (Evidence(span, told),),
                subject=f"{group.name}: {what}",
                help="write the number you have room for, or declare cpus in [tool.connlint] so that it can be counted",
            )
            yield Missing(*CPUS)
