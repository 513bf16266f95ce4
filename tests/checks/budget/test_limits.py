"""The rules that compare a demand with a limit: at it, above it, perhaps above it, and not known."""

from __future__ import annotations

from typing import Any

import pytest
from inspecting import lacks, report, said, settings

SERVER = "exceeds-max-connections"
CLIENTS = "exceeds-pooler-clients"
POOLS = "pools-exceed-max-connections"
DEPLOY = "deploy-exceeds-max-connections"
HEADROOM = "low-headroom"


def direct(threads: object, most: object = 100, **default: Any) -> dict[str, str]:
    """One gthread process on a PostgreSQL of its own; 3 connections are reserved."""
    return {
        **settings(**default),
        "gunicorn.conf.py": f"threads = {threads}\n",
        "postgresql.conf": f"max_connections = {most}\n",
    }


def pooled(
    threads: object = 8, pgbouncer: str = "", entry: str = "", most: int = 100, **default: Any
) -> dict[str, str]:
    """The same through PgBouncer."""
    return {
        **settings(HOST="pgbouncer", PORT=6432, **default),
        "gunicorn.conf.py": f"threads = {threads}\n",
        "pgbouncer.ini": "[databases]\nshop = host=db.internal dbname=shop "
        f"{entry}\n[pgbouncer]\nlisten_port = 6432\n{pgbouncer}",
        "postgresql.conf": f"max_connections = {most}\n",
    }


@pytest.mark.parametrize(
    ("threads", "expected"),
    [
        ("97", []),  # as many as the server grants
        (
            "98",
            [
                "error likely: under load 98 connections are opened on db.internal, which grants 97: the rest are refused"
            ],
        ),
    ],
)
def test_a_server_is_exceeded_from_one_more_on(threads: str, expected: list[str]) -> None:
    assert said(SERVER, direct(threads)) == expected


def test_what_may_be_too_much_is_a_warning() -> None:
    files = {
        **direct("50"),
        **settings({}, {}),
    }
    (line,) = said(SERVER, files)
    assert line.startswith("warning possible: under load up to 100 connections are opened on db.internal")


def test_an_unbounded_demand_says_nothing_about_a_limit() -> None:
    files = {**direct("1"), "gunicorn.conf.py": 'worker_class = "uvicorn.workers.UvicornWorker"\n'}
    assert said(SERVER, files) == []
    assert lacks(SERVER, files) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (direct("int(open('/etc/threads').read())"), ["connections of web: "]),
        (direct("4", most="lots"), ["max_connections of db.internal"]),
        ({k: v for k, v in direct("4").items() if k != "postgresql.conf"}, ["max_connections of db.internal"]),
        ({**settings(), "postgresql.conf": ""}, ["what serves the site of "]),
    ],
)
def test_what_is_not_known_is_asked_for(files: dict[str, str], expected: list[str]) -> None:
    found = lacks(SERVER, files)
    assert [fact[: len(start)] for fact, start in zip(found, expected, strict=True)] == expected
    assert said(SERVER, files) == []


def test_a_demand_that_is_too_much_already_needs_no_further_fact() -> None:
    files = {**direct("98"), "gunicorn.conf.py": "workers = 98\nthreads = int(open('/etc/threads').read())\n"}
    (line,) = said(SERVER, files)
    assert "at least 98 connections" in line


def test_a_finding_stands_somewhere_although_every_number_is_declared() -> None:
    declared = ('processes.web={server="gunicorn", processes=200}', "servers.db={max-connections=100}")
    (finding,) = report(SERVER, settings(), *declared).findings
    assert finding.primary.span.path == "shop/settings.py"


@pytest.mark.parametrize(
    ("pgbouncer", "threads", "fires"),
    [
        ("", 100, False),
        ("", 101, True),
        ("max_client_conn = 200\n", 200, False),
        ("max_client_conn = 200\n", 201, True),
    ],
)
def test_a_pooler_admits_100_clients_unless_it_says_otherwise(pgbouncer: str, threads: int, fires: bool) -> None:
    assert bool(said(CLIENTS, pooled(threads, pgbouncer))) is fires


def test_a_default_that_is_exceeded_is_shown_where_it_could_be_set() -> None:
    (finding,) = report(CLIENTS, pooled(101)).findings
    labels = {label.text for label in finding.labels if label.span.path == "pgbouncer.ini"}
    assert labels == {"max_client_conn is not set: 100 clients at the most"}


@pytest.mark.parametrize(
    ("threads", "pgbouncer", "expected"),
    [
        (8, "default_pool_size = 97\n", None),  # as many as the server grants
        (8, "default_pool_size = 98\n", "warning possible"),  # the clients do not fill the pool
        (98, "default_pool_size = 98\n", "error likely"),
        (98, "default_pool_size = 90\nreserve_pool_size = 8\n", "error likely"),
        (98, "default_pool_size = 98\nmax_db_connections = 97\n", None),
    ],
)
def test_pools_that_outgrow_the_server(threads: int, pgbouncer: str, expected: str | None) -> None:
    lines = said(POOLS, pooled(threads, pgbouncer))
    assert [line.partition(":")[0] for line in lines] == ([] if expected is None else [expected])


def test_the_pools_are_the_only_connections_to_the_server() -> None:
    assert said(SERVER, pooled(98, "default_pool_size = 98\n")) == []


@pytest.mark.parametrize(("surge", "fires"), [(1, False), (2, True)])
def test_a_deploy_is_judged_where_the_rest_fits(surge: int, fires: bool) -> None:
    lines = said(DEPLOY, direct("30", most=100), f"processes.web={{replicas=2, surge={surge}}}")
    assert bool(lines) is fires
    assert said(DEPLOY, direct("100"), f"processes.web={{surge={surge}}}") == []  # too many without a deploy as well


def test_a_deploy_counts_clients_of_a_pooler() -> None:
    (line,) = said(DEPLOY, pooled(60), "processes.web={surge=1}")
    assert line.startswith("warning certain: a deploy asks 120 connections of pgbouncer, which allows 100")


def test_a_surge_of_another_group_is_not_shown() -> None:
    declared = (
        "processes.web={surge=1}",
        'processes.worker={server="celery", processes=1, surge=1, settings="shop.other"}',
    )
    files = {
        **direct("60", most=100),
        "shop/other.py": settings(HOST="elsewhere.internal")["shop/settings.py"],
    }
    (finding,) = report(DEPLOY, files, *declared, 'servers.db={host="db.internal", max-connections=100}').findings
    assert "a deploy asks 120 connections of db" in finding.message


@pytest.mark.parametrize(
    ("threads", "overrides", "fires"),
    [
        (80, (), False),  # 80 % of 100
        (81, (), True),
        (100, (), True),
        (101, (), False),  # that is another rule's
        (90, ("headroom=90",), False),
        (91, ("headroom=90",), True),
    ],
)
def test_headroom_is_left_up_to_80_per_cent(threads: int, overrides: tuple[str, ...], fires: bool) -> None:
    assert bool(said(HEADROOM, direct(threads, most=103), *overrides)) is fires


def test_headroom_counts_what_may_be_asked() -> None:
    files = {**direct("45"), **settings({}, {})}
    (line,) = said(HEADROOM, files)
    assert line.startswith("warning possible: under load up to 90 of the 97 connections that db.internal grants")


def test_pools_take_headroom_once() -> None:
    (line,) = said(HEADROOM, pooled(80, "default_pool_size = 80\nmax_client_conn = 500\n"))
    assert "80 of the 97 connections that db.internal grants" in line
