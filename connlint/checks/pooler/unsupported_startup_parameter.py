"""The client asks for a setting while it connects that PgBouncer refuses: no connection succeeds.

https://www.pgbouncer.org/config.html#ignore_startup_parameters; lab T5: "unsupported startup parameter: options".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import at
from connlint.deployment.model import Deployment
from connlint.deployment.refusals import Fate, Sent, sent_parameters
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_OF_POOLER = "ALTER ROLE ... SET, or connect_query in [databases]"


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for sent in sent_parameters(deployment):
        if sent.fate is Fate.UNKNOWN:
            yield _missing(sent)
        elif sent.fate is Fate.REFUSED:
            yield _found(sent)


def _found(sent: Sent) -> Found:
    alias, pooler = sent.database.alias, sent.pooler
    unread = sent.name == "options"
    asks = "sends more in options than -c NAME=VALUE" if unread else f"asks for {sent.name}"
    why = "reads nothing else" if unread else f"ignore_startup_parameters does not list {sent.name}"
    return Found(
        f'{pooler.name} refuses every connection of "{alias}", because it {asks} as it connects',
        (Evidence(sent.value, asks), *at(pooler, sent.ruling, why)),
        subject=f"{sent.database.module}:{alias}.OPTIONS.options: {sent.name}",
        help=f"take it out of OPTIONS and set it with {_OF_POOLER}; ignore_startup_parameters would let the client in and "
        "drop the setting",
        verdict=sent.verdict,
    )


def _missing(sent: Sent) -> Missing:
    alias, pooler = sent.database.alias, sent.pooler
    if not sent.name:
        variables = f'[tool.connlint.env] the variables that set OPTIONS of "{alias}"'
        return Missing(f'OPTIONS["options"] of "{alias}" in {sent.database.module}', variables)
    if pooler.document is None:
        file = f'[tool.connlint.poolers."{pooler.name}"] config = "pgbouncer.ini"'
        return Missing(f"ignore_startup_parameters of {pooler.name}", file)
    return Missing(f"the version of {pooler.name}", '[tool.connlint.versions] pgbouncer = "1.24"')
