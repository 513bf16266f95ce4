"""Almost every connection of a limit is spoken for: nothing is left for a console, a migration or a retry.

lab T19: at the limit an administrator who is no superuser cannot connect either; the share is `headroom`, 80 % unless declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import evidence, proof
from connlint.deployment.budget import limits
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    headroom = deployment.options["headroom"].bounds()
    share = 80 if headroom is None else headroom[0]
    for limit in limits(deployment):
        if limit.kind == "pooler-servers":
            continue  # the same pools count at their server
        usable, asked = limit.usable.bounds(), limit.steady.bounds()
        if usable is None or asked is None or limit.steady.compare(limit.usable) is not Verdict.HOLDS:
            continue
        if asked[0] * 100 > share * usable[0]:
            percent = int(asked[0] * 100 // usable[0])
            yield Found(
                f"{limit.steady} of the {limit.usable} connections of {limit.at} are spoken for: {percent} %",
                evidence(limit),
                subject=f"{limit.at}: headroom",
                help=f"{proof(limit)}; leave room for consoles, migrations and deploys, or set headroom in [tool.connlint]",
            )
