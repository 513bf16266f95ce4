"""The client asks for a setting while it connects that PgBouncer refuses: no connection succeeds.

https://www.pgbouncer.org/config.html#ignore_startup_parameters; lab T5: "unsupported startup parameter: options".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._unknown import unknown_setting
from connlint.checks.pooler._modes import at
from connlint.deployment.declaring import line
from connlint.deployment.model import Deployment
from connlint.deployment.refusals import Fate, Sent, sent_parameters
from connlint.deployment.startup import without
from connlint.finding import Fix, Safety, Severity
from connlint.fixing.literals import replace_literal
from connlint.rulebook import Evidence, Found, Missing, rule

_OF_POOLER = "ALTER ROLE ... SET, or connect_query in [databases]"


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    every = list(sent_parameters(deployment))
    for sent in every:
        if sent.fate is Fate.UNKNOWN:
            yield _missing(sent)
        elif sent.fate is Fate.REFUSED:
            refused = [s.name for s in every if s.value is sent.value and s.fate is Fate.REFUSED]
            yield _found(sent, refused)


def _found(sent: Sent, refused: list[str]) -> Found:
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
        fix=None if "options" in refused else _fix(sent, refused),
    )


def _fix(sent: Sent, refused: list[str]) -> Fix | None:
    """Unsafe: the setting is gone until the server or the pooler makes it."""
    span = sent.value.span
    left = without(str(sent.value.only), refused) if sent.value.is_exact else ""
    if span is None or set(left) & set("'\"\\"):
        return None
    quote = "'" if span.text.startswith("'") else '"'
    title = f"take {' and '.join(refused)} out of OPTIONS"
    return replace_literal(sent.value, f"{quote}{left}{quote}", title, Safety.UNSAFE)


def _missing(sent: Sent) -> Missing:
    pooler = sent.pooler
    if not sent.name:
        return unknown_setting(sent.database, "OPTIONS.options", sent.value, 'OPTIONS["options"]')
    if not pooler.configured:
        file = line("poolers", pooler.name, "config", value="pgbouncer.ini")
        return Missing(f"ignore_startup_parameters of {pooler.name}", file)
    return Missing(f"the version of {pooler.name}", line("versions", "pgbouncer", value="1.24"))
