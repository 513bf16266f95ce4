"""OPTIONS["pool"]: what it can be, what it needs, how large it should be."""

from __future__ import annotations

import pytest
from judging import findings, fixed, judged, lacking

PERSISTENT = "pool-with-persistent-connections"
SMALL = "pool-smaller-than-threads"
LARGE = "pool-larger-than-threads"
SIZE = "invalid-pool-size"
OPTION = "invalid-pool-option"
NEEDS = "pool-requirements-unmet"
FORK = "pool-inherited-by-fork"


def alias(pool: str, rest: str = "", engine: str = "postgresql") -> str:
    return (
        f'import os\nDATABASES = {{"default": {{"ENGINE": "django.db.backends.{engine}", "HOST": "db", '
        f'"OPTIONS": {{"pool": {pool}}}{rest}}}}}\n'
    )


def verdicts(rule: str, settings: str, files: dict[str, str] | None = None) -> list[str]:
    return [line.split(":")[0] for line in judged(rule, settings, files)]


def gunicorn(text: str) -> dict[str, str]:
    return {"gunicorn.conf.py": text + "\n"}


@pytest.mark.parametrize("age", ["60", "None", '"0"', "-1"])
def test_any_age_but_0_is_refused(age: str) -> None:
    assert verdicts(PERSISTENT, alias("True", f', "CONN_MAX_AGE": {age}')) == ["error certain"]


@pytest.mark.parametrize("rest", ["", ', "CONN_MAX_AGE": 0', ', "CONN_MAX_AGE": 0.0', ', "CONN_MAX_AGE": False'])
def test_an_age_of_0_goes_with_a_pool(rest: str) -> None:
    assert verdicts(PERSISTENT, alias("True", rest)) == []


@pytest.mark.parametrize("pool", ["False", "None", "{}"])
def test_no_pool_goes_with_an_age(pool: str) -> None:
    assert verdicts(PERSISTENT, alias(pool, ', "CONN_MAX_AGE": 60')) == []


def test_a_pool_in_one_case_or_in_nobody_knows_which() -> None:
    rest = ', "CONN_MAX_AGE": 60'
    assert verdicts(PERSISTENT, alias("True if unheard_of() else False", rest)) == ["error possible"]
    assert verdicts(PERSISTENT, alias("unheard_of()", rest)) == []
    assert lacking(PERSISTENT, alias("unheard_of()", rest)) == [
        'OPTIONS["pool"] of "default" in settings: the name is not defined'
    ]
    assert lacking(PERSISTENT, alias("True", ', "CONN_MAX_AGE": unheard_of()')) == [
        'CONN_MAX_AGE of "default" in settings: the name is not defined'
    ]


def test_the_age_is_set_to_0() -> None:
    assert fixed(PERSISTENT, alias("True", ', "CONN_MAX_AGE": None')) == alias("True", ', "CONN_MAX_AGE": 0')


def test_a_django_without_pools_is_another_rules() -> None:
    files = {"requirements.txt": "Django==5.0.1\n"}
    assert verdicts(PERSISTENT, alias("True", ', "CONN_MAX_AGE": 60'), files) == []


@pytest.mark.parametrize(
    ("pool", "threads", "fires"),
    [("True", 4, False), ("True", 5, True), ('{"min_size": 1, "max_size": 8}', 8, False), ('{"min_size": 1, "max_size": 8}', 9, True),
     ('{"min_size": 6}', 6, False), ('{"min_size": 6, "max_size": None}', 7, True), ("False", 9, False), ("{}", 9, False)],
)  # fmt: skip
def test_fewer_connections_than_threads(pool: str, threads: int, fires: bool) -> None:
    assert verdicts(SMALL, alias(pool), gunicorn(f"threads = {threads}")) == (["error certain"] if fires else [])


def test_greenlets_may_all_be_busy_at_once() -> None:
    settings = alias('{"min_size": 2, "max_size": 8}')
    assert verdicts(SMALL, settings, gunicorn('worker_class = "gevent"')) == ["error possible"]
    assert verdicts(SMALL, settings, gunicorn('worker_class = "gevent"\nworker_connections = 8')) == []


@pytest.mark.parametrize("rule", [SMALL, LARGE])
def test_under_asgi_nothing_bounds_the_requests_but_the_pool(rule: str) -> None:
    assert verdicts(rule, alias("True"), gunicorn('worker_class = "uvicorn.workers.UvicornWorker"')) == []


def test_max_size_is_raised_only_when_asked() -> None:
    before, after = alias('{"min_size": 1, "max_size": 2}'), alias('{"min_size": 1, "max_size": 8}')
    assert fixed(SMALL, before, gunicorn("threads = 8")) == before
    assert fixed(SMALL, before, gunicorn("threads = 8"), unsafe=True) == after


@pytest.mark.parametrize(
    ("pool", "threads", "fires"),
    [("True", 1, True), ("True", 3, True), ("True", 4, False), ('{"min_size": 1, "max_size": 9}', 1, False),
     ('{"min_size": 3, "max_size": 9}', 2, True), ("False", 1, False)],
)  # fmt: skip
def test_more_connections_than_threads(pool: str, threads: int, fires: bool) -> None:
    assert verdicts(LARGE, alias(pool), gunicorn(f"threads = {threads}")) == (["warning certain"] if fires else [])


