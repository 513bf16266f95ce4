"""What is said of DATABASES, against the Django that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from django.db import ConnectionHandler

from connlint.facts import Version, product

INSTALLED = Version(django.VERSION[:2])
FACTS = product("django")


def configured() -> dict[str, Any]:
    """An empty alias as Django completes it."""
    if not django_settings.configured:
        django_settings.configure()
    found: dict[str, Any] = ConnectionHandler({"default": {"NAME": ""}, "other": {}}).settings["other"]
    return found


def test_the_table_covers_the_installed_version() -> None:
    assert FACTS.first <= INSTALLED <= FACTS.last


def test_every_key_django_completes_is_known_with_its_default() -> None:
    completed = configured()
    tests = completed.pop("TEST")
    assert set(completed) <= set(FACTS.settings)
    assert {name: FACTS.default(name, INSTALLED).only for name in completed} == completed
    assert set(tests) <= FACTS.sets["test"]


def test_every_key_of_the_table_is_one_django_uses() -> None:
    root = Path(django.__file__).parent / "db"
    read = "".join((root / name).read_text(encoding="utf-8") for name in ("backends/base/base.py", "models/query.py"))
    others = set(FACTS.settings) - set(configured())
    assert {name for name in others if f'"{name}"' not in read} == set()


@pytest.mark.parametrize(
    ("name", "version", "known"),
    [
        ("CONN_HEALTH_CHECKS", "4.0", False), ("CONN_HEALTH_CHECKS", "4.1", True), ("CONN_HEALTH_CHECKS", None, None),
        ("CONN_MAX_AGE", None, True), ("CONN_HEALTH_CHECK", "5.2", False), ("conn_max_age", "5.2", False),
        ("sslmode", "5.2", False), ("pool", "5.2", False), ("POOL_OPTIONS", "5.2", True), ("TEST_NAME", "5.2", True),
    ],
)  # fmt: skip
def test_which_keys_a_version_knows(name: str, version: str | None, known: bool | None) -> None:
    assert FACTS.knows(name, Version.parse(version) if version else None) is known


@pytest.mark.parametrize(
    ("option", "version", "known"),
    [
        ("pool", "5.0", False), ("pool", "5.1", True), ("assume_role", "4.1", False), ("assume_role", "4.2", True),
        ("pool.check", "6.0", False), ("pool.check", "6.1", True), ("isolation_level", "3.2", True),
    ],
)  # fmt: skip
def test_which_options_of_postgresql_a_version_takes(option: str, version: str, known: bool) -> None:
    assert product("django_postgresql").knows(option, Version.parse(version)) is known


def test_the_arguments_django_gives_its_pool_are_those_it_reserves() -> None:
    from ast import Call, Name, parse, walk

    backend = Path(django.__file__).parent / "db" / "backends" / "postgresql" / "base.py"
    calls = [n for n in walk(parse(backend.read_text(encoding="utf-8"))) if isinstance(n, Call)]
    (pool,) = [call for call in calls if isinstance(call.func, Name) and call.func.id == "ConnectionPool"]
    facts = product("django_postgresql")
    reserved = {name for name in facts.sets["pool_reserved"] if facts.knows(f"pool.{name}", INSTALLED) is not True}
    assert {keyword.arg for keyword in pool.keywords if keyword.arg} == reserved


def test_the_isolation_of_mysql_is_djangos_own() -> None:
    backend = Path(django.__file__).parent / "db" / "backends" / "mysql" / "base.py"
    level = product("django_mysql").default("isolation_level", INSTALLED).only
    assert f'options.pop("isolation_level", "{level}")' in backend.read_text(encoding="utf-8")
