"""What statements, settings and commands do to sessions that a pooler shares: four rules, each with its near misses."""

from __future__ import annotations

import pytest

from tests.judging import findings, judged

JOB = "from django.db import connection\n\ndef job(cursor):\n    cursor.execute({})\n"
PROXY = "shop.proxy-abc123.eu-west-1.rds.amazonaws.com"


def settings(options: str = "{}", host: str = "pgbouncer", more: str = "", engine: str = "postgresql") -> str:
    return (
        f'DATABASES = {{"default": {{"ENGINE": "django.db.backends.{engine}", "HOST": "{host}", "PORT": 6432, "NAME": "shop", '
        f'"OPTIONS": {options}}}{more}}}\n'
    )


def files(mode: str = "transaction", **others: str) -> dict[str, str]:
    ini = f"[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\npool_mode = {mode}\n"
    return {
        "pgbouncer.ini": ini,
        **{name.replace("__", "/").replace("_py", ".py"): text for name, text in others.items()},
    }


STATE = "session-state-with-transaction-pooling"


@pytest.mark.parametrize(("mode", "fires"), [("transaction", True), ("statement", True), ("session", False)])
def test_a_set_leaks_where_sessions_are_shared(mode: str, fires: bool) -> None:
    found = judged(STATE, settings(), files(mode, shop__jobs_py=JOB.format('"SET lock_timeout = 1"')))
    assert bool(found) is fires
    if fires:
        assert found == [
            "warning certain: SET lock_timeout stays on the server connection: the next client gets it, and this one may lose "
            f"it; pgbouncer pools by {mode}"
        ]


@pytest.mark.parametrize("name", ["application_name", "TimeZone", "TIME ZONE", "DateStyle"])
def test_what_pgbouncer_keeps_for_each_client_does_not_leak(name: str) -> None:
    statement = f"SET {name} 'UTC'" if name == "TIME ZONE" else f"SET {name} = 'x'"
    assert judged(STATE, settings(), files(shop__jobs_py=JOB.format(f'"{statement}"'))) == []


def test_with_another_alias_that_goes_straight_it_may_be_its_cursor() -> None:
    direct = (
        ', "direct": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.internal", "PORT": 5432, "NAME": "shop"}'
    )
    (found,) = judged(STATE, settings(more=direct), files(shop__jobs_py=JOB.format('"LISTEN orders"')))
    assert found.startswith("warning possible: LISTEN stays on the server connection")


def test_the_text_of_the_statement_is_not_shown() -> None:
    (found,) = findings(STATE, settings(), files(shop__jobs_py=JOB.format("\"SET app.key = 'hunter2'\"")))
    assert "hunter2" not in found.message
    assert found.message.startswith("SET app.key stays")


@pytest.mark.parametrize(
    ("options", "fires"), [('{"assume_role": "x"}', True), ('{"assume_role": None}', False), ("{}", False)]
)
def test_a_role_that_is_assumed_is_an_error(options: str, fires: bool) -> None:
    found = judged(STATE, settings(options), files())
    assert [each.split(":")[0] for each in found] == (["error certain"] if fires else [])
    assert judged(STATE, settings(options), files("session")) == []


PINNING = "proxy-pinning"


@pytest.mark.parametrize(
    ("options", "verdicts"),
    [
        ('{"assume_role": "x"}', ["warning certain"]),
        ('{"server_side_binding": True, "prepare_threshold": 5}', ["warning certain"]),
        ('{"server_side_binding": True, "prepare_threshold": None}', []),
        ('{"server_side_binding": False, "prepare_threshold": 5}', []),
        ('{"sslmode": "require"}', []),
    ],
)
def test_settings_that_pin_sessions_of_postgresql(options: str, verdicts: list[str]) -> None:
    found = judged(PINNING, settings(options, host=PROXY).replace("6432", "5432"))
    assert [each.split(":")[0] for each in found] == verdicts
    assert judged(PINNING, settings(options), files()) == []


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("SET sql_mode='STRICT_TRANS_TABLES'", None),
        ("SET SESSION wait_timeout=60, time_zone='+00:00'", None),
        ("SET sql_mode='X', max_execution_time=1000", "max_execution_time"),
    ],
)
def test_variables_that_the_proxy_does_not_follow_pin_sessions_of_mysql(command: str, names: str | None) -> None:
    found = judged(PINNING, settings(f'{{"init_command": "{command}"}}', host=PROXY, engine="mysql"))
    assert len(found) == (names is not None)
    if names is not None:
        assert f"it sets {names} when it connects" in found[0]
        assert found[0].startswith("warning possible:")


MIGRATIONS = "migrations-through-pooler"
MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


@pytest.mark.parametrize(
    ("procfile", "fires"),
    [
        ("release: python manage.py migrate\nweb: gunicorn shop.wsgi\n", True),
        ("release: python manage.py migrate_schemas --noinput\nweb: gunicorn shop.wsgi\n", True),
        ("release: python manage.py loaddata shop\nweb: gunicorn shop.wsgi\n", False),
        ("web: gunicorn shop.wsgi\n", False),
    ],
)
def test_a_command_that_migrates_through_the_pool(procfile: str, fires: bool) -> None:
    known = {"Procfile": procfile, "manage.py": MANAGE}
    assert bool(judged(MIGRATIONS, settings(), {**files(), **known})) is fires
    assert judged(MIGRATIONS, settings(), {**files("session"), **known}) == []


def test_an_alias_that_goes_straight_is_there_for_migrations() -> None:
    direct = (
        ', "direct": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.internal", "PORT": 5432, "NAME": "shop"}'
    )
    known = {**files(), "Procfile": "release: python manage.py migrate --database direct\n", "manage.py": MANAGE}
    assert judged(MIGRATIONS, settings(more=direct), known) == []


TESTS = "tests-through-pooler"


@pytest.mark.parametrize(
    ("name", "fires"), [("shop.settings.test", True), ("shop.test_settings", True), ("shop.settings.contest", False)]
)
def test_settings_for_tests_are_told_by_their_name(name: str, fires: bool) -> None:
    known = {name.replace(".", "/") + ".py": settings(), "connlint.toml": f'settings = ["{name}"]\n'}
    assert bool(judged(TESTS, "", {**files(), **known})) is fires


def test_a_pooler_that_lets_everybody_in_keeps_the_database_from_being_dropped() -> None:
    known = {"shop/settings/test.py": settings(), "connlint.toml": 'settings = ["shop.settings.test"]\n'}
    ini = "[databases]\n* = host=db.internal\n[pgbouncer]\nlisten_port = 6432\n"
    (found,) = judged(TESTS, "", {**known, "pgbouncer.ini": ini})
    assert found.endswith("pgbouncer keeps connections to it, so that dropping it fails")
