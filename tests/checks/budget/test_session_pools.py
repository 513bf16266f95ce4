"""Clients that stay connected to a pooler in session mode (lab T22d)."""

from __future__ import annotations

from typing import Any

import pytest
from inspecting import lacks, said, settings

RULE = "session-pool-starves-clients"


def tree(
    workers: object = 8, pgbouncer: str = "default_pool_size = 5\n", server: str = "", **default: Any
) -> dict[str, str]:
    return {
        **settings(HOST="pgbouncer", PORT=6432, **{"CONN_MAX_AGE": 60, **default}),
        "gunicorn.conf.py": f"workers = {workers}\n{server}",
        "pgbouncer.ini": f"[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\n{pgbouncer}",
    }


def test_eight_clients_of_five_connections() -> None:
    assert said(RULE, tree()) == [
        "error certain: 8 clients stay connected to pgbouncer, and its pool of shop has 5 connections, each of them one "
        "client's until it disconnects (session mode): 3 wait in vain and fail with query_wait_timeout"
    ]


@pytest.mark.parametrize(
    ("files", "fires"),
    [
        (tree(workers=5), False),  # a connection each
        (tree(workers=6), True),
        (tree(CONN_MAX_AGE=0), False),
        (tree(CONN_MAX_AGE=None), True),
        (tree(CONN_MAX_AGE=0, OPTIONS={"pool": True}), True),  # a pool of Django's own stays connected, too
        (tree(pgbouncer="default_pool_size = 5\nreserve_pool_size = 3\n"), False),
        (tree(pgbouncer="default_pool_size = 5\npool_mode = transaction\n"), False),
        (tree(pgbouncer="default_pool_size = 5\npool_mode = session\n"), True),
        (tree(pgbouncer=""), False),  # 20
    ],
)
def test_who_starves(files: dict[str, str], fires: bool) -> None:
    assert bool(said(RULE, files)) is fires


def test_instances_have_a_pool_each() -> None:
    assert said(RULE, tree(), "poolers.pgbouncer={instances=2}") == []


def test_tasks_disconnect() -> None:
    files = {path: text for path, text in tree().items() if path != "gunicorn.conf.py"}
    assert said(RULE, files, 'processes.worker={server="celery", processes=8}') == []


def test_clients_nobody_counts_are_asked_for() -> None:
    assert said(RULE, tree(workers="int(open('/etc/workers').read())")) == []
    (fact,) = lacks(RULE, tree(workers="int(open('/etc/workers').read())"))
    assert fact.startswith("connections of web: ")
    assert lacks(RULE, tree(workers="int(open('/etc/workers').read())", CONN_MAX_AGE=0)) == []
