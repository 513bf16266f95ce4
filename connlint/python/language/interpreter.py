"""The interpreter: the state of one evaluation, and what all of its parts share.

Code is evaluated once along the path it takes. Where a condition is not known, every branch is evaluated on
its own copy of the state and the results are joined. Where code would fail and nothing in it would catch that,
the failing expression is unknown and evaluation goes on: whoever reads settings wants the rest of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connlint.formats.packages.versions import Packages
from connlint.python.language.attributes import get_attribute
from connlint.python.language.calls import call
from connlint.python.language.domain import (
    ITEMS,
    Abstract,
    Arguments,
    Births,
    Dict,
    Instance,
    Lazy,
    List,
    Mark,
    Marks,
    Module,
    OneOf,
    Tuple,
    Unknown,
)
from connlint.python.language.expressions import evaluate
from connlint.python.language.flow import NORMAL, Completion, End, Failed, Raised, failed
from connlint.python.language.frame import Frame
from connlint.python.language.fuel import DEPTH, Fuel, OutOfFuel
from connlint.python.language.loader import resolve
from connlint.python.language.pedigree import find_reason
from connlint.python.language.statements import execute
from connlint.python.language.store import Outcome, Store, joined_value
from connlint.python.language.syntax import names_in_functions, names_read
from connlint.python.language.targets import assign
from connlint.python.modules import Finder, Unit
from connlint.records import dataclass, field
from connlint.source import Span
from connlint.value import Value

_MOST_PROBLEMS = 100


@dataclass(slots=True)
class Interpreter:
    """One evaluation. `environment` holds the variables that are set; every other one is unset."""

    finder: Finder
    environment: Mapping[str, Value]
    cpus: Value
    packages: Packages = field(default_factory=Packages)  # what is installed, for libraries that changed
    store: Store = field(default_factory=Store)
    fuel: Fuel = field(default_factory=Fuel)
    modules: dict[str, Module] = field(default_factory=dict)
    catchers: list[frozenset[str] | None] = field(default_factory=list)  # None catches everything
    problems: dict[tuple[str, int, str], tuple[Span, str]] = field(default_factory=dict)
    specials: dict[str, Abstract] = field(default_factory=dict)  # the one os.environ and its like
    read_names: set[str] = field(default_factory=set)
    in_functions: dict[Unit, tuple[set[str], set[str]]] = field(default_factory=dict)
    setters: dict[str, bool] = field(default_factory=dict)  # modules that may set variables when they are imported
    frames: list[Frame] = field(default_factory=list)  # of the calls under way, innermost last
    resolving: set[tuple[str, str]] = field(default_factory=set)  # imported names that are being looked up
    forks: int = 0  # branches under way whose condition is not known

    # Making objects

    def make_list(self, items: Iterable[Abstract], marks: Marks, kind: str = "list") -> List:
        made = List(self.store.number(), marks, {}, kind)
        made.cells[ITEMS] = Tuple(tuple(items), marks)
        return made

    def make_list_of(self, content: Abstract, marks: Marks, kind: str = "list") -> List:
        """A list whose content is a tuple, one of several, or unknown."""
        made = List(self.store.number(), marks, {}, kind)
        made.cells[ITEMS] = content
        return made

    def make_dict(self, cells: Mapping[Any, Abstract], marks: Marks, kind: str = "dict") -> Dict:
        return Dict(self.store.number(), marks, {**cells}, None, kind)

    # Failing

    def note(self, mark: Mark, reason: str) -> None:
        """Put something that could not be followed on the list of problems."""
        span = mark.unit.span(mark.node)
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.setdefault((span.path, span.start, reason), (span, reason))

    def note_unit(self, unit: Unit) -> None:
        """Remember which names the code of a loaded module reads."""
        self.read_names |= names_read(unit.tree)

    def mentioned(self, unit: Unit) -> tuple[set[str], set[str]]:
        """The names that functions of a module mention, and those that they declare global."""
        if unit not in self.in_functions:
            self.in_functions[unit] = names_in_functions(unit.tree)
        return self.in_functions[unit]

    def catches(self, names: Sequence[str]) -> bool:
        """Whether some try statement around the evaluated code could catch such an exception."""
        return any(caught is None or not names or caught & set(names) for caught in self.catchers)

    def fail(self, names: Sequence[str], reason: str, mark: Mark, *origins: Mark) -> Abstract:
        """The evaluated code fails here: raise Failed where code could catch it, else an unknown."""
        if self.catches(names):
            raise Failed(Raised(tuple(names), reason, mark))
        self.note(mark, reason)
        return Unknown(reason, (mark, *origins))

    def may_fail(self, names: Sequence[str], reason: str, mark: Mark) -> None:
        """The evaluated code might fail here: remember that outcome where code could catch it."""
        if self.catches(names):
            serial = self.store.serial
            self.store.park(Outcome(failed(Raised(tuple(names), reason, mark)), {}, (serial, serial)))

    # Branching

    def fork(
        self, branches: Sequence[Callable[[], Completion]], owned: Mapping[int, Births] | None = None
    ) -> Completion:
        """Run each branch from the present state, and go on from the join of what they come to."""
        if len(branches) == 1:
            return branches[0]()
        outcomes: list[Outcome] = []
        for index, branch in enumerate(branches):
            outcomes += self._explore(branch, owned.get(index) if owned else None)
        return self.settle(outcomes)

    def _explore(self, branch: Callable[[], Completion], owned: Births | None) -> list[Outcome]:
        """Every way a branch can end; the state is as it was before."""
        layer = self.store.open()
        self.forks += 1
        try:
            completion = branch()
        except Failed as error:
            completion = failed(error.error)
        except (OutOfFuel, RecursionError):
            self.store.keep()
            raise
        finally:
            self.forks -= 1
        births = (layer.first, self.store.serial)
        delta = self.store.close()
        parked = (Outcome(p.completion, p.delta, births, owned) for p in layer.parked)
        return [Outcome(completion, delta, births, owned), *parked]

    def scope(self, body: Callable[[], Completion], absorbed: frozenset[End]) -> Completion:
        """Run a stretch of code at whose end all ways in `absorbed` come together as one."""
        layer = self.store.open()
        try:
            completion = body()
        except Failed as error:
            completion = failed(error.error)
        except (OutOfFuel, RecursionError):
            self.store.keep()
            raise
        if not layer.parked:
            self.store.keep()
            return _finish(_absorb(completion, absorbed))
        births = (layer.first, self.store.serial)
        delta = self.store.close()
        outcomes = [Outcome(completion, delta, births), *layer.parked]
        return self.settle([Outcome(_absorb(o.completion, absorbed), o.delta, o.births) for o in outcomes])

    def settle(self, outcomes: Sequence[Outcome]) -> Completion:
        """Join outcomes of one starting point: the best way of ending is entered, the others are parked."""
        groups: dict[tuple[End, tuple[str, ...]], list[Outcome]] = {}
        for outcome in outcomes:
            error = outcome.completion.error
            groups.setdefault((outcome.completion.end, error.names if error else ()), []).append(outcome)
        ends = list(End)
        ordered = sorted(groups.values(), key=lambda group: ends.index(group[0].completion.end))
        for group in ordered[1:]:
            error = group[0].completion.error
            if error is None or self.catches(error.names):
                self.store.park(Outcome(_joined(group), self.store.join(group), group[0].births))
        first = ordered[0]
        self.store.apply(self.store.join(first))
        return _finish(_joined(first))

    def each(self, value: Abstract, action: Callable[[Abstract], Abstract]) -> Abstract:
        """Apply an action to a value; for one of several, to each in a branch of its own, joined."""
        if not isinstance(value, OneOf):
            return action(value)
        owned = {i: born for i, born in enumerate(value.births) if born is not None}

        def branch(option: Abstract) -> Callable[[], Completion]:
            return lambda: Completion(End.NORMAL, action(option))

        joined = self.fork([branch(option) for option in value.choices], owned)
        return joined.value if joined.value is not None else Unknown("nothing is known about it")

    # Shorthands for the parts, which import this module for its type only

    def evaluate(self, node: ast.expr, frame: Frame) -> Abstract:
        """The value of an expression."""
        fuel = self.fuel
        fuel.burn()
        if fuel.depth >= DEPTH:
            return Unknown("it is nested too deeply", (frame.mark(node),))
        fuel.depth += 1
        try:
            return evaluate(self, node, frame)
        finally:
            fuel.depth -= 1

    def execute(self, body: Sequence[ast.stmt], frame: Frame) -> Completion:
        """Run statements until one ends the block."""
        return execute(self, body, frame)

    def call(self, function: Abstract, arguments: Arguments, mark: Mark) -> Abstract:
        """What calling something gives."""
        return call(self, function, arguments, mark)

    def attribute(self, value: Abstract, name: str, mark: Mark) -> Abstract:
        """An attribute of a value; fails as getattr() would."""
        return get_attribute(self, value, name, mark)

    def assign(self, target: ast.expr, value: Abstract, frame: Frame) -> None:
        """Assign a value to any kind of target."""
        assign(self, target, value, frame)

    def resolve(self, lazy: Lazy) -> Abstract:
        """The value of a name that was imported and not needed so far."""
        return resolve(self, lazy)

    def delegate(self, name: str, owner: Instance, mark: Mark) -> Abstract | None:
        """What an instance holds for a modelled base class."""
        from connlint.python.bridges.shared import delegate_environment  # models are loaded when the first is needed
        from connlint.python.models.ini import delegate

        return delegate_environment(self, name, owner, mark) or delegate(self, name, owner, mark)

    def from_environment(self, made: Instance, arguments: Arguments, mark: Mark) -> Abstract:
        """A new instance whose fields the environment may fill."""
        from connlint.python.models.pydantic import fill

        return fill(self, made, arguments, mark)

    def unknown_of(self, values: Iterable[Abstract], reason: str, mark: Mark) -> Unknown:
        """An unknown because of the first unknown among `values`, or for `reason`."""
        found = find_reason(values)
        return Unknown(found.reason, (*found.marks, mark)) if found else Unknown(reason, (mark,))


def _absorb(completion: Completion, absorbed: frozenset[End]) -> Completion:
    return Completion(End.NORMAL, completion.value) if completion.end in absorbed else completion


def _finish(completion: Completion) -> Completion:
    if completion.end is End.RAISE and completion.error is not None:
        raise Failed(completion.error)
    return completion


def _joined(group: Sequence[Outcome]) -> Completion:
    first = group[0].completion
    if len(group) == 1 or first.end is End.RAISE:
        return first
    if all(outcome.completion.value is None for outcome in group):
        return NORMAL if first.end is End.NORMAL else first
    return Completion(first.end, joined_value(group))
