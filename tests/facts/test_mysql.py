"""The tables about MySQL and MariaDB say what their releases do."""

from __future__ import annotations

import pytest

from connlint.facts import Version, product


@pytest.mark.parametrize("name", ["mysql", "mariadb"])
def test_what_enters_the_arithmetic(name: str) -> None:
    table = product(name)
    defaults = {
        key: table.default(key, None).only for key in ("max_connections", "wait_timeout", "interactive_timeout")
    }
    assert defaults == {"max_connections": 151, "wait_timeout": 28800, "interactive_timeout": 28800}
    assert (table.settings["wait_timeout"].type, table.settings["wait_timeout"].least) == ("seconds", 1)
    assert table.default("thread_handling", None).only == "one-thread-per-connection"


def test_what_differs() -> None:
    mysql, mariadb = product("mysql"), product("mariadb")
    assert (mysql.settings["max_connections"].least, mariadb.settings["max_connections"].least) == (1, 10)
    assert mariadb.default("extra_max_connections", None).only == 1
    assert mariadb.default("idle_transaction_timeout", None).only == 0
    assert mysql.knows("extra_max_connections", None) is False
    assert mysql.knows("admin_port", Version((8, 0, 13))) is False
    assert "mariadb" in mariadb.sets["groups"]
    assert "mariadb" not in mysql.sets["groups"]


@pytest.mark.parametrize("name", ["mysql", "mariadb"])
def test_defaults_lie_within_the_limits(name: str) -> None:
    for setting in product(name).settings.values():
        for _, value in setting.defaults:
            if setting.least is not None and setting.most is not None:
                assert isinstance(value, (int, float))
                assert setting.least <= value <= setting.most
            assert setting.type != "enum" or value in setting.values
