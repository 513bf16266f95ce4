"""Health checks, aliases of one server, and passwords that expire."""

from __future__ import annotations

import pytest
from judging import findings, fixed, judged, lacking

HEALTH = "persistent-without-health-checks"
OLD = "health-checks-unsupported"
TWICE = "duplicate-server-alias"
TOKEN = "expiring-password-at-import"
DJANGO = {"requirements.txt": "Django==5.2.1\n"}


def alias(body: str, name: str = "postgresql") -> str:
    return f'DATABASES = {{"default": {{"ENGINE": "django.db.backends.{name}", "HOST": "db", {body}}}}}\n'


@pytest.mark.parametrize(
    "body", ['"CONN_MAX_AGE": 60', '"CONN_MAX_AGE": None', '"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": False']
)
@pytest.mark.parametrize("engine", ["postgresql", "mysql", "oracle"])
def test_kept_and_never_tested(body: str, engine: str) -> None:
    assert [line.split(":")[0] for line in judged(HEALTH, alias(body, engine), DJANGO)] == ["warning certain"]


@pytest.mark.parametrize(
    "body",
    ['"NAME": "shop"', '"CONN_MAX_AGE": 0', '"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True',
     '"CONN_MAX_AGE": 60, "OPTIONS": {"pool": True}'],
)  # fmt: skip
def test_not_kept_or_tested(body: str) -> None:
    assert findings(HEALTH, alias(body), DJANGO) == ()
    assert lacking(HEALTH, alias(body), DJANGO) == []


def test_sqlite_drops_nobody() -> None:
    assert findings(HEALTH, alias('"CONN_MAX_AGE": 60', "sqlite3"), DJANGO) == ()


@pytest.mark.parametrize("worker", ["gevent", "uvicorn.workers.UvicornWorker"])
def test_where_connections_are_not_used_again(worker: str) -> None:
    files = {**DJANGO, "gunicorn.conf.py": f'worker_class = "{worker}"\n'}
    assert findings(HEALTH, alias('"CONN_MAX_AGE": 60'), files) == ()


def test_what_has_to_be_known() -> None:
    settings = alias('"CONN_MAX_AGE": 60')
    assert lacking(HEALTH, settings) == ["which version of Django is installed"]
    assert findings(HEALTH, settings) == ()
    assert findings(HEALTH, settings, {"requirements.txt": "Django==4.0.10\n"}) == ()
    assert lacking(HEALTH, settings, {"requirements.txt": "Django==4.0.10\n"}) == []
    assert len(findings(HEALTH, settings, {"requirements.txt": "Django==4.1.0\n"})) == 1
    other = {**DJANGO, "gunicorn.conf.py": 'worker_class = "shop.workers.Own"\n'}
    assert lacking(HEALTH, settings, other) == ["how the worker class of web serves requests"]
    assert lacking(HEALTH, alias('"CONN_MAX_AGE": unheard_of()'), DJANGO) == [
        'CONN_MAX_AGE of "default" in settings: the name is not defined'
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (alias('"CONN_MAX_AGE": 60'), alias('"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60')),
        (
            alias('"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": False'),
            alias('"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True'),
        ),
        (
            alias("") + 'if DATABASES:\n    DATABASES["default"]["CONN_MAX_AGE"] = 60\n',
            alias("") + 'if DATABASES:\n    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True\n'
            '    DATABASES["default"]["CONN_MAX_AGE"] = 60\n',
        ),
        (
            'DATABASES = {"default": dict(ENGINE="django.db.backends.mysql",\n    CONN_MAX_AGE=60)}\n',
            'DATABASES = {"default": dict(ENGINE="django.db.backends.mysql",\n    CONN_HEALTH_CHECKS=True,\n    CONN_MAX_AGE=60)}\n',
        ),
    ],
)
def test_the_check_is_added_beside_the_age(before: str, after: str) -> None:
    assert fixed(HEALTH, before, DJANGO) == after
    assert findings(HEALTH, after, DJANGO) == ()


@pytest.mark.parametrize(("version", "fires"), [("3.2.25", True), ("4.0", True), ("4.1", False), ("5.2.1", False)])
def test_health_checks_before_django_4_1(version: str, fires: bool) -> None:
    files = {"requirements.txt": f"Django=={version}\n"}
    assert bool(findings(OLD, alias('"CONN_HEALTH_CHECKS": True'), files)) is fires
    assert findings(OLD, alias('"CONN_HEALTH_CHECKS": False'), files) == ()


