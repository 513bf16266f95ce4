"""The client asks for a setting while it connects that PgBouncer refuses: no connection succeeds.

https://www.pgbouncer.org/config.html#ignore_startup_parameters; lab T5: "unsupported startup parameter: options".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.deployment.refusals import Fate, sent_parameters
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for sent in sent_parameters(deployment):
        if sent.fate is Fate.UNKNOWN:
            yield Missing(f"the version of {sent.pooler.name}", '[tool.connlint.versions] pgbouncer = "1.24"')
        if sent.fate is not Fate.REFUSED:
            continue
        alias = sent.route.database.alias
        where = sent.ruling if sent.ruling.span is not None else sent.pooler.span
        yield Found(
            f'{sent.pooler.name} refuses every connection of "{alias}", because it asks for {sent.name} as it connects',
            (
                Evidence(sent.value, f"asks for {sent.name}"),
                *((Evidence(where, "admits no such parameter"),) if where is not None else ()),
            ),
            subject=f"{sent.route.database.module}:{alias}.OPTIONS.options: {sent.name}",
            help=f"take it out of OPTIONS and set it where it lasts: ALTER ROLE ... SET {sent.name}, or connect_query in "
            "[databases]; ignore_startup_parameters would let the client in and drop the setting",
        )
