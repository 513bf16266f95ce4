"""Settings that make RDS Proxy keep a server connection for each client: it pools nothing any more.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html: SET and prepared statements pin a session of
PostgreSQL, and session variables that the proxy does not follow one of MySQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Database, Deployment, Engine
from connlint.deployment.routes import ways
from connlint.deployment.startup import session_variables
from connlint.facts import product
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for way in ways(deployment):
        database, pooler = way.database, way.pooler
        if pooler is None or pooler.kind != "rds-proxy":
            continue
        for key, value, what, verdict in _pins(database):
            yield Found(
                f'each connection of "{database.alias}" keeps a server connection of its own: {what}, and {pooler.name} pins '
                "the session from then on",
                (Evidence(value, "pins the session"), Evidence(database.get("HOST"), f"the host of {pooler.name}")),
                subject=f"{database.module}:{database.alias}.{key}",
                help="make it the default of the role or of the server's parameter group, or count the clients of the proxy "
                "as connections of the server",
                verdict=verdict,
            )


def _pins(database: Database) -> Iterator[tuple[str, Value, str, Verdict]]:
    """The settings that pin a session: key, value, what they do, and whether they surely do."""
    if database.engine is Engine.MYSQL:
        variables = session_variables(database) or {}
        names = sorted(variables.keys() - product("rds-proxy").sets["tracked_variables"])
        if names:  # a session pinning filter of the proxy may leave variables out
            value = database.settings["OPTIONS.init_command"]
            yield "OPTIONS.init_command", value, f"it sets {', '.join(names)} when it connects", Verdict.CAN
        return
    role = database.settings.get("OPTIONS.assume_role")
    if role is not None and role.ever(bool):
        sure = Verdict.MUST if role.always(bool) else Verdict.CAN
        yield "OPTIONS.assume_role", role, "it sends SET ROLE when it connects", sure
    binding = database.settings.get("OPTIONS.server_side_binding")
    threshold = database.settings.get("OPTIONS.prepare_threshold")
    if binding is not None and threshold is not None and binding.ever(bool) and threshold.ever(_prepares):
        sure = Verdict.MUST if binding.always(bool) and threshold.always(_prepares) else Verdict.CAN
        yield "OPTIONS.prepare_threshold", threshold, "it prepares statements on the server", sure


def _prepares(threshold: object) -> bool:
    return isinstance(threshold, int)
