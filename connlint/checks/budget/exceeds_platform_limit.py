"""More connections are asked of a managed server than its plan grants.

https://neon.com/docs/connect/connection-pooling and the other sources that facts/platforms.toml names with their dates:
services change their plans, so this is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import asked, evidence, granted, proof, unbounded, unknowns
from connlint.deployment.budget import limits
from connlint.deployment.declaring import line
from connlint.deployment.model import Deployment
from connlint.finding import Amount, Severity
from connlint.rulebook import Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for limit in limits(deployment):
        table = limit.table
        if limit.kind != "server" or table is None or all(term.pooled for term in limit.terms):
            continue
        verdict = limit.steady.compare(limit.usable)
        if verdict is Verdict.UNKNOWN:
            yield from unknowns(limit)
        if verdict not in (Verdict.MUST, Verdict.CAN) or (verdict is Verdict.CAN and unbounded(limit.steady)):
            continue
        yield Found(
            f"under load {asked(limit.steady, verdict)} connections are opened on {limit.at}, whose plan grants "
            f"{granted(limit.usable, verdict)} ({table.title}, as of {table.as_of}): the rest are refused",
            evidence(limit),
            subject=f"{limit.at}: plan",
            help=f"{proof(limit)}; lower processes, threads or replicas, put a pooler in between, or choose a larger plan; "
            f"if the plan has changed since ({table.source}), declare {line('servers', limit.at, 'max-connections', value=200)}",
            verdict=verdict,
            amount=Amount.of(limit.steady, limit.usable),
        )