def test_health_checks_with_an_unknown_django() -> None:
    assert findings(OLD, alias('"CONN_HEALTH_CHECKS": True')) == ()


def two(one: str, other: str, rest: str = "") -> str:
    engine = '"ENGINE": "django.db.backends.postgresql"'
    return f'import os\nDATABASES = {{"default": {{{engine}, {one}}}, "other": {{{engine}, {other}}}}}\n{rest}'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"HOST": "db"', '"HOST": "db"'),
        ('"HOST": "db", "PORT": 5432', '"HOST": "db", "PORT": ""'),
        ('"HOST": "localhost"', '"HOST": "127.0.0.1"'),
        ('"HOST": os.environ.get("H", "db")', '"HOST": os.environ.get("H", "db")'),
    ],
)
def test_two_aliases_of_one_server(one: str, other: str) -> None:
    assert [line.split(":")[0] for line in judged(TWICE, two(one, other))] == ["info possible"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"HOST": "db"', '"HOST": "db2"'),
        ('"HOST": "db"', '"HOST": "db", "PORT": 5433'),
        ('"HOST": "db"', '"HOST": "db", "TEST": {"MIRROR": "default"}'),
        ('"HOST": os.environ.get("H", "db")', '"HOST": os.environ.get("R", "db")'),
        ('"HOST": os.environ.get("H", "db")', '"HOST": "db"'),
        ('"HOST": os.environ["H"]', '"HOST": os.environ["R"]'),
    ],
)
def test_two_aliases_of_two_servers_or_nobody_knows(one: str, other: str) -> None:
    assert findings(TWICE, two(one, other)) == ()


def test_a_pooler_that_leads_them_to_two_servers() -> None:
    both = two('"HOST": "pgb", "PORT": 6432, "NAME": "shop"', '"HOST": "pgb", "PORT": 6432, "NAME": "shop_ro"')
    entries = "[databases]\nshop = host=db.primary\nshop_ro = host={}\n[pgbouncer]\nlisten_port = 6432\n"
    assert findings(TWICE, both, {"pgbouncer.ini": entries.format("db.replica")}) == ()
    assert len(findings(TWICE, both, {"pgbouncer.ini": entries.format("db.primary")})) == 1


def test_one_alias_in_place_of_two_only_for_one_database() -> None:
    same, other = (
        two('"HOST": "db", "NAME": "a"', '"HOST": "db", "NAME": "a"'),
        two('"HOST": "db", "NAME": "a"', '"HOST": "db", "NAME": "b"'),
    )
    assert [found.help for found in findings(TWICE, same)] == ["count its connections twice, or use one alias for both"]
    assert [found.help for found in findings(TWICE, other)] == ["count its connections twice"]


def test_routers_show_that_both_are_used() -> None:
    said = judged(TWICE, two('"HOST": "db"', '"HOST": "db"', 'DATABASE_ROUTERS = ["shop.Router"]\n'))
    assert [line.split(":")[0] for line in said] == ["info certain"]


@pytest.mark.parametrize(
    "password",
    [
        'boto3.client("rds").generate_db_auth_token("db", 5432, "shopkeeper")',
        "token",
        "fetched()",
        'DefaultAzureCredential().get_token("https://ossrdbms-aad.database.windows.net/.default").token',
    ],
)
def test_a_token_fetched_at_import(password: str) -> None:
    head = (
        "import boto3\nfrom azure.identity import DefaultAzureCredential\n"
        'def fetched():\n    return boto3.client("rds").generate_db_auth_token("db", 5432, "shopkeeper")\n'
        "token = fetched()\n"
    )
    found = findings(TOKEN, head + alias(f'"PASSWORD": {password}'))
    assert [f.severity.value for f in found] == ["error"]
    assert "shopkeeper" not in repr([(f.message, f.help, f.subject, [label.text for label in f.labels]) for f in found])


@pytest.mark.parametrize(
    "password",
    ['"generate_db_auth_token"', 'os.environ["TOKEN"]', 'vault.get_token("db")', "get_secret()", 'open("p").read()'],
)
def test_a_password_that_stays(password: str) -> None:
    assert findings(TOKEN, "import os\nimport vault\n" + alias(f'"PASSWORD": {password}')) == ()


def test_a_worker_class_that_production_may_change_makes_it_likely() -> None:
    files = {**DJANGO, "gunicorn.conf.py": 'import os\nworker_class = os.environ.get("CLASS", "sync")\n'}
    said = judged(HEALTH, alias('"CONN_MAX_AGE": 60'), files)
    assert [line.split(":")[0] for line in said] == ["warning likely"]
