"""More clients connect to a pooler than it admits.

https://www.pgbouncer.org/config.html#max_client_conn and #max_db_client_connections (1.24 and later);
lab T19: with max_client_conn = 5 the sixth client is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import exceeded
from connlint.checks.budget._raising import admit
from connlint.deployment.budget import limits
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for limit in limits(deployment):
        if limit.kind == "pooler-clients":
            yield from exceeded(
                limit,
                f"under load {{asked}} clients connect to {limit.at}, which admits {{usable}} ({limit.setting}): "
                "the rest are refused",
                help=f"raise {limit.setting}, or lower processes, threads or replicas",
                subject=f"{limit.at}: {limit.setting}",
                fix=admit(deployment, limit),
            )
