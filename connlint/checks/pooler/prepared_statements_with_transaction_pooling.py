"""Prepared statements live on one server connection; the next transaction runs on another.

https://www.psycopg.org/psycopg3/docs/advanced/prepare.html#using-prepared-statements-with-pgbouncer; lab T8: only server-side
binding together with a prepare_threshold prepares anything, and then 154 of 360 queries fail; PgBouncer keeps prepared
statements apart from 1.21 on with max_prepared_statements > 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import multiplexed
from connlint.deployment.model import Deployment
from connlint.facts import product
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, pooler, mode, verdict in multiplexed(deployment):
        binding = route.database.settings.get("OPTIONS.server_side_binding")
        threshold = route.database.settings.get("OPTIONS.prepare_threshold")
        if binding is None or threshold is None or pooler.kind != "pgbouncer":
            continue
        if not binding.ever(lambda v: v is True) or not threshold.ever(_prepares):
            continue
        kept = pooler.get("max_prepared_statements")
        knows = product("pgbouncer").knows("max_prepared_statements", pooler.version)
        if knows is None and "max_prepared_statements" not in pooler.settings:
            yield Missing(f"the version of {pooler.name}", '[tool.connlint.versions] pgbouncer = "1.24"')
            continue
        if knows and not kept.ever(lambda n: n == 0):
            continue
        sure = binding.is_exact and threshold.is_exact and verdict is Verdict.MUST
        yield Found(
            f'queries of "{route.database.alias}" fail at random: the statements it prepares stay behind on another '
            f"server connection of {pooler.name}",
            (
                Evidence(threshold, "statements are prepared"),
                Evidence(binding, "and bound by the server"),
                Evidence(mode, "each transaction may run on another connection"),
                Evidence(kept, "PgBouncer does not follow prepared statements"),
            ),
            subject=f"{route.database.module}:{route.database.alias}.OPTIONS.prepare_threshold",
            help='set OPTIONS["prepare_threshold"] to None, which is Django\'s default, or let PgBouncer 1.21 or later follow '
            "them with max_prepared_statements = 200",
            verdict=Verdict.MUST if sure else Verdict.CAN,
        )


def _prepares(threshold: object) -> bool:
    return isinstance(threshold, int) and not isinstance(threshold, bool)
