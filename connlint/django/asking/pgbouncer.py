"""What PgBouncer says on its console, the database `pgbouncer`, to users in admin_users or stats_users.

https://www.pgbouncer.org/usage.html#admin-console: only the simple query protocol, and no transactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import Error

from connlint.django.asking.answers import Answers, Fact, NoAnswer, Table, cell
from connlint.django.asking.connecting import CONNECTING, reason

_CONSOLE: Final = "pgbouncer"
# What of the parameters of a connection is handed on: who, where, and how it is encrypted.
_KEPT: Final = (
    "host", "hostaddr", "port", "user", "password", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey", "service",
)  # fmt: skip
_ASKED: Final = (
    "pool_mode", "max_client_conn", "default_pool_size", "min_pool_size", "reserve_pool_size", "max_db_connections",
    "max_user_connections", "client_idle_timeout", "server_idle_timeout", "idle_transaction_timeout",
    "query_wait_timeout", "max_prepared_statements",
)  # fmt: skip
_POOLS: Final = (
    "database",
    "user",
    "cl_active",
    "cl_waiting",
    "sv_active",
    "sv_idle",
    "sv_used",
    "maxwait",
    "pool_mode",
)
_DATABASES: Final = ("name", "pool_size", "reserve_pool", "pool_mode", "max_connections", "current_connections")


def ask(found: Any, time: str) -> Answers | None:
    """Ask the PgBouncer at the address of Django's wrapper `found`; None when there is none, or it does not let us in.

    Raises `NoAnswer` for a PgBouncer that refuses this user.
    """
    try:
        parameters = found.get_connection_params()
        wanted = {key: parameters[key] for key in _KEPT if parameters.get(key)}
        connection = found.Database.connect(**wanted, dbname=_CONSOLE, connect_timeout=CONNECTING)
    except (Error, found.Database.Error, OSError) as error:
        if "not allowed" in str(error):  # "not allowed to connect": only PgBouncer knows its own console
            raise NoAnswer(f"it is PgBouncer, and this user is not in its stats_users: {reason(error)}") from None
        return None
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            config = {str(row["key"]): cell(row["value"]) for row in _rows(cursor, "SHOW CONFIG")}
            pools = [row for row in _rows(cursor, "SHOW POOLS") if row.get("database") != _CONSOLE]
            databases = [row for row in _rows(cursor, "SHOW DATABASES") if row.get("name") != _CONSOLE]
            version = str(next(iter(_rows(cursor, "SHOW VERSION")[0].values())))
    except (Error, found.Database.Error, KeyError, IndexError) as error:
        raise NoAnswer(reason(error)) from None
    finally:
        connection.close()
    own = str(parameters.get("user", ""))
    pools = [{**row, "user": "this user" if row.get("user") == own else row.get("user")} for row in pools]
    facts = tuple(Fact(key, config[key]) for key in _ASKED if key in config)
    tables = (_table("pools", _POOLS, pools), _table("databases", _DATABASES, databases))
    return Answers("pgbouncer", version.split()[-1], time, facts, tables)


def _rows(cursor: Any, statement: str) -> list[dict[str, Any]]:
    cursor.execute(statement)
    names = [str(column[0]) for column in cursor.description]
    return [dict(zip(names, row, strict=False)) for row in cursor.fetchall()]


def _table(title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    known = tuple(name for name in columns if any(name in row for row in rows))
    return Table(title, known, tuple(tuple(cell(row.get(name)) for name in known) for row in rows))
