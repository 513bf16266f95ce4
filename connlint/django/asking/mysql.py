"""What MySQL or MariaDB say of their limits and their clients.

https://mariadb.com/kb/en/information-schema-processlist-table/: without the privilege PROCESS only the own connections.
"""

from __future__ import annotations

from typing import Any, Final

from connlint.django.asking.answers import Answers, Fact, Table, cell, cells
from connlint.django.asking.connecting import ANSWERING, read_only

_READ_ONLY: Final = "START TRANSACTION READ ONLY"
# How long a query may take: MySQL counts milliseconds and MariaDB seconds.
_LIMIT: Final = f"SET SESSION max_execution_time = {ANSWERING * 1000}"
_LIMIT_MARIADB: Final = f"SET SESSION max_statement_time = {ANSWERING}"
_UNITS: Final = {
    "max_connections": "", "extra_max_connections": "", "wait_timeout": "s", "interactive_timeout": "s",
    "max_statement_time": "s", "max_execution_time": "ms",
}  # fmt: skip
_STATUS: Final = ("Threads_connected", "Max_used_connections")
_HOLDERS: Final = """
SELECT CASE WHEN user = substring_index(current_user(), '@', 1) THEN 'this user' ELSE user END,
       substring_index(host, ':', 1), command, count(*), max(time)
FROM information_schema.processlist
WHERE id <> connection_id() AND user NOT IN ('system user', 'event_scheduler')
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT 50
"""
_COLUMNS: Final = ("user", "from", "command", "connections", "seconds")


def ask(found: Any, time: str) -> Answers:
    """Ask the server of Django's wrapper `found`; raises `NoAnswer`."""
    with read_only(found, ()) as cursor:
        cursor.execute("SELECT version(), @@SESSION.max_user_connections")
        version, own = cursor.fetchone()
        mariadb = "mariadb" in str(version).lower()
        cursor.execute(_LIMIT_MARIADB if mariadb else _LIMIT)
        cursor.execute(_READ_ONLY)
        names = ", ".join(f"'{name}'" for name in _UNITS)
        cursor.execute(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")
        stated = {str(name).lower(): cell(value) for name, value in cursor.fetchall()}
        names = ", ".join(f"'{name}'" for name in _STATUS)
        cursor.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
        status = {str(name): cell(value) for name, value in cursor.fetchall()}
        cursor.execute(_HOLDERS)
        rows = cells(cursor.fetchall())
    facts = [Fact(name, stated[name], unit) for name, unit in _UNITS.items() if name in stated]
    if own:
        facts.append(Fact("max_user_connections", cell(own)))
    facts += [Fact(name, status[name]) for name in _STATUS if name in status]
    number = str(version).partition("-")[0]
    holders = Table("who holds connections", _COLUMNS, rows)
    return Answers("mariadb" if mariadb else "mysql", number, time, tuple(facts), (holders,))
