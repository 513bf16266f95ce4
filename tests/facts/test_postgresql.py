"""The table about PostgreSQL says what its releases do."""

from __future__ import annotations

import pytest

from connlint.facts import Version, product


@pytest.mark.parametrize(
    ("name", "type_", "default"),
    [
        ("max_connections", "int", 100),
        ("superuser_reserved_connections", "int", 3),
        ("reserved_connections", "int", 0),
        ("idle_session_timeout", "milliseconds", 0),
        ("idle_in_transaction_session_timeout", "milliseconds", 0),
        ("statement_timeout", "milliseconds", 0),
        ("transaction_timeout", "milliseconds", 0),
        ("tcp_user_timeout", "milliseconds", 0),
        ("client_connection_check_interval", "milliseconds", 0),
        ("tcp_keepalives_idle", "seconds", 0),
        ("tcp_keepalives_interval", "seconds", 0),
        ("tcp_keepalives_count", "int", 0),
        ("max_wal_senders", "int", 10),
    ],
)
def test_defaults_and_units(name: str, type_: str, default: object) -> None:
    setting = product("postgresql").settings[name]
    assert (setting.type, product("postgresql").default(name, None).only) == (type_, default)


@pytest.mark.parametrize(
    ("name", "since", "removed"),
    [
        ("idle_session_timeout", "14", None),
        ("client_connection_check_interval", "14", None),
        ("recovery_prefetch", "15", None),
        ("reserved_connections", "16", None),
        ("transaction_timeout", "17", None),
        ("io_method", "18", None),
        ("operator_precedence_warning", None, "14"),
        ("stats_temp_directory", None, "15"),
        ("vacuum_defer_cleanup_age", None, "16"),
        ("old_snapshot_threshold", None, "17"),
    ],
)
def test_releases(name: str, since: str | None, removed: str | None) -> None:
    table = product("postgresql")
    for number in range(13, 19):
        knows = (since is None or number >= int(since)) and (removed is None or number < int(removed))
        assert table.knows(name, Version((number,))) is knows
    assert table.knows(name, None) is None


def test_names_of_all_releases() -> None:
    table = product("postgresql")
    assert {
        "work_mem",
        "datestyle",
        "timezone",
        "data_directory",
        "shared_preload_libraries",
        "ssl_cert_file",
    } <= table.names
    assert all(table.knows(name, None) is True for name in ("work_mem", "max_connections"))
    assert not [name for name in table.names if name != name.lower()]
