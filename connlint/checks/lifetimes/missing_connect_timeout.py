"""A connection attempt may take longer than the request: when the server's host is gone, workers die while they connect.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CONNECT-TIMEOUT (without it libpq, and so psycopg2,
waits without limit); https://www.psycopg.org/psycopg3/docs/api/connections.html (psycopg 3 gives up after 130 s).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, ending, setting
from connlint.deployment.client_pool import has_pool
from connlint.deployment.deadlines import deadlined, known_off
from connlint.deployment.model import Database, Deployment
from connlint.facts import product
from connlint.finding import Severity
from connlint.fixing.keys import set_key
from connlint.rulebook import Found, Missing, rule
from connlint.value import Value, Verdict

_KEY, _SECONDS = "OPTIONS.connect_timeout", 5
_LOCAL = ("", "localhost", "127.0.0.1", "::1")


@rule(severity=Severity.INFO, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, deadline in deadlined(deployment):
        database = route.database
        if has_pool(database) is not False or _is_local(database) or _states_one(database):
            continue
        driver = _driver(deployment)
        wait = product("psycopg").default("connect_timeout", None)
        if driver != "psycopg2" and wait.compare(deadline.seconds) is not Verdict.MUST:
            continue
        long = _long(driver, wait)
        yield Found(
            f'connecting to "{database.alias}" may take {long} when its host does not answer, but {deadline.told}',
            (
                *at(database.get("HOST"), "no connect_timeout for this host", database.span),
                ending(deadline),
            ),
            subject=f"{route.group.name}: {setting(database, _KEY)}",
            help=f'put "connect_timeout": {_SECONDS} into OPTIONS',
            fix=set_key(deployment, database, _KEY, str(_SECONDS), f"set connect_timeout to {_SECONDS} s"),
        )


def _long(driver: str, wait: Value) -> str:
    with_3, with_2 = f"{wait} s", "as long as the system tries"
    if driver:
        return f"{with_2 if driver == 'psycopg2' else with_3} ({driver}'s default)"
    return f"{with_3} with psycopg 3, {with_2} with psycopg2,"


def _driver(deployment: Deployment) -> str:
    """The driver that is installed; Django takes psycopg before psycopg2. Empty when that is not known."""
    return next((name for name in ("psycopg", "psycopg2") if name in deployment.versions), "")


def _states_one(database: Database) -> bool:
    """Whether a connect_timeout is set, or may be set where connlint does not look (a service file)."""
    stated = database.settings.get("OPTIONS.connect_timeout")
    return (stated is not None and not known_off(stated)) or database.states("OPTIONS.service")


def _is_local(database: Database) -> bool:
    """Whether the server is on the same machine, or may be: there a connection fails or succeeds at once."""
    host = database.get("HOST")
    return not host.alternatives or host.ever(lambda h: str(h or "").lower() in _LOCAL or str(h).startswith("/"))
