"""Statement pooling refuses transactions, and Django needs them.

https://www.pgbouncer.org/features.html (statement pooling); lab T7: atomic(), bulk_create, get_or_create and delete fail.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import multiplexed
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, pooler, mode, _ in multiplexed(deployment):
        if not mode.ever(lambda m: m == "statement"):
            continue
        yield Found(
            f'{pooler.name} refuses every transaction of "{route.database.alias}": atomic(), bulk_create(), '
            "get_or_create() and delete() fail",
            (
                Evidence(mode, "no transaction may span two statements"),
                Evidence(route.database.span, "Django connects through it"),
            ),
            subject=f"{pooler.name}: pool_mode for {route.database.alias}",
            help="set pool_mode = transaction",
            verdict=Verdict.MUST if mode.is_exact else Verdict.CAN,
        )