@pytest.mark.parametrize(
    ("pool", "fires"),
    [('{"max_size": 2}', True), ('{"max_size": 4}', False), ('{"max_size": 3, "min_size": 3}', False),
     ('{"max_size": 3, "min_size": 5}', True), ('{"min_size": 9}', False), ('{"min_size": 9, "max_size": None}', False),
     ("True", False), ('{"min_size": 0, "max_size": 1}', False), ('{"min_size": -1, "max_size": 1}', True),
     ('{"min_size": 0, "max_size": 0}', True)],
)  # fmt: skip
def test_a_maximum_below_the_minimum(pool: str, fires: bool) -> None:
    assert verdicts(SIZE, alias(pool)) == (["error certain"] if fires else [])


def test_a_maximum_that_is_too_low_in_one_case() -> None:
    assert verdicts(SIZE, alias('{"max_size": 2 if unheard_of() else 8}')) == ["error possible"]
    assert verdicts(SIZE, alias('{"max_size": 2 if unheard_of() else None}')) == ["error possible"]


@pytest.mark.parametrize(
    ("before", "after"),
    [('{"max_size": 2}', '{"min_size": 2, "max_size": 2}'), ('{"min_size": 5, "max_size": 3}', '{"min_size": 3, "max_size": 3}')],
)  # fmt: skip
def test_min_size_is_lowered(before: str, after: str) -> None:
    assert fixed(SIZE, alias(before)) == alias(after)


@pytest.mark.parametrize(
    ("pool", "verdict"),
    [("True", ""), ("False", ""), ("None", ""), ('{"min_size": 2}', ""), ('{"kwargs": {"prepare_threshold": None}}', "error certain"),
     ("{}", "warning certain"), ('"true"', "error certain"), ("1", "error certain"), ('""', ""), ('{"minsize": 2}', "error certain"),
     ('{"open": True}', "error certain"), ('{"configure": None}', "error certain"), ('{"max_size": "8"}', "error certain"),
     ('{} if unheard_of() else {"max_size": 8}', "warning possible")],
)  # fmt: skip
def test_what_a_pool_can_be(pool: str, verdict: str) -> None:
    assert verdicts(OPTION, alias(pool)) == ([verdict] if verdict else [])


@pytest.mark.parametrize(("version", "fires"), [("5.2.1", True), ("6.1", False), ("", False)])
def test_django_6_1_lets_one_give_the_check(version: str, fires: bool) -> None:
    files = {"requirements.txt": f"Django=={version}\n"} if version else {}
    assert bool(findings(OPTION, alias('{"check": None}'), files)) is fires


def test_a_misspelled_argument_is_renamed() -> None:
    assert fixed(OPTION, alias('{"minsize": 2}')) == alias('{"min_size": 2}')
    both = alias('{"minsize": 2, "min_size": 3}')
    assert fixed(OPTION, both) == both


@pytest.mark.parametrize(
    ("installed", "verdict"),
    [
        ("", ""),
        ("Django==5.0.4\npsycopg[pool]==3.2\n", "error certain"),
        ("Django==5.1\npsycopg[pool]==3.2\n", ""),
        ("Django==5.2\npsycopg[binary,pool]>=3.2\n", ""),
        ("Django==5.2\npsycopg==3.2\npsycopg-pool==3.2\n", ""),
        ("Django==5.2\npsycopg[binary]==3.2\n", "error possible"),
        ("Django==5.2\npsycopg2-binary==2.9\n", "error certain"),
        ("Django==5.2\npsycopg2==2.9\npsycopg[pool]==3.2\n", ""),
        ("Django==5.2\n", ""),
    ],
)
def test_what_a_pool_needs(installed: str, verdict: str) -> None:
    files = {"requirements.txt": installed} if installed else {}
    assert verdicts(NEEDS, alias("True"), files) == ([verdict] if verdict else [])
    assert verdicts(NEEDS, alias("False"), files) == []


@pytest.mark.parametrize(
    ("engine", "django", "fires"),
    [("mysql", "5.2", True), ("sqlite3", "5.2", True), ("oracle", "5.1", True), ("oracle", "5.2", False)],
)
def test_pools_of_other_engines(engine: str, django: str, fires: bool) -> None:
    files = {"requirements.txt": f"Django=={django}\n"}
    assert bool(findings(NEEDS, alias("True", engine=engine), files)) is fires


@pytest.mark.parametrize(
    ("starter", "fires"),
    [
        (gunicorn("workers = 2\npreload_app = True"), True),
        (gunicorn("workers = 2"), False),
        (gunicorn("workers = 1\npreload_app = True"), False),
        ({"gunicorn.conf.py": "", "uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nprocesses = 2\n"}, True),
        (
            {"gunicorn.conf.py": "", "uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nprocesses = 2\nlazy-apps = true\n"},
            False,
        ),
    ],
)
def test_a_pool_and_a_fork_after_loading(starter: dict[str, str], fires: bool) -> None:
    assert verdicts(FORK, alias("True"), starter) == (["info possible"] if fires else [])
    assert verdicts(FORK, alias("False"), starter) == []
