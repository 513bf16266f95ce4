"""How an age stands to an idle timeout, and a limit to a deadline, against trying every possibility."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connlint.deployment.deadlines import reaches
from connlint.deployment.lifetimes import Standing, standing
from connlint.value import Value, Verdict

numbers = st.integers(-5, 40)
ages = st.lists(st.one_of(numbers, st.none()), min_size=1, max_size=4)
limits = st.lists(st.integers(0, 40), min_size=1, max_size=4)


def slow_standing(age: int | None, kill: int) -> Standing:
    if kill == 0 or (age is not None and age <= 0):
        return Standing.BELOW
    if age is None or age > kill:
        return Standing.OVER
    return Standing.EDGE if kill - age <= 5 else Standing.BELOW


@given(ages, limits)
def test_alternatives_are_all_tried(some_ages: list[int | None], some_kills: list[int]) -> None:
    seen = {slow_standing(age, kill) for age in some_ages for kill in some_kills}
    found = standing(Value.choice(some_ages), Value.choice(some_kills))
    if len(seen) == 1:
        assert {found} == seen
    else:
        assert found is (Standing.MAY_BE_OVER if Standing.OVER in seen else Standing.MAY_BE_EDGE)


@given(numbers, numbers, st.integers(1, 40))
def test_a_range_stands_as_its_numbers_do(one: int, other: int, kill: int) -> None:
    low, high = sorted((one, other))
    seen = {slow_standing(age, kill) for age in range(low, high + 1)}
    found = standing(Value.between(low, high), Value.exact(kill))
    assert (found is Standing.BELOW) == (seen == {Standing.BELOW})
    assert (found is Standing.OVER) == (seen == {Standing.OVER})


def test_an_unknown_stands_nowhere() -> None:
    assert standing(Value.unknown("why"), Value.exact(60)) is Standing.UNKNOWN
    assert standing(Value.exact(60), Value.unknown("why")) is Standing.UNKNOWN
    assert standing(Value.between(61, None), Value.exact(60)) is Standing.OVER
    assert standing(Value.exact(10**400), Value.exact(60)) is Standing.OVER


@given(limits, limits)
def test_a_limit_reaches_a_bound_when_it_is_not_below(some: list[int], others: list[int]) -> None:
    seen = {a != 0 and b != 0 and a >= b for a in some for b in others}
    verdict = reaches(Value.choice(some), Value.choice(others))
    if verdict is Verdict.MUST:
        assert seen == {True}
    elif verdict is Verdict.HOLDS:
        assert True not in seen
    else:
        assert verdict is Verdict.CAN


@given(limits, limits)
def test_what_is_sure_is_said(some: list[int], others: list[int]) -> None:
    seen = {a != 0 and b != 0 and a >= b for a in some for b in others}
    verdict = reaches(Value.choice(some), Value.choice(others))
    if seen == {True}:
        assert verdict is Verdict.MUST
    if seen == {False}:
        assert verdict is not Verdict.MUST
