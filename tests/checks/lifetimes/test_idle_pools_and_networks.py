"""Connections that idle in a pool or behind a middlebox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

POOL = "pool-idle-exceeds-idle-timeout"
NETWORK = "network-idle-timeout-unprotected"
Said = Callable[..., list[str]]

NLB = "pg-0123456789abcdef.elb.eu-west-1.amazonaws.com"
CLASSIC = "pg-1234567890.eu-west-1.elb.amazonaws.com"


@pytest.mark.parametrize(
    ("pool", "timeout", "named"),
    [
        (True, "5min", "3600 s (max_lifetime, its default)"),
        (True, "60min", "3600 s (max_lifetime, its default)"),  # equal
        (True, "61min", None),
        ({"max_lifetime": 200}, "5min", "600 s (max_idle, its default)"),
        ({"max_lifetime": 200, "max_idle": 100}, "5min", None),
        ({"max_lifetime": 200, "max_idle": 100}, "0", None),
        ({}, "5min", None),
        (False, "5min", None),
    ],
)
def test_a_pool_keeps_connections_for_max_lifetime_or_max_idle(
    said: Said, pool: object, timeout: str, named: str | None
) -> None:
    lines = said(POOL, {"postgresql.conf": f"idle_session_timeout = {timeout}\n"}, OPTIONS={"pool": pool})
    assert [named is not None and named in line for line in lines] == ([] if named is None else [True])


@pytest.mark.parametrize(
    ("checks", "consequence"), [(True, "a request waits while the pool replaces"), (False, "several requests in a row")]
)
def test_health_checks_change_what_happens(said: Said, checks: bool, consequence: str) -> None:
    files = {"postgresql.conf": "idle_session_timeout = 5min\n"}
    (line,) = said(POOL, files, OPTIONS={"pool": True}, CONN_HEALTH_CHECKS=checks)
    assert line.startswith("warning ")
    assert consequence in line


def middlebox(seconds: int) -> dict[str, str]:
    return {"connlint.toml": f"[middleboxes.nat]\nidle-timeout = {seconds}\n"}


@pytest.mark.parametrize(
    ("database", "fires"),
    [
        ({"CONN_MAX_AGE": 351}, True),
        ({"CONN_MAX_AGE": None}, True),
        ({"CONN_MAX_AGE": 350}, False),
        ({"CONN_MAX_AGE": 0}, False),
        ({}, False),
        ({"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}, True),  # the check hangs as well
        ({"CONN_MAX_AGE": None, "OPTIONS": {"keepalives_idle": 349}}, False),
        ({"CONN_MAX_AGE": None, "OPTIONS": {"keepalives_idle": 350}}, True),
        ({"CONN_MAX_AGE": None, "OPTIONS": {"keepalives_idle": 0}}, True),  # the system's default
        ({"CONN_MAX_AGE": None, "OPTIONS": {"keepalives": 0, "keepalives_idle": 60}}, True),
        ({"OPTIONS": {"pool": True}}, True),
        ({"OPTIONS": {"pool": {"max_idle": 300}}}, False),
    ],
)
def test_a_middlebox_forgets_what_is_kept_longer(said: Said, database: dict[str, Any], fires: bool) -> None:
    lines = said(NETWORK, middlebox(350), **database)
    assert [line.partition(":")[0] for line in lines] == ["warning certain"] * fires


@pytest.mark.parametrize(("host", "seconds"), [(NLB, 350), (CLASSIC, 60)])
def test_amazons_balancers_are_known_by_name(said: Said, host: str, seconds: int) -> None:
    (line,) = said(NETWORK, HOST=host, CONN_MAX_AGE=seconds + 1)
    assert line.startswith("warning likely: ")
    assert f"after {seconds} s" in line
    assert said(NETWORK, HOST=host, CONN_MAX_AGE=seconds) == []


def test_another_host_is_no_balancer(said: Said) -> None:
    assert said(NETWORK, HOST="shop.abc.eu-west-1.rds.amazonaws.com", CONN_MAX_AGE=None) == []


def test_the_servers_keepalives_protect_as_well(said: Said) -> None:
    files = {**middlebox(350), "postgresql.conf": "tcp_keepalives_idle = 60\n"}
    assert said(NETWORK, files, CONN_MAX_AGE=None) == []


def test_mysql_clients_have_no_such_option(said: Said) -> None:
    database = {"ENGINE": "django.db.backends.mysql", "CONN_MAX_AGE": 3600, "OPTIONS": {"keepalives_idle": 60}}
    assert len(said(NETWORK, middlebox(350), **database)) == 1


def test_tasks_tear_their_pool_down(said: Said) -> None:
    files = {
        "gunicorn.conf.py": None,
        "connlint.toml": 'settings = ["shop.settings"]\n[processes.worker]\nserver = "celery"\n',
        "postgresql.conf": "idle_session_timeout = 5min\n",
    }
    assert said(POOL, files, OPTIONS={"pool": True}) == []


def test_a_pool_in_some_branches_only_is_not_known(said: Said) -> None:
    branch = '{"pool": {"max_size": 4}} if os.path.exists("/etc/production") else {}'
    files = {"postgresql.conf": "idle_session_timeout = 5min\n"}
    assert said(POOL, files, source="OPTIONS", OPTIONS=branch) == []


@pytest.mark.parametrize(("idle", "fires"), [("60", False), ("0", True), ("350", True)])
def test_the_poolers_keepalives_protect_as_well(said: Said, idle: str, fires: bool) -> None:
    text = f"[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\ntcp_keepidle = {idle}\n"
    files = {**middlebox(350), "pgbouncer.ini": text}
    assert bool(said(NETWORK, files, HOST="pgbouncer", PORT="6432", CONN_MAX_AGE=None)) is fires
