"""A pooler's pools together are larger than what the server behind them grants.

https://www.pgbouncer.org/config.html#default_pool_size; lab T22: a pool per user and database, the reserve on top,
capped by max_db_connections and max_user_connections.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import asked, evidence, granted, proof, unbounded, unknowns
from connlint.checks.budget._raising import shrink
from connlint.deployment.budget import limits
from connlint.deployment.model import Deployment
from connlint.finding import Amount, Severity
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for limit in limits(deployment):
        if limit.kind != "pooler-servers" or limit.filled is None:
            continue
        verdict = limit.steady.compare(limit.usable)
        if verdict is Verdict.UNKNOWN:
            yield from unknowns(limit)
        if verdict not in (Verdict.MUST, Verdict.CAN) or unbounded(limit.steady):
            continue
        fills = limit.filled.compare(limit.usable) is Verdict.MUST
        pooler, _, server = limit.at.partition(" -> ")
        known = "" if fills else f"; the processes known here fill {limit.filled} of them"
        yield Found(
            f"the pools of {pooler} may grow to {asked(limit.steady, verdict)} connections on {server}, which grants "
            f"{granted(limit.usable, verdict)}: further ones are refused, and clients of {pooler} wait for them",
            evidence(limit),
            subject=f"{limit.at}: pools",
            help=f"{proof(limit)}{known}; lower default_pool_size or reserve_pool_size, or cap the sum with "
            "max_db_connections",
            severity=Severity.ERROR if fills else Severity.WARNING,
            verdict=Verdict.MUST if fills else Verdict.CAN,
            fix=shrink(deployment, limit),
            amount=Amount.of(limit.steady, limit.usable),
        )
