"""What PostgreSQL says of its limits and its clients.

https://www.postgresql.org/docs/current/view-pg-settings.html: `reset_val` is what a session of this user starts with, which
the settings of its role and its database have made.
https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW: of other users' sessions
only members of pg_read_all_stats see the state.
"""

from __future__ import annotations

from typing import Any, Final

from connlint.django.asking.answers import Answers, Fact, Table, cell, cells
from connlint.django.asking.connecting import ANSWERING, read_only

_BEGIN: Final = ("SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = '{ANSWERING}s'")
_ASKED: Final = (
    "max_connections", "superuser_reserved_connections", "reserved_connections", "idle_session_timeout",
    "idle_in_transaction_session_timeout", "statement_timeout", "transaction_timeout", "tcp_keepalives_idle",
)  # fmt: skip
_SETTINGS: Final = "SELECT name, reset_val, coalesce(unit, '') FROM pg_settings WHERE name = ANY (%s)"
_LIMITS: Final = (
    "SELECT (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),"
    " (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),"
    " current_setting('server_version')"
)
_HOLDERS: Final = """
SELECT application_name, CASE WHEN usename = current_user THEN 'this user' ELSE usename::text END,
       coalesce(host(client_addr), ''), coalesce(state, ''), count(*),
       max(extract(epoch FROM now() - state_change))::bigint
FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND usename IS NOT NULL AND datid IS NOT NULL
  AND coalesce(backend_type, 'client backend') = 'client backend'
GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT 50
"""
_COLUMNS: Final = ("application", "user", "from", "state", "connections", "seconds")


def ask(found: Any, time: str) -> Answers:
    """Ask the server of Django's wrapper `found`; raises `NoAnswer`."""
    with read_only(found, _BEGIN) as cursor:
        cursor.execute(_SETTINGS, [list(_ASKED)])
        stated = {str(name): (cell(value), str(unit)) for name, value, unit in cursor.fetchall()}
        cursor.execute(_LIMITS)
        role, database, version = cursor.fetchone()
        cursor.execute(_HOLDERS)
        rows = cells(cursor.fetchall())
    facts = [Fact(name, *stated[name]) for name in _ASKED if name in stated]
    limits = (("connection limit of the role", role), ("connection limit of the database", database))
    facts += [Fact(name, cell(limit)) for name, limit in limits if limit is not None and limit >= 0]
    return Answers(
        "postgresql", str(version).split()[0], time, tuple(facts), (Table("who holds connections", _COLUMNS, rows),)
    )
