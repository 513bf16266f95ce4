"""PgBouncer is told to ignore a setting that the client asks for: it connects, and the setting never holds.

https://www.pgbouncer.org/config.html#ignore_startup_parameters; lab T5: `show statement_timeout` answers 0. The same happens to
a parameter of track_extra_parameters that the server does not report (https://www.pgbouncer.org/config.html#track_extra_parameters).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.deployment.refusals import Fate, sent_parameters
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for sent in sent_parameters(deployment):
        if sent.fate is not Fate.DROPPED:
            continue
        alias, pooler = sent.database.alias, sent.pooler
        why = "PostgreSQL does not report it: tracked in vain" if sent.tracked else "lets the client in without it"
        yield Found(
            f'{sent.name} of "{alias}" has no effect: {pooler.name} lets the client connect and drops the setting',
            (Evidence(sent.value, f"asks for {sent.name}"), Evidence(sent.ruling, why)),
            subject=f"{sent.database.module}:{alias}.OPTIONS.options: {sent.name}",
            help=f"set {sent.name} where it lasts: ALTER ROLE ... SET {sent.name}, or connect_query in [databases]; then "
            "take it out of OPTIONS",
            verdict=sent.verdict,
        )
