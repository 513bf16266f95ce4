"""Settings for tests connect to a pooler: the test database is created and dropped behind its back.

https://www.pgbouncer.org/config.html (a database that [databases] does not name is refused, and server connections stay open
after a client has left, which keeps PostgreSQL from dropping their database).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import at
from connlint.deployment.model import Deployment, SettingsModule
from connlint.deployment.routes import cross
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

_WORDS = frozenset({"test", "tests", "testing"})


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for module in deployment.modules:
        if not _is_for_tests(module):
            continue
        for database in module.databases.values():
            crossing = cross(database, deployment.poolers, deployment.servers)
            pooler = crossing.pooler
            if pooler is None or crossing.assumption is not None or pooler.kind != "pgbouncer":
                continue
            listed = bool(pooler.databases) and "*" not in pooler.databases
            fails = (
                "refuses it, as no entry of [databases] names it"
                if listed
                else "keeps connections to it, so that dropping it fails"
            )
            yield Found(
                f'tests create a database of their own for "{database.alias}", and {pooler.name} {fails}',
                (
                    Evidence(database.get("HOST"), f"leads to {pooler.name}"),
                    *at(pooler, pooler.get("listen_port"), f"where {pooler.name} listens"),
                ),
                subject=f"{database.module}:{database.alias}.HOST",
                help="let settings for tests connect straight to the server",
                verdict=Verdict.CAN,
            )


def _is_for_tests(module: SettingsModule) -> bool:
    parts = module.name.replace("_", ".").split(".")
    return not _WORDS.isdisjoint(parts)
