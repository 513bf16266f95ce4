"""The connections fit between deploys and do not while old and new processes overlap.

https://www.postgresql.org/docs/current/runtime-config-connection.html; incident pattern 23: 124 of 103 at each deploy.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import evidence, unbounded
from connlint.deployment.budget import limits
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    surges = tuple(group.surge for group in deployment.groups if not group.surge.always(lambda n: n == 0))
    for limit in limits(deployment):
        if limit.kind == "pooler-servers" or limit.steady.compare(limit.usable) is not Verdict.HOLDS:
            continue
        verdict = limit.deploy.compare(limit.usable)
        if verdict in (Verdict.MUST, Verdict.CAN) and not unbounded(limit.deploy):
            yield Found(
                f"during a deploy {limit.deploy} connections are asked of {limit.at}, which allows {limit.usable}",
                (*(Evidence(surge, "runs beside the old replicas") for surge in surges), *evidence(limit)),
                subject=f"{limit.at}: {limit.setting} during a deploy",
                help=f"{limit.deploy.proof} against {limit.usable.proof}; lower the surge, or leave room for it",
                verdict=verdict,
            )
