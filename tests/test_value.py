"""Values with a pedigree: each operation against brute force over everything a value can be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.source import Source
from connlint.value import ABSENT, ZERO, Certainty, Kind, Origin, Value, Verdict, total, union

UWSGI = Source("uwsgi.ini", "[uwsgi]\n# web\nprocesses = 9\nprocesses = 4\nthreads = 4\n")
PROCESSES = Origin.at(UWSGI.span_at(3, 1, 3, 14))
THREADS = Origin.at(UWSGI.span_at(5, 1, 5, 12))
REPLICAS = Origin.declared(Source("pyproject.toml", "replicas = 12\n").span(0, 13), "declared")
DEFAULT = Origin.default("default of PgBouncer 1.24")
ASSUMED = Origin.assumed("used while WEB_CONCURRENCY is unset")
ORIGINS = (PROCESSES, THREADS, REPLICAS, DEFAULT, ASSUMED)

FAR = 40  # stands for "no upper bound" in the brute force: beyond any sum or product that a bound could hide


@dataclass(frozen=True)
class Case:
    """A value and every number it can be; an open end is cut at FAR, where it no longer matters."""

    value: Value
    possible: tuple[int, ...]

    @property
    def open(self) -> bool:
        return FAR in self.possible

    @property
    def known(self) -> bool:
        return not self.value.is_unknown


def _origins() -> st.SearchStrategy[list[Origin]]:
    return st.lists(st.sampled_from(ORIGINS), max_size=3, unique=True)


@st.composite
def known(draw: st.DrawFn, lowest: int = 0) -> Case:
    """An exact value, a choice or a range of numbers from `lowest` to 6, or an open range."""
    origins = draw(_origins())
    kind = draw(st.sampled_from(list(Kind)))
    low, high = sorted(draw(st.tuples(*[st.integers(lowest, 6)] * 2)))
    if kind is Kind.CHOICE:
        numbers = draw(st.lists(st.integers(lowest, 6), min_size=1, max_size=4))
        return Case(Value.choice(numbers, *origins), tuple(numbers))
    if kind is Kind.RANGE:
        return Case(Value.between(low, high, *origins), tuple(range(low, high + 1)))
    if kind is Kind.UNKNOWN:
        return Case(Value.between(low, None, *origins), (*range(low, 8), FAR))
    return Case(Value.exact(low, *origins), (low,))


@st.composite
def unknown(draw: st.DrawFn) -> Case:
    """An unknown that knows a least, a most, both or neither; it may be any number they allow."""
    least, most = (draw(st.none() | st.integers(0, 6)) for _ in range(2))
    if least is not None and most is not None and most < least:
        least, most = most, least
    value = Value.unknown("a function nobody can see", *draw(_origins()), least=least, most=most)
    return Case(value, tuple(range(-6 if least is None else least, 9 if most is None else most + 1)))


anything = known() | unknown()


def surely(value: Value) -> tuple[int | float | None, int | float | None]:
    """What is sure about a value: of a known one its bounds, of an unknown whatever it knows."""
    return value.bounds() or (value.least, value.most)


def assert_bounded(result: Value, possible: list[int]) -> None:
    """No possible outcome lies outside of what `result` is sure of."""
    low, high = surely(result)
    assert low is None or low <= min(possible)
    assert high is None or high >= max(possible)


OPERATIONS = {
    "x": (lambda a, b: a * b, lambda a, b: a * b),
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: a - b, lambda a, b: a - b),
    "min": (lambda a, b: a.at_most(b), min),
}
operations = pytest.mark.parametrize("name", OPERATIONS)


@operations
@given(a=anything, b=anything)
def test_no_possible_outcome_lies_outside_the_bounds(name: str, a: Case, b: Case) -> None:
    on_values, on_numbers = OPERATIONS[name]
    assert_bounded(on_values(a.value, b.value), [on_numbers(x, y) for x in a.possible for y in b.possible])


@operations
@given(a=known(-6), b=known(-6))
def test_negative_numbers_are_bounded_too(name: str, a: Case, b: Case) -> None:
    on_values, on_numbers = OPERATIONS[name]
    assert_bounded(on_values(a.value, b.value), [on_numbers(x, y) for x in a.possible for y in b.possible])


@operations
@given(a=known(), b=known())
def test_the_bounds_of_counts_are_tight(name: str, a: Case, b: Case) -> None:
    on_values, on_numbers = OPERATIONS[name]
    outcomes = [on_numbers(x, y) for x in a.possible for y in b.possible]
    low, high = surely(on_values(a.value, b.value))
    assert low == (None if name == "-" and b.open else min(outcomes))
    ends = a.open if name == "-" else a.open and b.open if name == "min" else max(outcomes) >= FAR
    assert high == (None if ends else max(outcomes))


@operations
@given(a=anything, b=anything)
def test_an_unknown_operand_makes_the_result_unknown(name: str, a: Case, b: Case) -> None:
    result = OPERATIONS[name][0](a.value, b.value)
    unbounded = name == "-" and b.open
    assert result.is_unknown == (unbounded or not (a.known and b.known))


@operations
@given(a=anything, b=anything)
def test_no_origin_is_lost_or_repeated_and_the_certainty_is_the_weakest(name: str, a: Case, b: Case) -> None:
    result = OPERATIONS[name][0](a.value, b.value)
    assert set(result.origins) == {*a.value.origins, *b.value.origins}
    assert len(set(result.origins)) == len(result.origins)
    assert result.certainty == (Certainty.UNKNOWN if result.is_unknown else max(a.value.certainty, b.value.certainty))


@given(st.lists(anything, min_size=1, max_size=4))
def test_a_union_is_any_of_its_parts(parts: list[Case]) -> None:
    result = union(part.value for part in parts)
    possible = [number for part in parts for number in part.possible]
    assert_bounded(result, possible)
    assert set(result.origins) == {origin for part in parts for origin in part.value.origins}
    assert result.is_unknown == (not all(part.known for part in parts))
    if all(part.known for part in parts):
        assert surely(result) == (min(possible), None if FAR in possible else max(possible))
    if all(part.value.alternatives for part in parts):
        assert set(result.alternatives) == set(possible)


@given(st.lists(known(), max_size=4))
def test_a_total_is_the_sum_of_all(parts: list[Case]) -> None:
    result = total(part.value for part in parts)
    low = sum(min(part.possible) for part in parts)
    high = sum(max(part.possible) for part in parts)
    assert result.bounds() == (low, None if any(part.open for part in parts) else high)
    assert set(result.origins) == {origin for part in parts for origin in part.value.origins}


@given(demand=known(), supply=known())
def test_a_comparison_says_what_all_pairs_say(demand: Case, supply: Case) -> None:
    pairs = [d > s for d in demand.possible for s in supply.possible if not (d == FAR and s == FAR)]
    if demand.open and supply.open:
        pairs += [True, False]
    expected = Verdict.MUST if all(pairs) else Verdict.CAN if any(pairs) else Verdict.HOLDS
    assert demand.value.compare(supply.value) is expected


@given(demand=anything, supply=anything)
def test_a_verdict_about_an_unknown_is_never_wrong(demand: Case, supply: Case) -> None:
    verdict = demand.value.compare(supply.value)
    pairs = [d > s for d in demand.possible for s in supply.possible]
    if verdict is Verdict.UNKNOWN:
        assert not (demand.known and supply.known)
    elif verdict is not Verdict.CAN:
        assert pairs.count(verdict is Verdict.MUST) == len(pairs)


def exact(number: object) -> Value:
    return Value.exact(number, PROCESSES)


def at_least(number: int | None) -> Value:
    return Value.unknown("reads a file", least=number)


@pytest.mark.parametrize(
    ("demand", "supply", "verdict"),
    [
        (at_least(40), exact(20), Verdict.MUST),
        (at_least(20), exact(20), Verdict.UNKNOWN),
        (at_least(None), exact(20), Verdict.UNKNOWN),
        (at_least(2) * exact(9) + exact(3), exact(20), Verdict.MUST),
        (exact(40), exact(30) - at_least(0), Verdict.MUST),
        (at_least(None).at_most(exact(20)), exact(20), Verdict.HOLDS),
        (exact(100), at_least(100), Verdict.HOLDS),
        (union([at_least(40), exact(30)]), exact(20), Verdict.MUST),
        (exact("forty"), exact(20), Verdict.UNKNOWN),
        (exact(True), exact(0), Verdict.UNKNOWN),
        (exact(None), exact(0), Verdict.UNKNOWN),
        (exact(float("nan")), exact(0), Verdict.UNKNOWN),
        (exact(float("inf")), exact(600), Verdict.MUST),
        (Value.between(0, None), Value.between(0, None), Verdict.CAN),
    ],
)  # fmt: skip
def test_what_is_sure_decides_and_nothing_else(demand: Value, supply: Value, verdict: Verdict) -> None:
    assert demand.compare(supply) is verdict


def test_a_product_prints_its_own_proof() -> None:
    demand = Value.exact(9, PROCESSES) * Value.exact(4, THREADS) * Value.exact(12, REPLICAS)
    assert demand.proof == "432 = 9 (uwsgi.ini:3) x 4 (uwsgi.ini:5) x 12 (pyproject.toml:1)"
    assert demand.origins == (PROCESSES, THREADS, REPLICAS)
    assert demand.certainty is Certainty.DECLARED


@pytest.mark.parametrize(
    ("value", "proof"),
    [
        (exact(9), "9 (uwsgi.ini:3)"),
        (Value.exact(2), "2"),
        (Value.exact(100, DEFAULT) - exact(3), "97 = 100 (default of PgBouncer 1.24) - 3 (uwsgi.ini:3)"),
        (Value.exact(2) * (Value.exact(3) + Value.exact(4)), "14 = 2 x (3 + 4)"),
        (Value.exact(9) - (Value.exact(3) - Value.exact(1)), "7 = 9 - (3 - 1)"),
        (Value.exact(9) + (Value.exact(3) - Value.exact(1)), "11 = 9 + 3 - 1"),
        (Value.exact(2) * Value.exact(3) + Value.exact(4), "10 = 2 x 3 + 4"),
        ((Value.exact(2) * Value.exact(3)).at_most(Value.exact(4, DEFAULT)), "4 = min(2 x 3, 4 (default of PgBouncer 1.24))"),
        (Value.between(2, 10) * Value.exact(4), "8..40 = 2..10 x 4"),
        (Value.between(1, None) * Value.exact(4), "4 or more = 1 or more x 4"),
        (Value.choice([2, 8]) * Value.exact(4), "8..32 = 2 or 8 x 4"),
        (at_least(2) * Value.exact(4), "unknown = unknown x 4"),
        (total([exact(9), Value.exact(4, THREADS), Value.exact(2)]), "15 = 9 (uwsgi.ini:3) + 4 (uwsgi.ini:5) + 2"),
    ],
)  # fmt: skip
def test_proofs(value: Value, proof: str) -> None:
    assert value.proof == proof


def test_the_sum_of_nothing_is_zero_and_the_sum_of_one_is_that_one() -> None:
    nine = exact(9) * Value.exact(4, THREADS)
    assert total([]) is ZERO
    assert total([nine]) is nine
    assert union([nine]) is nine


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (Value.exact(60), Kind.EXACT, "60"),
        (Value.exact(None), Kind.EXACT, "None"),
        (Value.exact(ABSENT), Kind.EXACT, "unset"),
        (Value.choice([0, 60, 0]), Kind.CHOICE, "0 or 60"),
        (Value.choice([60, 60]), Kind.EXACT, "60"),
        (Value.choice([60, ABSENT]), Kind.CHOICE, "60 or unset"),
        (Value.choice([0, False, 0.0]), Kind.CHOICE, "0 or False or 0.0"),
        (Value.choice([["a"], ["b"], ["a"]]), Kind.CHOICE, "['a'] or ['b']"),
        (Value.choice([]), Kind.UNKNOWN, "unknown"),
        (Value.between(3, 3), Kind.EXACT, "3"),
        (Value.between(3, 5), Kind.RANGE, "3..5"),
        (Value.between(3, None), Kind.RANGE, "3 or more"),
        (Value.between(5, 3), Kind.UNKNOWN, "unknown"),
        (Value.unknown(""), Kind.UNKNOWN, "unknown"),
        (union([Value.between(3, 5), Value.exact("x")]), Kind.UNKNOWN, "unknown"),
    ],
)
def test_kinds_and_words(value: Value, kind: Kind, words: str) -> None:
    assert (value.kind, str(value)) == (kind, words)
    assert value.is_exact == (kind is Kind.EXACT)
    assert value.is_unknown == (kind is Kind.UNKNOWN)


def test_absent_zero_a_number_and_none_are_four_things() -> None:
    ages = Value.choice([ABSENT, 0, 60, None])
    assert len(ages.alternatives) == 4
    assert ages.bounds() is None


def test_only_an_exact_value_has_one_value() -> None:
    assert Value.exact(None).only is None
    with pytest.raises(ValueError, match="choice value has no single value"):
        _ = Value.choice([1, 2]).only


def test_always_and_ever() -> None:
    ages = Value.choice([0, 60])
    assert ages.ever(bool)
    assert not ages.always(bool)
    assert ages.always(lambda age: isinstance(age, int))
    for nothing_listed in (Value.between(1, 5), Value.unknown("reads a file"), Value.unknown("", least=1)):
        assert not nothing_listed.always(bool)
        assert not nothing_listed.ever(bool)


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (Value.exact(4), Value.exact(4)),
        (Value.unknown("reads a file"), Value.unknown("reads a file", least=1)),
        (Value.unknown("reads a file", least=3), Value.unknown("reads a file", least=3)),
        (Value.exact("hunter2"), Value.unknown("it is not a number", least=1)),
    ],
)
def test_a_count_is_at_least_what_counts_are(value: Value, counted: Value) -> None:
    assert value.counted(1) == counted


def test_the_first_place_in_a_file_is_the_place() -> None:
    value = Value.exact(9, DEFAULT, PROCESSES)
    assert value.place == "default of PgBouncer 1.24"
    assert value.span == PROCESSES.span
    assert Value.exact(9).place == ""
    assert Value.exact(9).span is None


def test_further_origins_are_added_once() -> None:
    assert exact(9).because(DEFAULT, PROCESSES, DEFAULT).origins == (PROCESSES, DEFAULT)


@pytest.mark.parametrize("origin", ORIGINS)
def test_certainty_is_the_origin_s(origin: Origin) -> None:
    assert Value.exact(9, origin).certainty is origin.certainty
    assert Value.unknown("reads a file", origin).certainty is Certainty.UNKNOWN
    assert replace(Value.exact(9), origins=()).certainty is Certainty.EXACT


def test_numbers_beyond_all_measure_end_in_a_value() -> None:
    huge, fraction = Value.exact(10**5000), Value.exact(1.5)
    assert str(huge) == "a number too long to print"
    assert str(Value.between(1, 10**5000)) == "1..a number too long to print"
    assert (huge * huge).compare(Value.exact(100)) is Verdict.MUST
    for result in (huge * fraction, huge + fraction, huge - fraction, Value.exact(1e308) * Value.exact(1e308)):
        assert result.is_unknown
    assert (Value.exact(float("inf")) * Value.exact(0)).is_unknown
    assert Value.between(1, 10**400) * fraction == replace(
        Value.between(1.5, None), operator="x", operands=(Value.between(1, 10**400), fraction)
    )
