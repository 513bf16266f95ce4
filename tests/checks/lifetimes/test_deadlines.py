"""Time limits on statements and waits against what ends the request or the task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

EXCEEDS = "statement-timeout-exceeds-deadline"
MISSING = "missing-statement-timeout"
WAIT = "query-wait-exceeds-deadline"
POOL = "pool-timeout-exceeds-deadline"
CONNECT = "missing-connect-timeout"
QUERY = "query-timeout-below-statement-timeout"
IDLE = "idle-in-transaction-unbounded"
Said = Callable[..., list[str]]


def levels(lines: list[str]) -> list[str]:
    return [line.partition(" ")[0] for line in lines]


def gunicorn(text: str) -> dict[str, str]:
    return {"gunicorn.conf.py": text + "\n"}


def uwsgi(text: str) -> dict[str, str | None]:
    return {"gunicorn.conf.py": None, "uwsgi.ini": f"[uwsgi]\nmodule = shop.wsgi\n{text}\n"}


def limit(text: str) -> dict[str, str]:
    return {"options": f"-c statement_timeout={text}"}


@pytest.mark.parametrize(
    ("text", "fires"),
    [("31s", True), ("30s", True), ("30000", True), ("29s", False), ("29999", False), ("1min", True), ("0", False)],
)
def test_a_statement_has_to_end_before_a_sync_worker_does(said: Said, text: str, fires: bool) -> None:
    lines = said(EXCEEDS, gunicorn("timeout = 30"), OPTIONS=limit(text))
    assert levels(lines) == ["warning"] * fires


@pytest.mark.parametrize(
    "text", ["threads = 4", 'worker_class = "gevent"', 'worker_class = "uvicorn.workers.UvicornWorker"', "timeout = 0"]
)
def test_a_heartbeat_is_no_deadline(said: Said, text: str) -> None:
    assert said(EXCEEDS, gunicorn(text), OPTIONS=limit("10min")) == []


def test_gunicorns_default_is_a_deadline_too(said: Said) -> None:
    assert said(EXCEEDS, OPTIONS=limit("60s")) == [
        'warning certain: a statement on "default" may run for 60 s, but gunicorn kills the worker after 30 s (timeout, '
        "its default): the work is lost before PostgreSQL cancels the query, which may run on"
    ]


def test_harakiri_is_a_deadline_whatever_the_threads(said: Said) -> None:
    lines = said(EXCEEDS, uwsgi("processes = 2\nthreads = 4\nharakiri = 20"), OPTIONS=limit("25s"))
    assert len(lines) == 1
    assert "uwsgi kills the worker after 20 s (harakiri)" in lines[0]
    assert said(EXCEEDS, uwsgi("processes = 2"), OPTIONS=limit("25s")) == []


def test_celerys_hard_limit_is_a_deadline(said: Said) -> None:
    settings = (
        'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "db.internal",'
        ' "OPTIONS": {"options": "-c statement_timeout=10min"}}}\n'
    )
    files = {**gunicorn("threads = 2"), "connlint.toml": '[processes.worker]\nserver = "celery"\n'}
    hard = {**files, "shop/settings.py": settings + "CELERY_TASK_TIME_LIMIT = 300\n"}
    soft = {**files, "shop/settings.py": settings + "CELERY_TASK_SOFT_TIME_LIMIT = 300\n"}
    assert ["Celery kills the task's process after 300 s" in line for line in said(EXCEEDS, hard)] == [True]
    assert said(EXCEEDS, soft) == []


def test_herokus_router_gives_up_after_30_seconds(said: Said) -> None:
    files = {
        **gunicorn("threads = 4"),
        "connlint.toml": '[servers.primary]\nhost = "db.internal"\nplatform = "heroku:standard-0"\n',
    }
    (line,) = said(EXCEEDS, files, OPTIONS=limit("60s"))
    assert line.startswith("warning likely: ")
    assert "Heroku's router gives up on the request after 30 s" in line


def test_the_clients_statement_timeout_wins_over_the_servers(said: Said) -> None:
    files = {**gunicorn("timeout = 30"), "postgresql.conf": "statement_timeout = 60s\n"}
    assert levels(said(EXCEEDS, files)) == ["warning"]
    assert said(EXCEEDS, files, OPTIONS=limit("20s")) == []


@pytest.mark.parametrize(
    ("files", "options", "fires"),
    [
        ({}, {}, False),  # nobody knows what the server does
        ({"postgresql.conf": "max_connections = 50\n"}, {}, True),
        ({"postgresql.conf": "statement_timeout = 20s\n"}, {}, False),
        ({"postgresql.conf": "statement_timeout = 0\n"}, {}, True),
        ({"postgresql.conf": "transaction_timeout = 20s\n"}, {}, False),
        ({"postgresql.conf": "max_connections = 50\n"}, {"options": "-c statement_timeout=20s"}, False),
        ({"postgresql.conf": "max_connections = 50\n", "gunicorn.conf.py": "threads = 4\n"}, {}, False),
    ],
)
def test_a_missing_statement_timeout_has_to_be_known(
    said: Said, files: dict[str, str], options: dict[str, str], fires: bool
) -> None:
    assert levels(said(MISSING, files, OPTIONS=options)) == ["info"] * fires


def bouncer(setting: str) -> dict[str, str]:
    text = (
        f"[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\npool_mode = transaction\n{setting}\n"
    )
    return {"pgbouncer.ini": text}


BEHIND: dict[str, Any] = {"HOST": "pgbouncer", "PORT": "6432"}


@pytest.mark.parametrize(
    ("setting", "timeout", "expected"),
    [
        ("", "", ["info"]),  # both are defaults
        ("", "timeout = 60", ["warning"]),
        ("", "timeout = 121", []),
        ("query_wait_timeout = 120", "", ["warning"]),
        ("query_wait_timeout = 30", "", ["warning"]),
        ("query_wait_timeout = 29", "", []),
        ("query_wait_timeout = 0", "timeout = 600", ["warning"]),  # waits without limit
        ("", "threads = 4", []),
    ],
)
def test_the_queue_has_to_give_up_before_the_worker(
    said: Said, setting: str, timeout: str, expected: list[str]
) -> None:
    assert levels(said(WAIT, {**bouncer(setting), **gunicorn(timeout)}, **BEHIND)) == expected


@pytest.mark.parametrize(
    ("pool", "text", "expected"),
    [
        (True, "", ["info"]),  # both are defaults
        ({"timeout": 30}, "", ["warning"]),
        ({"timeout": 29}, "", []),
        (True, "timeout = 20", ["warning"]),
        (True, "threads = 4", []),
        ({}, "timeout = 20", []),  # an empty dict is no pool
        (False, "timeout = 20", []),
    ],
)
def test_the_pool_has_to_give_up_before_the_worker(said: Said, pool: object, text: str, expected: list[str]) -> None:
    assert levels(said(POOL, gunicorn(text), OPTIONS={"pool": pool})) == expected


@pytest.mark.parametrize(
    ("database", "text", "fires"),
    [
        ({}, "", True),
        ({}, "timeout = 131", False),  # psycopg 3, perhaps: it gives up after 130 s
        ({}, "threads = 4", False),
        ({"HOST": "localhost"}, "", False),
        ({"HOST": ""}, "", False),
        ({"HOST": "/var/run/postgresql"}, "", False),
        ({"OPTIONS": {"connect_timeout": 5}}, "", False),
        ({"OPTIONS": {"connect_timeout": 0}}, "", True),
        ({"OPTIONS": {"service": "shop"}}, "", False),
        ({"OPTIONS": {"pool": True}}, "", False),
        ({"ENGINE": "django.db.backends.mysql"}, "", False),
    ],
)
def test_a_missing_connect_timeout(said: Said, database: dict[str, Any], text: str, fires: bool) -> None:
    assert levels(said(CONNECT, gunicorn(text), **database)) == ["info"] * fires


@pytest.mark.parametrize(
    ("driver", "timeout", "fires"),
    [("psycopg==3.2.9", 129, True), ("psycopg==3.2.9", 130, False), ("psycopg2-binary==2.9.10", 600, True)],
)
def test_the_drivers_default_decides(said: Said, driver: str, timeout: int, fires: bool) -> None:
    files = {**gunicorn(f"timeout = {timeout}"), "requirements.txt": driver + "\n"}
    assert levels(said(CONNECT, files)) == ["info"] * fires


@pytest.mark.parametrize(
    ("query", "statement", "text", "fires"),
    [
        (20, "30s", "threads = 4", True),
        (30, "30s", "threads = 4", True),
        (31, "30s", "threads = 4", False),
        (25, "20s", "timeout = 30", False),  # in the order the documentation wants
        (0, "30s", "timeout = 30", False),
        (20, "0", "timeout = 30", True),  # all there is, and before the worker's end
        (30, "0", "timeout = 30", False),
        (20, "0", "threads = 4", False),
    ],
)
def test_query_timeout_is_the_last_resort(said: Said, query: int, statement: str, text: str, fires: bool) -> None:
    files = {**bouncer(f"query_timeout = {query}"), "postgresql.conf": f"statement_timeout = {statement}\n"}
    assert levels(said(QUERY, {**files, **gunicorn(text)}, **BEHIND)) == ["warning"] * fires


def test_without_the_servers_file_query_timeout_may_be_right(said: Said) -> None:
    assert said(QUERY, bouncer("query_timeout = 20"), **BEHIND) == []


@pytest.mark.parametrize(
    ("files", "database", "fires"),
    [
        ({"postgresql.conf": "max_connections = 50\n"}, {"ATOMIC_REQUESTS": True}, True),
        ({"postgresql.conf": "max_connections = 50\n"}, {"ATOMIC_REQUESTS": False}, False),
        ({"postgresql.conf": "max_connections = 50\n"}, {}, False),
        ({}, {"ATOMIC_REQUESTS": True}, False),
        ({"postgresql.conf": "idle_in_transaction_session_timeout = 1min\n"}, {"ATOMIC_REQUESTS": True}, False),
        (
            {"postgresql.conf": "max_connections = 50\n"},
            {"ATOMIC_REQUESTS": True, "OPTIONS": {"options": "-c idle_in_transaction_session_timeout=60s"}},
            False,
        ),
        (
            {**bouncer(""), "postgresql.conf": "max_connections = 50\n"},
            {"ATOMIC_REQUESTS": True, **BEHIND},
            True,
        ),
        (
            {**bouncer("idle_transaction_timeout = 60"), "postgresql.conf": "max_connections = 50\n"},
            {"ATOMIC_REQUESTS": True, **BEHIND},
            False,
        ),
    ],
)
def test_idle_transactions_need_an_end(
    said: Said, files: dict[str, str], database: dict[str, Any], fires: bool
) -> None:
    assert levels(said(IDLE, files, **database)) == ["info"] * fires


def test_what_a_pooler_makes_of_the_clients_options_is_not_known(said: Said) -> None:
    files = {**bouncer("ignore_startup_parameters = options"), **gunicorn("timeout = 30")}
    assert said(EXCEEDS, files, OPTIONS=limit("60s"), **BEHIND) == []


def test_behind_a_pooler_the_servers_file_still_counts(said: Said) -> None:
    files = {**bouncer(""), **gunicorn("timeout = 30"), "postgresql.conf": "statement_timeout = 60s\n"}
    assert levels(said(EXCEEDS, files, **BEHIND)) == ["warning"]


@pytest.mark.parametrize(("setting", "fires"), [("", True), ("query_timeout = 20", False), ("query_timeout = 0", True)])
def test_a_pooler_that_ends_queries_stands_in(said: Said, setting: str, fires: bool) -> None:
    files = {**bouncer(setting), **gunicorn("timeout = 30"), "postgresql.conf": "max_connections = 50\n"}
    assert levels(said(MISSING, files, **BEHIND)) == ["info"] * fires


def test_herokus_router_is_in_front_of_web_processes_only(said: Said) -> None:
    files = {
        "gunicorn.conf.py": None,
        "connlint.toml": 'settings = ["shop.settings"]\n[processes.consumer]\nserver = "command"\n'
        '[servers.primary]\nhost = "db.internal"\nplatform = "heroku:standard-0"\n',
    }
    assert said(EXCEEDS, files, OPTIONS=limit("60s")) == []
