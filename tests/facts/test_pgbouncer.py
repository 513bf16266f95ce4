"""The tables about PgBouncer say what its releases do."""

from __future__ import annotations

import pytest

from connlint.facts import Version, product


@pytest.mark.parametrize(
    ("key", "version", "value"),
    [
        ("pool_mode", None, "session"),
        ("default_pool_size", "1.25", 20),
        ("max_client_conn", "1.18", 100),
        ("server_idle_timeout", None, 600),
        ("query_wait_timeout", None, 120),
        ("client_idle_timeout", None, 0),
        ("max_prepared_statements", "1.21", 0),
        ("max_prepared_statements", "1.23.1", 0),
        ("max_prepared_statements", "1.24", 200),
        ("server_tls_sslmode", "1.18", "disable"),
        ("server_tls_sslmode", "1.20", "prefer"),
        ("ignore_startup_parameters", None, []),
        ("unix_socket_mode", None, 0o777),
    ],
)
def test_defaults(key: str, version: str | None, value: object) -> None:
    assert product("pgbouncer").default(key, Version.parse(version) if version else None).only == value


@pytest.mark.parametrize(
    ("table", "key", "since"),
    [
        ("pgbouncer", "peer_id", "1.19"),
        ("pgbouncer", "track_extra_parameters", "1.20"),
        ("pgbouncer", "max_prepared_statements", "1.21"),
        ("pgbouncer", "auth_ident_file", "1.23"),
        ("pgbouncer", "max_db_client_connections", "1.24"),
        ("pgbouncer", "transaction_timeout", "1.25"),
        ("pgbouncer_database", "max_db_client_connections", "1.24"),
        ("pgbouncer_database", "server_lifetime", "1.23"),
        ("pgbouncer_user", "pool_size", "1.23"),
        ("pgbouncer_user", "client_idle_timeout", "1.24"),
        ("pgbouncer_peer", "host", "1.19"),
    ],
)
def test_first_releases(table: str, key: str, since: str) -> None:
    first = Version.parse(since)
    assert first is not None
    before = Version((first.parts[0], first.parts[1] - 1))
    assert product(table).knows(key, first) is True
    assert product(table).knows(key, before) is False
    assert product(table).knows(key, None) is None


@pytest.mark.parametrize("name", ["pgbouncer", "pgbouncer_database", "pgbouncer_user", "pgbouncer_peer"])
def test_every_default_has_the_type_the_table_states(name: str) -> None:
    types = {"int": int, "bool": bool, "str": str, "enum": str, "list": list, "seconds": (int, float)}
    for setting in product(name).settings.values():
        for _, value in setting.defaults:
            assert value is None or (
                isinstance(value, types[setting.type]) and (setting.type == "bool") == (type(value) is bool)
            )
            assert setting.type != "enum" or value in setting.values
