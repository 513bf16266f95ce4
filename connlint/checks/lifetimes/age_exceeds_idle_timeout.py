"""A persistent connection outlives what hangs up on it: the next request gets a dead one.

https://docs.djangoproject.com/en/stable/ref/databases/#persistent-connections; lab T1 (MySQL wait_timeout), T2 (PostgreSQL
idle_session_timeout), T3 (PgBouncer client_idle_timeout), T4 (server_idle_timeout and server_lifetime never matter).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._unknown import unknown_setting
from connlint.checks.lifetimes._words import at, below, hangs_up, kept, limit, setting
from connlint.deployment.declaring import line, variable_behind
from connlint.deployment.lifetimes import Standing, reuses_connections, worst_kill
from connlint.deployment.managed import declaration
from connlint.deployment.model import Database, Deployment, IdleKill, Route
from connlint.facts import product
from connlint.finding import Fix, Safety, Severity
from connlint.fixing.literals import replace_literal
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

_SURE = (Standing.OVER, Standing.EDGE)


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route in deployment.routes:
        database = route.database
        age = database.get("CONN_MAX_AGE")
        if database.persistent is False or not reuses_connections(route):
            continue
        found = worst_kill(route, age)
        if found is None or found[1] is Standing.BELOW:
            continue
        kill, standing = found
        if standing is Standing.UNKNOWN:
            yield from _missing(route, kill)
            continue
        checked = _checked(database)
        if checked is True and standing is not Standing.OVER:
            continue  # a health check before the first query makes the edge harmless (lab T1)
        yield _found(database, kill, standing, checked)


def _found(database: Database, kill: IdleKill, standing: Standing, checked: bool | None) -> Found:
    age = database.get("CONN_MAX_AGE")
    if standing in (Standing.EDGE, Standing.MAY_BE_EDGE):
        then = "a request that starts just before that fails at its first query"
    else:
        then = "the next request has to reconnect first" if checked else "the next request fails"
    severity = Severity.WARNING
    if standing is Standing.OVER and checked is not None:
        severity = Severity.INFO if checked else Severity.ERROR
    return Found(
        f'"{database.alias}" keeps connections {kept(age)}, and {hangs_up(kill)}: {then}',
        (*at(age, f"connections are kept {kept(age)}", database.span), Evidence(kill.seconds, f"idle ones end after {limit(kill.seconds)} s")),
        subject=setting(database, "CONN_MAX_AGE"),
        help=f"set CONN_MAX_AGE to less than {limit(kill.seconds)} s with a few seconds to spare, or raise {kill.setting}"
        + ("" if checked else "; CONN_HEALTH_CHECKS = True turns the failure into a reconnect"),
        severity=severity,
        verdict=Verdict.MUST if standing in _SURE and checked is not None else Verdict.CAN,
        fix=_lower(database, kill),
    )  # fmt: skip


def _checked(database: Database) -> bool | None:
    """Whether Django tests a connection before a request uses it: the setting is on, and this Django knows it."""
    stated = database.get("CONN_HEALTH_CHECKS")
    if stated.always(lambda v: not v) or product("django").knows("CONN_HEALTH_CHECKS", database.django) is False:
        return False
    return True if stated.always(bool) else None


def _lower(database: Database, kill: IdleKill) -> Fix | None:
    lower = below(kill.seconds)
    if lower is None:
        return None
    return replace_literal(
        database.get("CONN_MAX_AGE"), str(lower), f"lower CONN_MAX_AGE to {lower}, below {kill.setting}", Safety.UNSAFE
    )


def _missing(route: Route, kill: IdleKill) -> Iterator[Missing]:
    database, pooler = route.database, route.pooler
    if database.get("CONN_MAX_AGE").is_unknown:
        yield unknown_setting(database, "CONN_MAX_AGE")
    elif kill.seconds.is_unknown:
        own = variable_behind(kill.seconds, "60")
        if pooler is not None and kill.of == pooler.name:
            own = declaration(pooler, "client-idle-timeout", 600)
        yield Missing(f"{kill.setting} of {kill.of}", own or line("servers", kill.of, "idle-timeout", value=600))
