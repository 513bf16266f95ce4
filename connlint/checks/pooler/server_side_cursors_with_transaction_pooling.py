"""QuerySet.iterator() opens a cursor on one server connection and fetches from another.

https://docs.djangoproject.com/en/stable/ref/databases/#transaction-pooling-server-side-cursors; lab T6: every iteration fails
under load and every one passes with a single client.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._unknown import unknown_setting
from connlint.checks.pooler._modes import at, shared
from connlint.deployment.model import Database, Deployment
from connlint.finding import Fix, Safety, Severity
from connlint.fixing.keys import set_key
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

_KEY = "DISABLE_SERVER_SIDE_CURSORS"


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for way in shared(deployment, "server_side_cursors"):
        database, pooler = way.database, way.pooler
        disabled = database.get(_KEY)
        if disabled.always(bool):
            continue
        if way.verdict is Verdict.UNKNOWN:
            yield from way.missing()
            continue
        if disabled.is_unknown:
            yield unknown_setting(database, _KEY)
            continue
        stated = database.settings.get(_KEY)
        yield Found(
            f'.iterator() on a queryset of "{database.alias}" fails under load: {pooler.name} gives each '
            f"{'statement' if way.mode.always(lambda mode: mode == 'statement') else 'transaction'} another server "
            "connection, and the cursor stays behind on the first",
            (
                Evidence(database.span if stated is None else stated, "server-side cursors are not disabled"),
                *at(pooler, way.mode, f"{way.mode} pooling: server connections change hands"),
            ),
            subject=f"{way.subject}.{_KEY}",
            help=f'set "{_KEY}": True in DATABASES["{database.alias}"]; with a single client it works either way',
            verdict=Verdict.CAN if disabled.ever(bool) else way.verdict,
            fix=_fix(deployment, database),
        )


def _fix(deployment: Deployment, database: Database) -> Fix | None:
    """Safe: it changes how .iterator() fetches its rows, and which way is the one that works."""
    return set_key(deployment, database, _KEY, "True", f'set {_KEY} to True for "{database.alias}"', Safety.SAFE)
