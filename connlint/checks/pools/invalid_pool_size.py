"""max_size is below min_size, which is 4 where nobody sets it: the pool cannot be made, and the first query fails.

https://www.psycopg.org/psycopg3/docs/api/pool.html#psycopg_pool.ConnectionPool; lab T9: {"max_size": 2} is "ValueError: max_size
must be greater or equal than min_size".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import setting
from connlint.checks.pools._pooled import is_set, least, size
from connlint.deployment.client_pool import pool_option
from connlint.deployment.model import Database, Deployment, Engine
from connlint.facts import product
from connlint.finding import Fix, Safety, Severity
from connlint.fixing.keys import set_beside
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        if database.engine is Engine.POSTGRESQL:
            yield from _crossed(deployment, database) or _out_of_range(database)


def _crossed(deployment: Deployment, database: Database) -> list[Found]:
    """min_size above max_size."""
    low, high = least(database), pool_option(database, "max_size")
    if high.alternatives:
        high = Value.choice(filter(is_set, high.alternatives), *high.origins)  # None: as many as min_size
    verdict = low.compare(high)
    if verdict not in (Verdict.MUST, Verdict.CAN):
        return []
    if pool_option(database, "max_size").ever(lambda v: v is None):
        verdict = Verdict.CAN
    return [
        Found(
            f'the pool of "{database.alias}" cannot be made: max_size is {high} and min_size '
            + (f"is {low}" if low.span is not None else f"{low}, its default"),
            (size(database, "max_size"), *((size(database, "min_size"),) if low.span is not None else ())),
            subject=setting(database, "OPTIONS.pool.max_size"),
            help="set min_size to max_size or less",
            verdict=verdict,
            fix=_fix(deployment, database),
        )
    ]


def _out_of_range(database: Database) -> Iterator[Found]:
    """A size below what the pool takes."""
    for name in ("min_size", "max_size"):
        stated, lowest = database.settings.get(f"OPTIONS.pool.{name}"), product("psycopg_pool").settings[name].least
        bounds = stated.bounds() if stated is not None else None
        if stated is not None and bounds is not None and lowest is not None and bounds[0] < lowest:
            sure = bounds[1] is not None and bounds[1] < lowest
            yield Found(
                f'the pool of "{database.alias}" cannot be made: {name} is {stated}, and has to be {lowest} at least',
                (Evidence(stated, f"below {lowest}"),),
                subject=setting(database, f"OPTIONS.pool.{name}"),
                help=f"set {name} to {lowest} or more",
                verdict=Verdict.MUST if sure else Verdict.CAN,
            )


def _fix(deployment: Deployment, database: Database) -> Fix | None:
    """Lower min_size to max_size: what may be opened at the most stays as it is."""
    high = pool_option(database, "max_size")
    if not high.is_exact:
        return None
    text = str(high.only)
    prefix = "OPTIONS.pool"
    return set_beside(
        deployment, database, f"{prefix}.max_size", f"{prefix}.min_size", text, f"set min_size to {text}", Safety.SAFE
    )
