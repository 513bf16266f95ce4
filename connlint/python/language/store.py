"""The store: every write to a cell, so that branches can be undone and joined.

A layer remembers what each cell held when the layer was opened. Closing it takes the writes back and hands
them over as a delta; several deltas of one starting point are joined into the values that any of them gives.
Because objects keep their identity, aliases see the joined content with no further work.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, TypeAlias

from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Births,
    Bound,
    Known,
    Marks,
    Method,
    Object,
    OneOf,
    Tuple,
    Unknown,
    merge_marks,
)
from connlint.python.language.flow import Completion
from connlint.python.language.fuel import MOST_OPTIONS
from connlint.records import dataclass, field

_DEEPEST: Final = 6  # beyond this, values count as different

Cell: TypeAlias = "tuple[Object, Hashable]"
Delta: TypeAlias = "dict[Cell, Abstract]"


@dataclass(slots=True)
class Outcome:
    """One way a stretch of code can end: how, and what it wrote since the start of its layer."""

    completion: Completion
    delta: Delta
    births: Births
    owned: Births | None = None  # what was made here exists in the world of this outcome only


@dataclass(slots=True)
class Layer:
    """What cells held when the layer was opened, and the outcomes that left the main path since."""

    first: int
    old: Delta = field(default_factory=dict)
    parked: list[Outcome] = field(default_factory=list)


class Store:
    """All layers, innermost last, and the counter that numbers objects."""

    def __init__(self) -> None:
        self._layers: list[Layer] = [Layer(0)]
        self._serial = 0

    @property
    def serial(self) -> int:
        """The number of the object made last."""
        return self._serial

    @property
    def layer(self) -> Layer:
        return self._layers[-1]

    def number(self) -> int:
        """A number for a new object."""
        self._serial += 1
        return self._serial

    def write(self, target: Object, key: Hashable, value: Abstract) -> None:
        """Put `value` into a cell; MISSING empties it."""
        old = self._layers[-1].old
        cell = (target, key)
        if cell not in old:
            old[cell] = target.cells.get(key, MISSING)
        _put(target, key, value)

    def open(self) -> Layer:
        layer = Layer(self._serial)
        self._layers.append(layer)
        return layer

    def close(self) -> Delta:
        """Undo the innermost layer; what it wrote, to be applied or joined."""
        layer = self._layers.pop()
        delta = {(target, key): target.cells.get(key, MISSING) for target, key in layer.old}
        for (target, key), value in layer.old.items():
            _put(target, key, value)
        return delta

    def keep(self) -> None:
        """Let the innermost layer's writes stand as writes of the one below, and its parked outcomes with them."""
        layer = self._layers.pop()
        below = self._layers[-1]
        if layer.parked:
            start = {cell: layer.old.get(cell, cell[0].cells.get(cell[1], MISSING)) for cell in below.old}
            births = (below.first, self._serial)
            below.parked += [Outcome(o.completion, {**start, **o.delta}, births) for o in layer.parked]
        for cell, value in layer.old.items():
            below.old.setdefault(cell, value)

    def forget(self) -> None:
        """Let the innermost layer's writes stand for good: no outer branch takes them back."""
        self._layers.pop()

    def apply(self, delta: Delta) -> None:
        for (target, key), value in delta.items():
            self.write(target, key, value)

    def park(self, outcome: Outcome) -> None:
        """Set aside an outcome whose delta starts where the state is now; it joins in at the layer's end."""
        layer = self._layers[-1]
        delta = self.written()
        delta.update(outcome.delta)
        layer.parked.append(Outcome(outcome.completion, delta, (layer.first, self._serial)))

    def written(self) -> Delta:
        """What the innermost layer has written so far."""
        return {(target, key): target.cells.get(key, MISSING) for target, key in self._layers[-1].old}

    def join(self, outcomes: Sequence[Outcome]) -> Delta:
        """The delta that holds when any of the outcomes does; the state is at their common start.

        What an outcome wrote to an object that exists in its world alone stands as it is.
        """
        if len(outcomes) == 1:
            return outcomes[0].delta
        joined: Delta = {}
        for cell in dict.fromkeys(cell for outcome in outcomes for cell in outcome.delta):
            target, key = cell
            owner = next((o for o in outcomes if o.owned is not None and within(o.owned, target)), None)
            before = target.cells.get(key, MISSING)
            if owner is not None:
                joined[cell] = owner.delta.get(cell, before)
                continue
            born_in = [o for o in outcomes if within(o.births, target)]
            held = born_in or outcomes
            joined[cell] = join_values([(o.delta.get(cell, before), o.births) for o in held])
        return joined


def joined_value(outcomes: Sequence[Outcome]) -> Abstract:
    """What the completions of several outcomes have as their value."""
    pairs: list[tuple[Abstract, Births | None]] = []
    for outcome in outcomes:
        value = outcome.completion.value or Unknown("it has no value in one case")
        own = outcome.owned is not None and within(outcome.owned, value)
        pairs.append((value, outcome.owned if own else outcome.births))
    return join_values(pairs)


def within(births: Births, target: Abstract) -> bool:
    """Whether an object was made in a branch; a scalar never is."""
    if isinstance(target, (Method, Bound)):
        target = target.receiver
    return isinstance(target, Object) and births[0] < target.serial <= births[1]


def join_values(values: Iterable[tuple[Abstract, Births | None]]) -> Abstract:
    """One of `values`; each comes with the births of the branch that gave it."""
    choices: list[Abstract] = []
    births: list[Births | None] = []
    for value, born in values:
        inner = value.births if isinstance(value, OneOf) else (None,) * len(value.options)
        for option, own in zip(value.options, inner, strict=True):
            place = next((i for i, other in enumerate(choices) if same(option, other)), None)
            if place is not None:
                choices[place] = _with_marks(choices[place], option.where)
                births[place] = None
                continue
            choices.append(option)
            whole = born is not None and not isinstance(value, OneOf) and within(born, option)
            births.append(own or (born if whole else None))
    if len(choices) == 1:
        return choices[0]
    if len(choices) > MOST_OPTIONS:
        return Unknown("it can have too many values", merge_marks(*(choice.where for choice in choices)))
    return OneOf(tuple(choices), tuple(births))


def one_of(values: Iterable[Abstract]) -> Abstract:
    """One of `values`, with no branches behind them."""
    return join_values([(value, None) for value in values])


def same(left: Abstract, right: Abstract, depth: int = 0) -> bool:
    """Whether two values are the same thing for all that evaluated code can tell; marks do not count."""
    if left is right:
        return True
    if type(left) is not type(right) or isinstance(left, Object) or depth > _DEEPEST:
        return False
    if isinstance(left, Known) and isinstance(right, Known):
        return type(left.value) is type(right.value) and bool(left.value == right.value)
    if isinstance(left, Tuple) and isinstance(right, Tuple):
        pairs = zip(left.items, right.items, strict=False)
        return len(left.items) == len(right.items) and all(same(a, b, depth + 1) for a, b in pairs)
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return left.truth is right.truth
    if isinstance(left, OneOf) and isinstance(right, OneOf):
        mutual = ((left, right), (right, left))
        return all(any(same(a, b, depth + 1) for b in other.choices) for one, other in mutual for a in one.choices)
    return left == right


def _with_marks(value: Abstract, marks: Marks) -> Abstract:
    if isinstance(value, Known):
        return Known(value.value, merge_marks(value.marks, marks))
    return value


def _put(target: Object, key: Hashable, value: Abstract) -> None:
    if value is MISSING:
        target.cells.pop(key, None)
    else:
        target.cells[key] = value
