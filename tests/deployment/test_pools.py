"""The pools of PgBouncer: lab T22, and every sum against counting all possibilities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.deployment.filling import most_through, shares
from connlint.deployment.model import Pooler
from connlint.deployment.pools import Pool, pools_of
from connlint.value import Value

from .building import UNKNOWN, database, deployment, group, pooler, route, server

APP = {"app": {"host": "db"}}
TWO = {"one": {"host": "db"}, "two": {"host": "db"}}


def used(pgbouncer: Pooler, entries: Mapping[str, tuple[str, ...]], clients: int = 25) -> tuple[Pool, ...]:
    """The pools when the users of `entries` connect with so many clients each."""
    there, routes = server(), []
    for number, (entry, user) in enumerate((e, u) for e, users in entries.items() for u in users):
        who = UNKNOWN if user == "?" else user
        alias = database(f"a{number}", NAME=entry, USER=who, ATOMIC_REQUESTS=True)  # all are used
        routes.append(route(group(threads=clients, databases=[alias]), alias, there, pgbouncer, entry))
    return pools_of(deployment(routes), pgbouncer)[there]


def allowed(pgbouncer: Pooler, entries: Mapping[str, tuple[str, ...]]) -> str:
    return " + ".join(str(share.may_open) for share in shares(used(pgbouncer, entries)))


def opened(pgbouncer: Pooler, entries: Mapping[str, tuple[str, ...]], clients: int) -> str:
    return " + ".join(str(share.opens) for share in shares(used(pgbouncer, entries, clients)))


@pytest.mark.parametrize(
    ("settings", "databases", "users", "measured"),
    [
        ({"default_pool_size": 5}, APP, ("a",), "5"),
        ({}, APP, ("a",), "20"),
        ({"default_pool_size": 5}, APP, ("a", "b"), "10"),
        ({"default_pool_size": 5}, TWO, ("a", "b"), "10 + 10"),
        ({"default_pool_size": 5, "max_db_connections": 7}, TWO, ("a", "b"), "7 + 7"),
        ({"default_pool_size": 5, "max_user_connections": 6}, TWO, ("a", "b"), "12"),
        ({"default_pool_size": 5, "reserve_pool_size": 3}, APP, ("a",), "8"),
        ({"default_pool_size": 5, "reserve_pool_size": 3, "max_db_connections": 6}, APP, ("a",), "6"),
        ({"default_pool_size": 8}, {"app": {"pool_size": 3}, "*": {}}, ("a",), "3 + 8"),
        ({"default_pool_size": 5}, {"one": {"dbname": "app"}, "two": {"dbname": "app"}}, ("a",), "5 + 5"),
        ({"default_pool_size": 5}, {"app": {"user": "<forced>"}}, ("a", "b"), "5"),
    ],
)
def test_what_the_lab_measured(settings: Any, databases: Any, users: tuple[str, ...], measured: str) -> None:
    assert allowed(pooler(databases, **settings), dict.fromkeys(databases, users)) == measured


@pytest.mark.parametrize(
    ("version", "reserve", "expected"),
    [("1.18", 0, "1"), ("1.23", 0, "1"), ("1.23", 3, "3"), ("1.24", 0, "150"), ("1.24", 3, "150"), ("", 0, "1..150")],
)
def test_a_size_of_0_lets_one_through_and_since_1_24_everyone(version: str, reserve: int, expected: str) -> None:
    zero = pooler(APP, version=version, default_pool_size=0, reserve_pool_size=reserve, max_client_conn=150)
    assert allowed(zero, {"app": ("a",)}) == expected


@pytest.mark.parametrize(
    ("entry", "settings", "expected"),
    [
        ({"pool_size": 3}, {}, "3"),
        ({"pool_size": -1}, {}, "20"),
        ({"reserve_pool": 4}, {}, "24"),
        ({"reserve_pool_size": 4}, {"reserve_pool_size": 9}, "24"),
        ({}, {"reserve_pool_size": 9, "reserve_pool_timeout": 0.0}, "20"),  # the reserve is never used
        ({"max_db_connections": 6}, {"max_db_connections": 9}, "6"),
        ({"max_db_connections": 0}, {"max_db_connections": 9}, "9"),
        ({}, {"max_db_connections": 0}, "20"),
    ],
)
def test_an_entry_goes_before_what_holds_for_all(entry: Any, settings: Any, expected: str) -> None:
    assert allowed(pooler({"app": entry}, **settings), {"app": ("a",)}) == expected


def test_a_user_of_its_own_size_goes_before_the_entry() -> None:
    sized = pooler({"app": {"pool_size": 3}}, users={"a": {"pool_size": 9, "reserve_pool_size": 1}})
    assert allowed(sized, {"app": ("a", "b")}) == "13"


def test_a_user_nobody_knows_has_one_of_the_sizes() -> None:
    sized = pooler({"app": {"pool_size": 3}}, users={"a": {"pool_size": 9}})
    assert allowed(sized, {"app": ("?",)}) == "3..9"


def test_every_instance_has_pools_of_its_own() -> None:
    assert allowed(pooler(APP, instances=3), {"app": ("a",)}) == "60"
    assert opened(pooler(APP, instances=3), {"app": ("a",)}, clients=4) == "4..12"


def test_under_the_star_each_name_has_a_pool() -> None:
    there, star = server(), pooler({"*": {"host": "db"}}, default_pool_size=5)
    aliases = [database("one", NAME="one", USER="a"), database("two", NAME="two", USER="a")]
    routes = [route(group(threads=9, databases=[d]), d, there, star, "*") for d in aliases]
    assert [str(s.may_open) for s in shares(pools_of(deployment(routes), star)[there])] == ["10"]


def test_entries_that_nobody_uses_open_nothing() -> None:
    assert allowed(pooler(TWO), {"one": ("a",)}) == "20"


@pytest.mark.parametrize(("clients", "expected"), [(4, "4"), (20, "20"), (21, "20")])
def test_pools_open_no_more_than_there_are_clients(clients: int, expected: str) -> None:
    assert opened(pooler(APP), {"app": ("a",)}, clients) == expected


def test_min_pool_size_is_kept_whoever_connects() -> None:
    assert opened(pooler(APP, min_pool_size=4), {"app": ("a",)}, clients=1) == "1..4"


def test_a_size_that_is_not_known_is_no_number() -> None:
    (share,) = shares(used(pooler(APP, default_pool_size=UNKNOWN), {"app": ("a",)}, clients=6))
    assert share.may_open.is_unknown
    assert (share.opens.is_unknown, share.opens.least, share.opens.most) == (True, 0, 6)


def test_users_nobody_knows_may_be_one_under_its_cap() -> None:
    capped = pooler(TWO, default_pool_size=5, max_user_connections=6)
    assert allowed(capped, {"one": ("a",), "two": ("b",)}) == "10"
    assert allowed(capped, {"one": ("a",), "two": ("?",)}) == "6..10"


SIZES = st.integers(0, 3)
CAPS = st.one_of(st.none(), st.integers(0, 4))


@st.composite
def networks(draw: st.DrawFn) -> tuple[dict[tuple[str, str], int], dict[str, int | None], dict[str, int | None]]:
    names, users = "ab"[: draw(st.integers(1, 2))], "xyz"[: draw(st.integers(1, 3))]
    edges = {(d, u): draw(SIZES) for d, u in product(names, users) if draw(st.booleans())}
    return edges, {d: draw(CAPS) for d in names}, {u: draw(CAPS) for u in users}


@given(networks())
def test_the_largest_sum_under_caps_is_that_of_trying_all(network: Any) -> None:
    edges, of_databases, of_users = network
    largest = 0
    for amounts in product(*(range(size + 1) for size in edges.values())):
        held = dict(zip(edges, amounts, strict=True))
        if all(_fits(held, 0, of_databases)) and all(_fits(held, 1, of_users)):
            largest = max(largest, sum(amounts))
    assert most_through(edges, of_databases, of_users) == largest


def _fits(held: Mapping[tuple[str, str], int], side: int, caps: Mapping[str, int | None]) -> Iterator[bool]:
    for name, cap in caps.items():
        yield cap is None or sum(n for key, n in held.items() if key[side] == name) <= cap


def test_without_any_bound_the_sum_has_none() -> None:
    assert most_through({("a", "x"): None, ("b", "x"): 3}, {}, {}) is None
    assert most_through({("a", "x"): None, ("b", "x"): 3}, {"a": 2}, {}) == 5
    assert most_through({("a", "x"): None, ("b", "x"): 3}, {}, {"x": 4}) == 4


USERS = st.sampled_from(["a", "b", "?"])


@given(
    st.dictionaries(st.sampled_from(["one", "two"]), st.lists(USERS, min_size=1, max_size=2), min_size=1),
    st.fixed_dictionaries(
        {"default_pool_size": st.integers(1, 5)},
        optional={
            "reserve_pool_size": st.integers(0, 2),
            "max_db_connections": st.integers(0, 6),
            "max_user_connections": st.integers(0, 6),
        },
    ),
    st.integers(1, 5),
    st.data(),
)
def test_what_opens_lies_within_its_bounds_whoever_the_unknown_users_are(
    entries: dict[str, list[str]], settings: dict[str, int], clients: int, data: st.DataObject
) -> None:
    found = list(shares(used(pooler(TWO, **settings), {e: tuple(u) for e, u in entries.items()}, clients)))
    size = settings["default_pool_size"] + settings.get("reserve_pool_size", 0)
    asked: dict[tuple[str, str], int] = {}
    for entry, users in entries.items():
        for user in users:
            who = data.draw(st.sampled_from(["a", "b", "c"])) if user == "?" else user
            asked[entry, who] = asked.get((entry, who), 0) + clients
    edges = {key: min(size, number) for key, number in asked.items()}
    cap, user_cap = (settings.get(key, 0) or None for key in ("max_db_connections", "max_user_connections"))
    true = most_through(edges, dict.fromkeys(TWO, cap), dict.fromkeys("abc", user_cap))
    assert true is not None
    least, most = _summed(share.opens for share in found)
    assert least <= true <= most
    if not any("?" in users for users in entries.values()):
        assert least == true == most


def _summed(values: Iterator[Value]) -> tuple[float, float]:
    ends = [value.bounds() for value in values]
    assert None not in ends
    return sum(e[0] for e in ends if e), sum(e[1] or 0 for e in ends if e)
