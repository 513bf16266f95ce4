"""The number of processes follows the host's processors, so the number of connections does too.

https://docs.gunicorn.org/en/stable/design.html#how-many-workers; https://docs.celeryq.dev/en/stable/userguide/workers.html
(concurrency defaults to the number of CPUs, in the lab as well).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.budget import CPUS, follows_cpus
from connlint.deployment.fitting import most_that_fit
from connlint.deployment.model import Deployment, ProcessGroup
from connlint.finding import Fix, Severity
from connlint.fixing.lines import cap
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.INFO, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        for what, value in (("processes", group.processes), ("threads", group.threads)):
            if not group.databases or not follows_cpus(deployment, value):
                continue
            room = _room(deployment, group, what)
            if room is not None and value.most is not None and value.most <= room:
                continue  # however many processors there are
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
                fix=_cap(group, what, room),
            )
            yield Missing(*CPUS)


def _room(deployment: Deployment, group: ProcessGroup, what: str) -> int | None:
    """How many fit; None where no limit is known."""
    fits = most_that_fit(deployment, group.name, what)
    return None if fits is None else fits.most


def _cap(group: ProcessGroup, what: str, room: int | None) -> Fix | None:
    """As many as the host's processors ask for, and no more than there is room for."""
    name = {"processes": "workers", "threads": "threads"}[what]
    if not room:
        return None
    return cap(group.document, name, room, f"bound {name} by {room}, the most that fit")
