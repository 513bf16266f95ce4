"""What a statement leaves in the session stays on a server connection that the pooler hands to the next client.

https://www.pgbouncer.org/features.html (SQL features of the pooling modes: SET, LISTEN, session advisory locks and temporary
tables never work with transaction pooling); OPTIONS.assume_role sends SET ROLE once for each connection
(https://docs.djangoproject.com/en/stable/ref/databases/#database-role).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.pooler._modes import Shared, at, shared
from connlint.deployment.model import Deployment, Engine
from connlint.deployment.routes import ways
from connlint.deployment.session_states import SessionState, described, kept_by
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

_ROLE = "OPTIONS.assume_role"
# What becomes of each statement, and what to do instead.
_FATES = {
    "SET": (
        "stays on the server connection: the next client gets it, and this one may lose it",
        "use SET LOCAL inside transaction.atomic(), or give the role or the database the setting (ALTER ROLE ... SET)",
    ),
    "LISTEN": (
        "stays on the server connection: its notifications never reach this client",
        "let the listener connect straight to the server, by an alias of its own",
    ),
    "pg_advisory_lock": (
        "stays with the server connection: other clients hold it too, and nobody here can release it",
        "use pg_advisory_xact_lock, which ends with the transaction",
    ),
    "CREATE TEMPORARY TABLE": (
        "exists on one server connection: after the transaction this client may not find it, and others do",
        "create it ON COMMIT DROP, inside transaction.atomic()",
    ),
}


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    every = tuple(shared(deployment, "session_settings"))
    for way in every:
        role = way.database.settings.get(_ROLE)
        if role is not None and role.ever(bool):
            yield from way.missing() if way.verdict is Verdict.UNKNOWN else (_assumed(way),)
    decided = [way for way in every if way.verdict is not Verdict.UNKNOWN]
    if decided:
        others = [way for way in ways(deployment) if way.database.engine is Engine.POSTGRESQL]
        sure = len(others) == len(decided) and all(way.verdict is Verdict.MUST for way in decided)
        for state in deployment.code.sessions:
            if not kept_by((way.pooler for way in decided), state):
                yield _stated(decided[0], state, Verdict.MUST if sure else Verdict.CAN)


def _assumed(way: Shared) -> Found:
    role = way.database.settings[_ROLE]
    sure = way.verdict is Verdict.MUST and role.always(bool)
    return Found(
        f'queries of "{way.database.alias}" run as whatever role a server connection was left with: SET ROLE is sent once, and '
        f"{way.pooler.name} hands connections over between transactions",
        (
            Evidence(role, "sends SET ROLE when it connects"),
            *at(way.pooler, way.mode, f"{way.mode} pooling: server connections change hands"),
        ),
        subject=f"{way.subject}.{_ROLE}",
        help="log in as the role itself, or let this alias use a pool in session mode",
        severity=Severity.ERROR,
        verdict=Verdict.MUST if sure else Verdict.CAN,
    )


def _stated(way: Shared, state: SessionState, verdict: Verdict) -> Found:
    fate, instead = _FATES[state.statement]
    what = described(state)
    return Found(
        f"{what} {fate}; {way.pooler.name} pools by {way.mode}",
        (
            Evidence(state.span, "leaves this in the session"),
            *at(way.pooler, way.mode, f"{way.mode} pooling: server connections change hands"),
        ),
        subject=f"{state.span.path}: {what}",
        help=instead,
        verdict=verdict,
    )
