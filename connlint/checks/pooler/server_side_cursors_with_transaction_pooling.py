"""QuerySet.iterator() opens a cursor on one server connection and fetches from another.

https://docs.djangoproject.com/en/stable/ref/databases/#transaction-pooling-server-side-cursors; lab T6: every iteration fails
under load and every one passes with a single client.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import multiplexed
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for route, pooler, mode, verdict in multiplexed(deployment):
        database = route.database
        disabled = database.get("DISABLE_SERVER_SIDE_CURSORS")
        if disabled.is_unknown:
            yield Missing(
                f'DISABLE_SERVER_SIDE_CURSORS of "{database.alias}" ({disabled.reason})',
                '[tool.connlint.env] NAME = "..."',
            )
            continue
        if disabled.always(bool):
            continue
        stated = database.settings.get("DISABLE_SERVER_SIDE_CURSORS")
        yield Found(
            f'iterating over a queryset of "{database.alias}" with .iterator() fails under load: {pooler.name} gives each '
            "transaction another server connection, and the cursor stays behind",
            (
                Evidence(database.span if stated is None else stated, "server-side cursors are not disabled"),
                Evidence(mode, "a server connection is a client's for one transaction only"),
            ),
            subject=f"{database.module}:{database.alias}.DISABLE_SERVER_SIDE_CURSORS",
            help=f'set "DISABLE_SERVER_SIDE_CURSORS": True in DATABASES["{database.alias}"]',
            verdict=Verdict.CAN if disabled.ever(bool) else verdict,
        )
