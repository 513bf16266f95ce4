"""Records are dataclasses: whatever the standard decorator does with the forms connlint uses, this one does."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from connlint import records


def both(make: Callable[[Any], Any]) -> tuple[Any, Any]:
    """What `make` gives with the standard module, and with connlint's."""
    return make(dataclasses), make(records)


def point(module: Any) -> Any:
    @module.dataclass(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2
        tags: list[str] = module.field(default_factory=list, compare=False)
        note: str = module.field(default="", repr=False)
        kind: ClassVar[str] = "point"

        def moved(self) -> Any:
            return module.replace(self, x=self.x + 1)

    return Point


def hiding(module: Any) -> Any:
    @module.dataclass(slots=True)
    class Hiding:
        name: str
        _seen: list[int] = module.field(default_factory=list, init=False, repr=False, compare=False)

        def __post_init__(self) -> None:
            self._seen.append(len(self.name))

    return Hiding


@pytest.mark.parametrize(
    "ask",
    [
        lambda of: repr(of(1)),
        lambda of: repr(of(1, tags=["a"], note="hidden")),
        lambda of: of(1) == of(1, 2, ["differs, but does not count"]),
        lambda of: of(1) == of(2),
        lambda of: of(1) == "another type",
        lambda of: hash(of(1)) == hash(of(1)),
        lambda of: of(1).tags is of(1).tags,
        lambda of: (of(1).moved().x, of(1).moved().y),
        lambda of: str(inspect.signature(of)).replace("<factory>", "").count(","),
        lambda of: list(inspect.signature(of).parameters),
        lambda of: of.__match_args__,
        lambda of: of.__slots__,
        lambda of: of.kind,
        lambda of: [each.name for each in dataclasses.fields(of)],
        lambda of: dataclasses.asdict(of(1, 3)),
        lambda of: dataclasses.replace(of(1), y=5).y,
        lambda of: copy.deepcopy(of(1, tags=["a"])).tags,
        lambda of: hasattr(of(1), "__dict__"),
    ],
)
def test_a_frozen_record_answers_like_a_dataclass(ask: Callable[[Any], object]) -> None:
    standard, ours = both(point)
    assert ask(ours) == ask(standard)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda of: of(),
        lambda of: of(1, 2, [], "", "too many"),
        lambda of: of(1, unknown=2),
        lambda of: setattr(of(1), "x", 2),
        lambda of: delattr(of(1), "x"),
        lambda of: setattr(of(1), "other", 2),
    ],
)
def test_a_frozen_record_refuses_like_a_dataclass(misuse: Callable[[Any], object]) -> None:
    for of in both(point):
        with pytest.raises((TypeError, dataclasses.FrozenInstanceError)):
            misuse(of)


def test_what_is_no_argument_is_made_and_is_there_after_it_is_made() -> None:
    for of in both(hiding):
        assert of("abc")._seen == [3]
        assert of("abc") == of("abc")
        assert repr(of("abc")).endswith("Hiding(name='abc')")
        with pytest.raises(TypeError, match="unhashable"):
            hash(of("abc"))


def test_without_eq_each_record_is_only_itself() -> None:
    def make(module: Any) -> Any:
        @module.dataclass(frozen=True, slots=True, eq=False)
        class Node:
            name: str

        return Node

    for of in both(make):
        one = of("a")
        assert one == one
        assert one != of("a")
        assert len({one, of("a")}) == 2


def test_a_record_inherits_fields_and_what_its_class_defines_itself_stays() -> None:
    def make(module: Any) -> Any:
        @module.dataclass(frozen=True, slots=True)
        class Base:
            name: str
            size: int = 0

        @module.dataclass(frozen=True, slots=True)
        class Named(Base):
            size: int = 1
            extra: int = 2

            def __repr__(self) -> str:
                return "mine"

            def __eq__(self, other: object) -> bool:
                return isinstance(other, Base) and other.name == self.name

            def __hash__(self) -> int:
                return 7

        return Named

    for of in both(make):
        named = of("a")
        assert (named.name, named.size, named.extra, repr(named), hash(named)) == ("a", 1, 2, "mine", 7)
        assert named == of("a", 5, 6)
        assert [each.name for each in dataclasses.fields(of)] == ["name", "size", "extra"]


def test_a_record_that_holds_itself_can_be_shown() -> None:
    for of in both(hiding):
        one = of("a")
        one.name = one
        assert "..." in repr(one)


def test_other_forms_are_those_of_the_standard_module() -> None:
    @records.dataclass(order=True)
    class Ordered:
        size: int

    assert Ordered(1) < Ordered(2)
    assert dataclasses.is_dataclass(Ordered)
    assert records.replace(Ordered(1), size=3) == Ordered(3)
    assert [each.name for each in records.fields(Ordered)] == ["size"]
