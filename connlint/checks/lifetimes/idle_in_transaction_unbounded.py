"""Every request is a transaction, and nothing ends one that idles: it holds its locks, and the connection, for hours.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT (0, the default,
is no limit); https://www.pgbouncer.org/config.html#idle_transaction_timeout; lab T3.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at, setting
from connlint.deployment.deadlines import known_off, server_limit
from connlint.deployment.model import Deployment, Engine, Route
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_OF_SERVER = ("idle_in_transaction_session_timeout", "transaction_timeout")
_OF_POOLER = ("idle_transaction_timeout", "transaction_timeout")


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route in deployment.routes:
        database = route.database
        atomic = database.get("ATOMIC_REQUESTS")
        if database.engine is not Engine.POSTGRESQL or not atomic.always(lambda v: v is True) or _bounded(route):
            continue
        yield Found(
            f'every request on "{database.alias}" is a transaction, and nothing ends one that idles: one stuck request '
            "holds its locks until its process ends",
            (*at(atomic, "every request is a transaction", database.span), *_file(route)),
            subject=setting(database, "ATOMIC_REQUESTS"),
            help="set idle_in_transaction_session_timeout on the server or for the role, or PgBouncer's "
            "idle_transaction_timeout, to a little more than the longest pause a request may make",
        )


def _file(route: Route) -> Iterator[Evidence]:
    if route.server is not None and route.server.span is not None:
        yield Evidence(route.server.span, f"no {_OF_SERVER[0]} here")


def _bounded(route: Route) -> bool:
    """Whether something ends such a transaction, or may do so without anyone here knowing."""
    if not all(known_off(server_limit(route, name)) for name in _OF_SERVER):
        return True
    if route.pooler is None:
        return False
    if route.pooler.kind != "pgbouncer":
        return True
    stated = [route.pooler.settings.get(name) for name in _OF_POOLER]
    return any(value is not None and not known_off(value) for value in stated)
