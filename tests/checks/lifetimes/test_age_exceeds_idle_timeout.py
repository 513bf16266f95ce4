"""CONN_MAX_AGE against whatever hangs up first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "age-exceeds-idle-timeout"
MYSQL = "django.db.backends.mysql"
Said = Callable[..., list[str]]


def verdicts(lines: list[str]) -> list[str]:
    return [line.partition(":")[0] for line in lines]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (None, ["error likely"]),
        (600, ["error likely"]),
        (301, ["error likely"]),
        (300, ["warning likely"]),  # equal: a race
        (295, ["warning likely"]),  # 5 s below: still one
        (294, []),
        (1, []),
        (0, []),
        (-1, []),
        (300.5, ["error likely"]),
    ],
)
def test_the_age_is_held_against_wait_timeout(said: Said, age: float | None, expected: list[str]) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}
    assert verdicts(said(RULE, files, ENGINE=MYSQL, CONN_MAX_AGE=age)) == expected


def test_an_age_that_is_not_set_keeps_nothing(said: Said) -> None:
    assert said(RULE, {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}, ENGINE=MYSQL) == []


def test_the_message_names_both_times(said: Said) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}
    assert said(RULE, files, ENGINE=MYSQL, CONN_MAX_AGE=600) == [
        'error likely: "default" keeps connections for 600 s, and db.internal hangs up after 300 s idle (wait_timeout): '
        "the next request fails"
    ]


def test_without_a_file_mysql_has_its_default(said: Said) -> None:
    assert said(RULE, ENGINE=MYSQL, CONN_MAX_AGE=28000) == []
    assert said(RULE, ENGINE=MYSQL, CONN_MAX_AGE=None) == [
        'error certain: "default" keeps connections for ever, and db.internal hangs up after 28800 s idle (wait_timeout, '
        "its default): the next request fails"
    ]


def test_interactive_timeout_is_irrelevant(said: Said) -> None:
    assert said(RULE, {"my.cnf": "[mysqld]\ninteractive_timeout = 60\n"}, ENGINE=MYSQL, CONN_MAX_AGE=600) == []


@pytest.mark.parametrize(("own", "expected"), [(3600, []), (60, ["error certain"])])
def test_the_sessions_own_wait_timeout_wins(said: Said, own: int, expected: list[str]) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}
    options = {"init_command": f"SET sql_mode='STRICT_TRANS_TABLES', SESSION wait_timeout={own}"}
    assert verdicts(said(RULE, files, ENGINE=MYSQL, CONN_MAX_AGE=600, OPTIONS=options)) == expected


@pytest.mark.parametrize(
    ("checks", "age", "expected"),
    [(True, 600, ["info likely"]), (True, 300, []), (False, 600, ["error likely"])],
)
def test_health_checks_turn_the_failure_into_a_reconnect(
    said: Said, checks: bool, age: int, expected: list[str]
) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}
    assert verdicts(said(RULE, files, ENGINE=MYSQL, CONN_MAX_AGE=age, CONN_HEALTH_CHECKS=checks)) == expected


def test_health_checks_that_this_django_does_not_know_do_nothing(said: Said) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n", "requirements.txt": "Django==4.0.10\n"}
    assert verdicts(said(RULE, files, ENGINE=MYSQL, CONN_MAX_AGE=600, CONN_HEALTH_CHECKS=True)) == ["error likely"]


@pytest.mark.parametrize(
    ("text", "expected"), [("600", ["error likely"]), ("10min", []), ("0", []), ("599s", ["warning likely"])]
)
def test_idle_session_timeout_counts_milliseconds(said: Said, text: str, expected: list[str]) -> None:
    assert verdicts(said(RULE, {"postgresql.conf": f"idle_session_timeout = {text}\n"}, CONN_MAX_AGE=594)) == expected


def test_the_clients_own_idle_session_timeout_wins(said: Said) -> None:
    files = {"postgresql.conf": "idle_session_timeout = 60s\n"}
    assert said(RULE, files, CONN_MAX_AGE=600, OPTIONS={"options": "-c idle_session_timeout=0"}) == []
    assert verdicts(said(RULE, {}, CONN_MAX_AGE=600, OPTIONS={"options": "-c idle_session_timeout=1min"})) == [
        "error certain"
    ]


def bouncer(mode: str, setting: str) -> dict[str, str]:
    text = f"[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\npool_mode = {mode}\n{setting}\n"
    return {"pgbouncer.ini": text}


BEHIND: dict[str, Any] = {"HOST": "pgbouncer", "PORT": "6432", "CONN_MAX_AGE": 600}


@pytest.mark.parametrize(("mode", "fails"), [("transaction", True), ("statement", True), ("session", False)])
def test_client_idle_timeout_has_no_effect_in_session_mode(said: Said, mode: str, fails: bool) -> None:
    assert bool(said(RULE, bouncer(mode, "client_idle_timeout = 60"), **BEHIND)) is fails


@pytest.mark.parametrize("mode", ["transaction", "statement", "session"])
@pytest.mark.parametrize("setting", ["server_idle_timeout = 60", "server_lifetime = 60"])
def test_what_ends_the_poolers_own_connections_never_matters(said: Said, mode: str, setting: str) -> None:
    assert said(RULE, bouncer(mode, setting), **BEHIND) == []


@pytest.mark.parametrize(("mode", "fails"), [("transaction", False), ("session", True)])
def test_a_transaction_pooler_hides_idle_session_timeout(said: Said, mode: str, fails: bool) -> None:
    files = {**bouncer(mode, ""), "postgresql.conf": "idle_session_timeout = 60s\n"}
    assert bool(said(RULE, files, **BEHIND)) is fails


def test_a_declared_idle_timeout_counts(said: Said) -> None:
    files = {"connlint.toml": '[servers.primary]\nhost = "db.internal"\nidle-timeout = 60\n'}
    assert verdicts(said(RULE, files, CONN_MAX_AGE=600)) == ["error certain"]
    assert said(RULE, files, CONN_MAX_AGE=50) == []


PROXY = "shop.proxy-abc123.eu-west-1.rds.amazonaws.com"


@pytest.mark.parametrize("engine", ["django.db.backends.postgresql", MYSQL])
@pytest.mark.parametrize(("age", "fires"), [(1801, True), (1700, False)])
def test_an_rds_proxy_is_known_by_its_host(said: Said, engine: str, age: int, fires: bool) -> None:
    lines = said(RULE, ENGINE=engine, HOST=PROXY, CONN_MAX_AGE=age)
    assert ["RDS Proxy hangs up after 1800 s idle" in line for line in lines] == [True] * fires


def test_a_declared_timeout_of_an_rds_proxy_wins(said: Said) -> None:
    files = {"connlint.toml": f'[servers.proxy]\nhost = "{PROXY}"\nidle-timeout = 7200\n'}
    assert said(RULE, files, HOST=PROXY, CONN_MAX_AGE=3600) == []
    pooler = {"connlint.toml": f'[poolers.proxy]\nkind = "rds-proxy"\nhost = "{PROXY}"\nclient-idle-timeout = 7200\n'}
    assert said(RULE, pooler, HOST=PROXY, CONN_MAX_AGE=3600) == []


@pytest.mark.parametrize("kind", ["supavisor", "pgcat", "odyssey", "pgpool", "proxysql"])
def test_a_pooler_without_facts_says_nothing(said: Said, kind: str) -> None:
    files = {"connlint.toml": f'[poolers.p]\nkind = "{kind}"\nhost = "db.internal"\n'}
    assert said(RULE, files, CONN_MAX_AGE=3600) == []


def test_an_age_of_several_only_may_be_over(said: Said) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}
    age = 'int("600" if os.path.exists("/etc/production") else "60")'
    lines = said(RULE, files, source="CONN_MAX_AGE", ENGINE=MYSQL, CONN_MAX_AGE=age)
    assert all(line.startswith("warning possible: ") for line in lines)


def test_an_unknown_age_is_a_lack_where_something_hangs_up(report: Callable[..., Any]) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}
    found = report(RULE, files, source="CONN_MAX_AGE", ENGINE=MYSQL, CONN_MAX_AGE='int(open("/etc/age").read())')
    assert found.findings == ()
    assert [lack.fact for lack in found.lacks if RULE in lack.needed_by] == [
        'CONN_MAX_AGE of "default" in shop.settings: it is in a file outside the project, which is not read'
    ]


def test_an_unknown_age_is_no_lack_where_nothing_does(report: Callable[..., Any]) -> None:
    found = report(RULE, {}, source="CONN_MAX_AGE", CONN_MAX_AGE='int(open("/etc/age").read())')
    assert [lack for lack in found.lacks if RULE in lack.needed_by] == []


@pytest.mark.parametrize("setting", ['worker_class = "gevent"', 'worker_class = "uvicorn.workers.UvicornWorker"'])
def test_where_connections_are_not_reused_another_rule_speaks(said: Said, setting: str) -> None:
    files = {"my.cnf": "[mysqld]\nwait_timeout = 300\n", "gunicorn.conf.py": setting + "\n"}
    assert said(RULE, files, ENGINE=MYSQL, CONN_MAX_AGE=600) == []


def test_the_fix_writes_an_age_below_the_bound(report: Callable[..., Any]) -> None:
    (finding,) = report(RULE, {"my.cnf": "[mysqld]\nwait_timeout = 300\n"}, ENGINE=MYSQL, CONN_MAX_AGE=600).findings
    (edit,) = finding.fix.edits
    assert (finding.fix.safety.value, edit.span.text, edit.text) == ("unsafe", "600", "270")


def test_a_middlebox_is_another_rules(said: Said) -> None:
    assert said(RULE, {"connlint.toml": "[middleboxes.nat]\nidle-timeout = 60\n"}, CONN_MAX_AGE=600) == []
