"""More connections are asked of a server than it grants ordinary users.

https://www.postgresql.org/docs/current/runtime-config-connection.html (max_connections and its reserved slots);
lab T19: with 20 slots, 3 of them reserved, the 18th connection is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import exceeded
from connlint.deployment.budget import limits
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for limit in limits(deployment):
        if limit.kind == "server" and limit.table is None and not all(term.pooled for term in limit.terms):
            yield from exceeded(
                limit,
                f"under load {{asked}} connections are opened on {limit.at}, which grants {{usable}}: the rest are refused",
                help="lower processes, threads or replicas, put a pooler in between, or raise max_connections",
                subject=f"{limit.at}: max_connections",
            )
