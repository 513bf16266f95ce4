"""The client insists on TLS and the pooler offers none: no connection succeeds.

https://www.pgbouncer.org/config.html#client_tls_sslmode (disable by default); lab T5: "server does not support SSL, but SSL was
required".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

_INSISTS = frozenset({"require", "verify-ca", "verify-full"})


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    seen = set()
    for route in deployment.routes:
        pooler, asked = route.pooler, route.database.settings.get("OPTIONS.sslmode")
        key = (route.database.module, route.database.alias, pooler)
        if pooler is None or pooler.document is None or asked is None or key in seen:
            continue
        seen.add(key)
        offered = pooler.get("client_tls_sslmode")
        host = route.database.get("HOST")
        if host.ever(lambda h: str(h).startswith("/")) or not asked.ever(_INSISTS.__contains__):
            continue  # libpq does not use TLS on a Unix socket
        if not offered.always(lambda mode: mode == "disable"):
            continue
        yield Found(
            f'no connection of "{route.database.alias}" succeeds: it insists on TLS, and {pooler.name} offers none',
            (
                Evidence(asked, "insists on TLS"),
                Evidence(offered if offered.span is not None else pooler.document.source.span(0, 0), "TLS is off"),
            ),
            subject=f"{route.database.module}:{route.database.alias}.OPTIONS.sslmode",
            help="give PgBouncer a certificate and client_tls_sslmode = require, or set sslmode to prefer",
            verdict=Verdict.MUST if asked.always(_INSISTS.__contains__) else Verdict.CAN,
        )
