"""The connections fit between deploys and do not while old and new processes overlap.

https://www.postgresql.org/docs/current/runtime-config-connection.html; lab T19 (the limit); in one incident 124 connections
were asked of 103 at each deploy and at no other time.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import asked, evidence, granted, unbounded
from connlint.deployment.budget import limits
from connlint.deployment.model import Deployment
from connlint.finding import Amount, Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    surges = [group.surge for group in deployment.groups if not group.surge.always(lambda n: n == 0)]
    for limit in limits(deployment):
        if limit.kind == "pooler-servers" or limit.steady.compare(limit.usable) is not Verdict.HOLDS:
            continue
        verdict = limit.deploy.compare(limit.usable)
        if verdict not in (Verdict.MUST, Verdict.CAN) or unbounded(limit.deploy):
            continue
        here = [surge for surge in surges if not set(surge.origins).isdisjoint(limit.deploy.origins)]
        yield Found(
            f"a deploy asks {asked(limit.deploy, verdict)} connections of {limit.at}, which allows "
            f"{granted(limit.usable, verdict)} ({limit.setting}), while old and new processes overlap; without one it "
            f"is {asked(limit.steady, Verdict.CAN)}",
            (*(Evidence(surge, f"{surge} more during a deploy") for surge in here), *evidence(limit)),
            subject=f"{limit.at}: {limit.setting} during a deploy",
            help=f"{limit.deploy.proof} against {limit.usable.proof}; lower the surge, lower processes or threads, or "
            f"raise {limit.setting}",
            verdict=verdict,
            amount=Amount.of(limit.deploy, limit.usable),
        )
