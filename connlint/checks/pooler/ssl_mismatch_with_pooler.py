"""The client insists on TLS and the pooler offers none: no connection succeeds.

https://www.pgbouncer.org/config.html#client_tls_sslmode (disable by default); lab T5: "server does not support SSL, but SSL was
required". libpq uses no TLS on a Unix socket: https://www.postgresql.org/docs/current/libpq-connect.html (sslmode).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import at
from connlint.deployment.model import Deployment, Engine
from connlint.deployment.routes import ways
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

_INSISTS = frozenset({"require", "verify-ca", "verify-full"})


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for way in ways(deployment):
        pooler, database = way.pooler, way.database
        asked, host = database.settings.get("OPTIONS.sslmode"), database.get("HOST")
        if pooler is None or not pooler.configured or database.engine is not Engine.POSTGRESQL or asked is None:
            continue  # what is not configured here may well offer TLS
        offered = pooler.get("client_tls_sslmode")
        if not asked.ever(_insists) or host.ever(_is_socket) or not offered.always(lambda mode: mode == "disable"):
            continue
        yield Found(
            f'no connection of "{database.alias}" succeeds: it insists on TLS, and {pooler.name} offers none',
            (
                Evidence(asked, "insists on TLS"),
                *at(pooler, offered, "client_tls_sslmode is disable: no TLS for clients"),
            ),
            subject=f"{database.module}:{database.alias}.OPTIONS.sslmode",
            help="give PgBouncer client_tls_sslmode = require with client_tls_key_file and client_tls_cert_file, or set "
            "sslmode to prefer where the way to PgBouncer is private",
            verdict=Verdict.MUST if asked.always(_insists) and host.is_exact else Verdict.CAN,
        )


def _insists(mode: object) -> bool:
    return mode in _INSISTS


def _is_socket(host: object) -> bool:
    return host in ("", None) or str(host).startswith("/")
