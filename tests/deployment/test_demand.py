"""How many connections a process group can hold: the table "formula vs measured" of the lab, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from connlint.deployment.demand import during_deploy, of_group, per_process
from connlint.deployment.model import Concurrency
from connlint.deployment.processes import declared_only
from connlint.project.configuration import DeclaredProcess
from connlint.value import ABSENT, Value

from .building import UNKNOWN, as_value, database, group


def shown(value: Value) -> str:
    return f"unknown, {value.least} or more" if value.is_unknown else str(value)


@pytest.mark.parametrize(
    ("processes", "threads", "measured"),
    [(1, 1, 1), (4, 1, 4), (1, 4, 4), (2, 3, 6), (3, 5, 15)],
)
@pytest.mark.parametrize("age", [0, 60, None])
def test_threads_hold_one_connection_each(processes: int, threads: int, measured: int, age: int | None) -> None:
    assert str(of_group(group(processes=processes, threads=threads), database(CONN_MAX_AGE=age))) == str(measured)


def test_replicas_multiply() -> None:
    assert str(of_group(group(processes=2, threads=4, replicas=3), database())) == "24"


def test_a_deploy_runs_replicas_of_both_releases() -> None:
    web = group(processes=2, threads=4, replicas=3, surge=2)
    assert (str(of_group(web, database())), str(during_deploy(web, database()))) == ("24", "40")


def test_nothing_runs_in_no_replica() -> None:
    assert str(of_group(group(processes=2, replicas=0), database())) == "0"


@pytest.mark.parametrize(("age", "expected"), [(0, "1..50"), (60, "1 or more"), (None, "1 or more")])
def test_greenlets_are_bounded_only_while_nothing_persists(age: int | None, expected: str) -> None:
    gevent = group(threads=50, concurrency=Concurrency.GREENLETS)
    assert str(per_process(gevent, database(CONN_MAX_AGE=age))) == expected


@pytest.mark.parametrize("concurrency", [Concurrency.ASGI, Concurrency.PER_CONNECTION])
@pytest.mark.parametrize(
    ("threads", "age", "expected"),
    [(Value.between(1, None), 0, "1 or more"), (5, 0, "1..5"), (5, 60, "1 or more")],
)
def test_concurrent_requests_are_bounded_by_a_declared_limit(
    concurrency: Concurrency, threads: object, age: int, expected: str
) -> None:
    assert str(per_process(group(threads=threads, concurrency=concurrency), database(CONN_MAX_AGE=age))) == expected


def test_before_django_4_asgi_has_one_thread() -> None:
    asgi = group(threads=Value.between(1, None), concurrency=Concurrency.ASGI)
    assert str(per_process(asgi, database(django="3.2", CONN_MAX_AGE=60))) == "1"
    assert str(per_process(asgi, database(django="4.0", CONN_MAX_AGE=60))) == "1 or more"


@pytest.mark.parametrize("age", [0, 60, None])
def test_a_task_closes_its_connection(age: int | None) -> None:
    celery = group(processes=4, concurrency=Concurrency.TASKS)
    assert str(of_group(celery, database(CONN_MAX_AGE=age))) == "4"


@pytest.mark.parametrize(
    ("processes", "threads", "pool", "expected"),
    [
        (3, 1, {"pool": True}, "12"),  # measured: 12
        (2, 3, {"pool": True}, "8"),  # measured: 8
        (2, 8, {"pool__min_size": 2, "pool__max_size": 6}, "12"),  # measured: 12
        (3, 1, {"pool__min_size": 1, "pool__max_size": 10}, "3..30"),  # measured: 6, and max_size is the only bound
        (1, 8, {"pool__max_size": 20}, "8..20"),
        (1, 1, {"pool__min_size": 7}, "7"),
        (1, 1, {"pool__min_size": 7, "pool__max_size": None}, "7"),
        (3, 2, {"pool": False}, "6"),
        (3, 2, {"pool": {}}, "6"),
    ],
)
def test_a_pool_holds_up_to_its_max_size_in_each_process(
    processes: int, threads: int, pool: dict[str, Any], expected: str
) -> None:
    assert str(of_group(group(processes=processes, threads=threads), database(**pool))) == expected


def test_a_pool_bounds_concurrent_requests() -> None:
    asgi = group(threads=Value.between(1, None), concurrency=Concurrency.ASGI)
    assert str(per_process(asgi, database(pool=True))) == "4"
    assert str(per_process(asgi, database(pool__min_size=2, pool__max_size=10))) == "2..10"


def test_a_pool_of_some_branch_counts_both_ways() -> None:
    perhaps = database(pool=Value.choice([ABSENT, True]))
    assert per_process(group(threads=2), perhaps).bounds() == (2, 4)


@pytest.mark.parametrize(
    ("web", "alias"),
    [
        ({"concurrency": None}, {}),
        ({"processes": UNKNOWN}, {}),
        ({"threads": UNKNOWN}, {}),
        ({"replicas": UNKNOWN}, {}),
        ({}, {"pool": UNKNOWN}),
        ({}, {"pool__max_size": UNKNOWN}),
        ({"concurrency": Concurrency.ASGI}, {"CONN_MAX_AGE": UNKNOWN}),
    ],
)
def test_what_is_not_known_is_at_least_one(web: dict[str, Any], alias: dict[str, Any]) -> None:
    assert shown(of_group(group(**web), database(**alias))) == "unknown, 1 or more"


def test_an_age_nobody_knows_does_not_matter_to_threads() -> None:
    assert str(of_group(group(threads=2), database(CONN_MAX_AGE=UNKNOWN))) == "2"


@pytest.mark.parametrize(
    ("server", "processes", "threads"),
    [
        ("celery", "4", "1"),
        ("dramatiq", "4", "8"),
        ("rq", "1", "1"),
        ("waitress", "1", "4"),
        ("uvicorn", "1", "1 or more"),
        ("runserver", "1", "1 or more"),
        ("mod-wsgi", "unknown", "unknown"),  # Apache's configuration says
    ],
)
def test_what_a_server_starts_unless_more_is_declared(server: str, processes: str, threads: str) -> None:
    started = declared_only(DeclaredProcess(server=as_value(server)), as_value(4))
    assert (str(started.processes), str(started.threads)) == (processes, threads)
