"""The budget: what each limit grants, who asks for how much of it, and every sum against trying all possibilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.deployment.budget import Limit, limits, usable_connections
from connlint.deployment.model import Concurrency, Engine, Route, Server
from connlint.facts import Version
from connlint.formats.document import Document
from connlint.source import Source
from connlint.value import Value

from .building import UNKNOWN, as_value, database, deployment, group, pooler, route, server


def configured(name: str, engine: Engine, product_: str = "", version: str = "", **settings: object) -> Server:
    """A server with a file of its own."""
    file = Document(name, Source(name, ""))
    stated = {key: as_value(value) for key, value in settings.items()}
    return Server("db", engine, file, stated, {}, product_ or engine.value, Version.parse(version) if version else None)


@pytest.mark.parametrize(
    ("there", "usable"),
    [
        (server(max_connections=100), "97"),  # superuser_reserved_connections is 3
        (server(max_connections=100, reserved=0), "100"),
        (server(max_connections=100, reserved=15), "85"),
        (server(), "unknown"),
        (configured("postgresql.conf", Engine.POSTGRESQL), "97"),
        (configured("postgresql.conf", Engine.POSTGRESQL, max_connections=20), "17"),  # measured: 17
        (
            configured("postgresql.conf", Engine.POSTGRESQL, max_connections=20, superuser_reserved_connections=0),
            "20",  # measured: 20
        ),
        (
            configured("postgresql.conf", Engine.POSTGRESQL, version="16", max_connections=100, reserved_connections=5),
            "92",
        ),
        (configured("postgresql.conf", Engine.POSTGRESQL, max_connections=UNKNOWN), "unknown"),
        (configured("my.cnf", Engine.MYSQL), "151"),
        (configured("my.cnf", Engine.MYSQL, "mariadb", max_connections=10), "10"),  # measured: 10, and 1 for root
        (configured("my.cnf", Engine.MYSQL, "mariadb", max_connections=5), "10"),  # measured: raised to 10
        (configured("my.cnf", Engine.MYSQL, "mysql", "8.0", max_connections=5), "5"),
        (configured("my.cnf", Engine.MYSQL, "mysql", max_connections=5), "5..10"),  # it may be a MariaDB
        (server(engine=Engine.MYSQL, max_connections=200), "200"),
        (server(engine=Engine.MYSQL, max_connections=200, reserved=10), "190"),
    ],
)
def test_what_ordinary_users_may_open(there: Server, usable: str) -> None:
    assert str(usable_connections(there)) == usable


def direct(there: Server, **web: Any) -> Limit:
    alias = database()
    (limit,) = limits(deployment([route(group(databases=[alias], **web), alias, there)]))
    return limit


@pytest.mark.parametrize(
    ("threads", "verdict"),
    [
        (96, "fits"),
        (97, "fits"),  # equal
        (98, "exceeds"),
        (Value.choice([97, 98]), "can-exceed"),
        (Value.between(1, None), "can-exceed"),
        (UNKNOWN, "unknown"),
    ],
)
def test_a_limit_is_exceeded_from_one_more_on(threads: object, verdict: str) -> None:
    assert direct(server(max_connections=100), threads=threads).verdict == verdict


def test_what_is_sure_about_an_unknown_demand_decides() -> None:
    assert direct(server(max_connections=100), processes=98, threads=UNKNOWN).verdict == "exceeds"


def test_a_deploy_is_judged_when_the_rest_fits() -> None:
    limit = direct(server(max_connections=100), threads=10, replicas=6, surge=4)
    assert (str(limit.steady), str(limit.deploy), limit.verdict) == ("60", "100", "exceeds")


def test_the_terms_are_the_groups_and_add_up() -> None:
    there, alias = server(max_connections=100), database()
    groups = [group("web", 2, 4, databases=[alias]), group("worker", 6, databases=[alias])]
    (limit,) = limits(deployment([route(g, alias, there) for g in groups]))
    assert [(t.process, str(t.connections)) for t in limit.terms] == [("web", "8"), ("worker", "6")]
    assert str(limit.steady) == "14"


@pytest.mark.parametrize(
    ("atomic", "concurrency", "steady"),
    [(False, Concurrency.THREADS, "4..8"), (True, Concurrency.THREADS, "8"), (True, Concurrency.TASKS, "4..8")],
)
def test_another_alias_may_never_be_used_unless_each_request_opens_it(
    atomic: bool, concurrency: Concurrency, steady: str
) -> None:
    there, aliases = server(max_connections=100), [database(), database("replica", ATOMIC_REQUESTS=atomic)]
    web = group(threads=4, concurrency=concurrency, databases=aliases)
    (limit,) = limits(deployment([route(web, alias, there) for alias in aliases]))
    assert str(limit.steady) == steady


def behind(databases: dict[str, dict[str, object]], threads: int = 30, **settings: Any) -> dict[str, Limit]:
    alias, pgbouncer = database(NAME="app", USER="a"), pooler(databases, **settings)
    web = group(threads=threads, databases=[alias])
    entry = next(iter(databases))
    found = limits(deployment([route(web, alias, server(max_connections=100), pgbouncer, entry)]))
    return {f"{limit.kind} {limit.setting}": limit for limit in found}


def test_behind_a_pooler_clients_pools_and_server_are_three_limits() -> None:
    found = behind({"app": {"host": "db"}}, default_pool_size=20)
    assert {kind: (str(limit.steady), str(limit.usable)) for kind, limit in found.items()} == {
        "pooler-clients max_client_conn": ("30", "100"),
        "pooler-servers max_connections": ("20", "97"),
        "server max_connections": ("20", "97"),
    }


def test_every_instance_lets_so_many_clients_in() -> None:
    assert str(behind({"app": {}}, instances=2)["pooler-clients max_client_conn"].usable) == "200"


@pytest.mark.parametrize(
    ("entry", "settings", "usable"),
    [
        ({"max_db_client_connections": 25}, {}, "25"),
        ({}, {"max_db_client_connections": 40}, "40"),
        ({"max_db_client_connections": 0}, {"max_db_client_connections": 40}, "40"),
        ({"max_db_client_connections": 25}, {"instances": 2}, "50"),
        ({}, {}, None),
        ({}, {"max_db_client_connections": 0}, None),
        ({"max_db_client_connections": 25}, {"version": "1.23"}, None),  # it does not know the setting
    ],
)
def test_a_database_may_have_a_limit_of_clients_of_its_own(
    entry: dict[str, object], settings: dict[str, Any], usable: str | None
) -> None:
    found = behind({"app": entry}, **settings).get("pooler-clients max_db_client_connections")
    assert (found and str(found.usable)) == usable


def test_under_the_star_each_database_has_that_limit_for_itself() -> None:
    found = behind({"*": {}}, max_db_client_connections=25)
    assert "pooler-clients max_db_client_connections" not in found


def test_a_deploy_fills_pools_further() -> None:
    alias, pgbouncer = database(USER="a"), pooler({"app": {}}, default_pool_size=50)
    web = group(threads=30, surge=1, databases=[alias])
    *_, limit = limits(deployment([route(web, alias, server(max_connections=43), pgbouncer, "app")]))
    assert (limit.kind, str(limit.steady), str(limit.deploy), limit.verdict) == ("server", "30", "50", "exceeds")


COUNTS = st.one_of(
    st.integers(0, 3).map(lambda n: (n,)),
    st.lists(st.integers(0, 3), min_size=2, max_size=2, unique=True).map(tuple),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Route], list[tuple[tuple[int, ...], ...]], bool]:
    """Routes of up to three groups to one server, the numbers that each may have, and whether a pooler is between."""
    there = server(max_connections=draw(st.integers(4, 30)), reserved=0)
    between = pooler({"*": {}}, default_pool_size=draw(st.integers(1, 4))) if draw(st.booleans()) else None
    routes, numbers = [], []
    for name in draw(st.lists(st.sampled_from(["web", "worker", "cron"]), min_size=1, max_size=3, unique=True)):
        counts = tuple(draw(COUNTS) for _ in range(4))
        aliases = [
            database(alias, NAME=alias, USER="a")
            for alias in draw(st.sampled_from([("default",), ("default", "copy")]))
        ]
        own = group(name, *(Value.choice(count) for count in counts), databases=aliases)
        for alias in aliases:
            routes.append(route(own, alias, there, between, "*" if between else None))
            numbers.append(counts)
    return routes, numbers, between is not None


@given(worlds())
def test_whatever_is_true_lies_within_the_bounds(world: Any) -> None:
    routes, numbers, _ = world
    limit = limits(deployment(routes))[-1]
    assert limit.kind == "server"
    for surging, asked in ((False, limit.steady), (True, limit.deploy)):
        ends = asked.bounds()
        assert ends is not None
        possible = set(_possible(routes, numbers, surging))
        assert ends[0] <= min(possible)
        assert max(possible) <= (ends[1] or 0)
        assert (min(possible), max(possible)) == ends  # and no bound is loose
    supply = limit.usable.bounds()
    assert supply is not None
    true = {demand > supply[0] for demand in _possible(routes, numbers, False)}
    if limit.verdict == "exceeds" and limit.steady.compare(limit.usable).value == "must":
        assert true == {True}
    if limit.verdict == "fits":
        assert true == {False}


def _possible(routes: Sequence[Route], numbers: Sequence[Any], surging: bool) -> Iterator[int]:
    """Every demand there can be: each number of each group, each alias but the default used or not."""
    groups = list(dict.fromkeys(r.group for r in routes))
    counts = {r.group: count for r, count in zip(routes, numbers, strict=True)}
    others = [r for r in routes if r.database.alias != "default"]
    for chosen in product(*(product(*counts[g]) for g in groups)):
        each = {
            g: processes * threads * (replicas + (surge if surging else 0))
            for g, (processes, threads, replicas, surge) in zip(groups, chosen, strict=True)
        }
        for usage in product((False, True), repeat=len(others)):
            unused = {r for r, is_used in zip(others, usage, strict=True) if not is_used}
            by_pool: dict[str, int] = {}
            for r in routes:
                by_pool[r.database.alias] = by_pool.get(r.database.alias, 0) + (0 if r in unused else each[r.group])
            pool = routes[0].pooler
            size = pool.get("default_pool_size").only if pool is not None else None
            yield sum(clients if not isinstance(size, int) else min(size, clients) for clients in by_pool.values())
