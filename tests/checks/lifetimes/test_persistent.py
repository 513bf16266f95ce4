"""CONN_MAX_AGE under servers that do not come back to a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ASGI = "persistent-under-asgi"
GREENLETS = "persistent-with-greenlets"
RUNSERVER = "persistent-under-runserver"
Said = Callable[..., list[str]]


def worker(name: str) -> dict[str, str]:
    return {"gunicorn.conf.py": f'worker_class = "{name}"\n'}


@pytest.mark.parametrize("name", ["uvicorn.workers.UvicornWorker", "uvicorn_worker.UvicornWorker", "asgi"])
@pytest.mark.parametrize(("age", "fires"), [(60, True), (None, True), (0, False)])
def test_any_age_but_0_is_wrong_under_asgi(said: Said, name: str, age: int | None, fires: bool) -> None:
    assert bool(said(ASGI, worker(name), CONN_MAX_AGE=age)) is fires


def test_an_age_that_is_not_set_is_0(said: Said) -> None:
    assert said(ASGI, worker("asgi")) == []
    assert said(GREENLETS, worker("gevent")) == []


@pytest.mark.parametrize("name", ["sync", "gthread"])
def test_threads_are_none_of_them(said: Said, name: str) -> None:
    for rule in (ASGI, GREENLETS, RUNSERVER):
        assert said(rule, worker(name), CONN_MAX_AGE=60) == []


@pytest.mark.parametrize("name", ["gevent", "eventlet", "tornado"])
@pytest.mark.parametrize(("age", "fires"), [(60, True), (None, True), (0, False)])
def test_any_age_but_0_is_wrong_with_greenlets(said: Said, name: str, age: int | None, fires: bool) -> None:
    assert bool(said(GREENLETS, worker(name), CONN_MAX_AGE=age)) is fires


def test_uwsgi_with_gevent_serves_greenlets(said: Said) -> None:
    files = {"gunicorn.conf.py": None, "uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nprocesses = 2\ngevent = 100\n"}
    assert any("greenlet" in line for line in said(GREENLETS, files, CONN_MAX_AGE=60))


def test_before_4_0_asgi_requests_shared_a_thread(said: Said) -> None:
    assert said(ASGI, {**worker("asgi"), "requirements.txt": "Django==3.2.25\n"}, CONN_MAX_AGE=60) == []
    assert said(ASGI, {**worker("asgi"), "requirements.txt": "Django==4.0.10\n"}, CONN_MAX_AGE=60) != []


def test_sqlite_has_no_connections_to_run_out_of(said: Said) -> None:
    assert said(ASGI, worker("asgi"), ENGINE="django.db.backends.sqlite3", CONN_MAX_AGE=60) == []


def test_a_pool_with_an_age_is_another_rules(said: Said) -> None:
    assert said(ASGI, worker("asgi"), CONN_MAX_AGE=60, OPTIONS={"pool": True}) == []


@pytest.mark.parametrize(("rule", "name"), [(ASGI, "asgi"), (GREENLETS, "gevent")])
def test_the_fix_writes_0_and_is_safe(report: Callable[..., Any], rule: str, name: str) -> None:
    (finding,) = report(rule, worker(name), CONN_MAX_AGE=60).findings
    (edit,) = finding.fix.edits
    assert (finding.fix.safety.value, edit.span.text, edit.text) == ("safe", "60", "0")


def test_the_fix_is_unsafe_where_threads_use_the_same_settings(report: Callable[..., Any]) -> None:
    both = {**worker("asgi"), "connlint.toml": '[processes.worker]\nserver = "celery"\n'}
    (finding,) = report(ASGI, both, CONN_MAX_AGE=60).findings
    assert finding.fix.safety.value == "unsafe"


def test_an_unknown_age_is_a_lack(report: Callable[..., Any]) -> None:
    found = report(ASGI, worker("asgi"), source="CONN_MAX_AGE", CONN_MAX_AGE='int(open("/etc/age").read())')
    assert found.findings == ()
    assert [lack.fact for lack in found.lacks if ASGI in lack.needed_by] == [
        'CONN_MAX_AGE of "default" in shop.settings: it is in a file outside the project, which is not read'
    ]


def development(debug: str) -> dict[str, str | None]:
    return {
        "shop/local.py": f"import os\nfrom shop.settings import *\nDEBUG = {debug}\n",
        "connlint.toml": 'settings = ["shop.local"]\n',
        "gunicorn.conf.py": None,
    }


@pytest.mark.parametrize(
    ("debug", "fires"),
    [("True", True), ("False", False), ('os.environ.get("DEBUG", "1") == "1"', False)],
)
def test_settings_for_development_are_those_with_debug(said: Said, debug: str, fires: bool) -> None:
    lines = said(RUNSERVER, development(debug), CONN_MAX_AGE=60)
    assert bool(lines) is fires
    assert all(line.startswith("info ") for line in lines)


def test_a_runserver_that_is_deployed_is_a_warning(said: Said) -> None:
    files = {"gunicorn.conf.py": None, "connlint.toml": '[processes.dev]\nserver = "runserver"\n'}
    assert any(line.startswith("warning certain: runserver") for line in said(RUNSERVER, files, CONN_MAX_AGE=None))
    assert said(RUNSERVER, files, CONN_MAX_AGE=0) == []


def test_settings_that_a_server_runs_are_not_for_development(said: Said) -> None:
    served = {**development("True"), "gunicorn.conf.py": "workers = 2\n"}
    assert said(RUNSERVER, served, CONN_MAX_AGE=60) == []


def test_the_fix_leaves_what_production_shares_alone(report: Callable[..., Any]) -> None:
    (shared,) = report(RUNSERVER, development("True"), CONN_MAX_AGE=60).findings
    assert shared.fix is None
    own = development('True\nDATABASES["default"]["CONN_MAX_AGE"] = 30')
    (finding,) = report(RUNSERVER, own, CONN_MAX_AGE=60).findings
    assert [(edit.span.path, edit.text) for edit in finding.fix.edits] == [("shop/local.py", "0")]
