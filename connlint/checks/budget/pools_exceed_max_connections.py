"""A pooler's pools together are larger than what the server behind them grants.

https://www.pgbouncer.org/config.html#default_pool_size; lab T22: a pool per user and database, the reserve on top,
capped by max_db_connections and max_user_connections.
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
        if limit.kind == "pooler-servers":
            yield from exceeded(
                limit,
                f"the pools of {limit.at} {{modal}} open {{asked}} connections, and the server grants {{usable}}",
                help="lower default_pool_size or reserve_pool_size, or cap the sum with max_db_connections",
                subject=f"{limit.at}: pools",
            )
