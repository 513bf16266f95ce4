"""Prepared statements live on one server connection; the next transaction runs on another.

https://www.psycopg.org/psycopg3/docs/advanced/prepare.html#using-prepared-statements-with-pgbouncer; lab T8: only server-side
binding together with a prepare_threshold prepares anything, and then 154 of 360 queries fail. PgBouncer keeps prepared
statements apart from 1.21 on with max_prepared_statements > 0 (https://www.pgbouncer.org/config.html#max_prepared_statements).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import Shared, at, shared
from connlint.deployment.declaring import line
from connlint.deployment.managed import declaration
from connlint.deployment.model import Deployment
from connlint.facts import product
from connlint.finding import Safety, Severity
from connlint.fixing.literals import replace_literal
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict

_KEY = "max_prepared_statements"


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for way in shared(deployment, "prepared_statements"):
        binding = way.database.settings.get("OPTIONS.server_side_binding")
        threshold = way.database.settings.get("OPTIONS.prepare_threshold")
        if binding is None or threshold is None or not binding.ever(bool) or not threshold.ever(_prepares):
            continue
        if way.verdict is Verdict.UNKNOWN:
            yield from way.missing()
            continue
        kept = _kept(way)
        if isinstance(kept, Missing):
            yield kept
        elif kept.ever(lambda n: n == 0):
            sure = (
                binding.always(bool) and threshold.always(_prepares) and way.verdict is Verdict.MUST and kept.is_exact
            )
            yield _found(way, binding, threshold, kept, Verdict.MUST if sure else Verdict.CAN)


def _found(way: Shared, binding: Value, threshold: Value, kept: Value, verdict: Verdict) -> Found:
    release = f" {way.pooler.version}" if way.pooler.version is not None and kept.span is None else " here"
    return Found(
        f'queries of "{way.database.alias}" fail at random: a statement it prepares exists on one server connection, and '
        f"{way.pooler.name} runs the next transaction on another",
        (
            Evidence(threshold, "statements are prepared"),
            Evidence(binding, "on the server"),
            *at(way.pooler, way.mode, f"{way.mode} pooling: server connections change hands"),
            *at(way.pooler, kept, f"PgBouncer{release} does not follow prepared statements"),
        ),
        subject=f"{way.subject}.OPTIONS.prepare_threshold",
        help='set OPTIONS["prepare_threshold"] to None, which is Django\'s default; or let PgBouncer 1.21 or later follow '
        "prepared statements, with max_prepared_statements = 200",
        verdict=verdict,
        fix=replace_literal(threshold, "None", "prepare no statements: prepare_threshold None", Safety.SAFE),
    )


def _kept(way: Shared) -> Value | Missing:
    """How many prepared statements the pooler follows on each connection; 0 for a release that follows none."""
    pooler = way.pooler
    stated = pooler.settings.get(_KEY)
    if stated is None and not pooler.configured:
        return Missing(f"{_KEY} of {pooler.name}", declaration(pooler, "max-prepared-statements", 200))
    knows = product("pgbouncer").knows(_KEY, pooler.version)
    if knows is None and stated is None:
        return Missing(f"the version of {pooler.name}", line("versions", "pgbouncer", value="1.24"))
    if knows is False:
        return Value.exact(0)
    return pooler.get(_KEY)


def _prepares(threshold: object) -> bool:
    return isinstance(threshold, int)
