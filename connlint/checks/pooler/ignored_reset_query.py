"""server_reset_query is set where PgBouncer does not run it.

https://www.pgbouncer.org/config.html#server_reset_query: in transaction pooling only server_reset_query_always runs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import MULTIPLEXING, at
from connlint.deployment.model import Deployment, Pooler
from connlint.finding import Safety, Severity
from connlint.fixing.literals import drop_line
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value

_KEY = "server_reset_query"


@rule(severity=Severity.INFO, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for pooler in deployment.poolers:
        query = pooler.settings.get(_KEY)
        if query is None or not query.always(bool) or not pooler.configured:
            continue
        modes = _modes(pooler)
        always = pooler.get(f"{_KEY}_always")
        if not always.always(lambda v: not v) or not all(m.always(MULTIPLEXING.__contains__) for m in modes):
            continue
        names = " or ".join(dict.fromkeys(str(mode) for mode in modes))
        yield Found(
            f"{pooler.name} never runs {_KEY}: it pools by {names}, and resets connections only between sessions",
            (
                Evidence(query, "not run"),
                *(evidence for mode in modes for evidence in at(pooler, mode, f"{mode} pooling")),
            ),
            subject=f"{pooler.name}: {_KEY}",
            help=f"remove it: what runs here must leave nothing behind to reset ({_KEY}_always = 1 runs it after every "
            "transaction all the same)",
            fix=drop_line(query, _KEY, f"remove {_KEY}, which is not run", Safety.SAFE),
        )


def _modes(pooler: Pooler) -> list[Value]:
    """Every pool mode in use: of each database, or the general one, and of users that have one of their own."""
    general = pooler.get("pool_mode")
    databases = [entry.get("pool_mode", general) for entry in pooler.databases.values()] or [general]
    own = [entry["pool_mode"] for entry in pooler.users.values() if "pool_mode" in entry]
    return list(dict.fromkeys((*databases, *own)))
