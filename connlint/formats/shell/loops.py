"""Loops: round by round where it is known how many there are, else once for all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from connlint.formats.shell.expansion import Expander
from connlint.formats.shell.naming import is_constant
from connlint.formats.shell.state import End, State, Truth, Variable, Way, join
from connlint.formats.shell.syntax import Block, For, Loop, Node
from connlint.formats.shell.ways import Outcome, Ways
from connlint.formats.words import Word
from connlint.records import replace
from connlint.value import Origin, Value

_MOST_ROUNDS: Final = 100


class Loops(Ways):
    """Follows loops; `exits` and `continues` hold, for each loop one is in, the ways that left it or its round.

    `returns`: for each function one is in, the ways that returned from it.
    """

    def __init__(self, expander: Expander) -> None:
        super().__init__()
        self.expander = expander
        self.exits: list[list[State]] = []
        self.continues: list[list[State]] = []
        self.returns: list[list[State]] = []

    def nested(self, node: Node, state: State) -> Outcome:
        """Run something one level deeper."""
        raise NotImplementedError

    def follow_for(self, node: For, state: State) -> Outcome:
        if not node.name:
            return self.unsure_round(node.body, state, f"in the loop at {node.span.place}")
        if node.words is None:
            words = list(state.arguments)
        else:
            words = [word for item in node.words for word in self.expander.words(item, state)]
        outcome: Outcome = state
        if len(words) > _MOST_ROUNDS:
            unknown = Value.unknown("it is one of a loop's words", Origin.at(node.span))
            words = [Word((unknown,), node.span, loose=True)]
        way, gone = state.way, self._gone()
        self._enter()
        for word in words:
            if isinstance(outcome, End):
                break
            exported = node.name in outcome.variables and outcome.variables[node.name].exported
            outcome.variables[node.name] = Variable(replace(word, loose=False), None, exported)
            if word.loose:
                outcome = self.unsure_round(node.body, outcome, f"for each word of the loop at {node.span.place}")
            else:
                outcome = self._round(node.body, outcome)
        return self._met_behind(self._left(outcome), way, gone)

    def follow_while(self, node: Loop, state: State) -> Outcome:
        """`while`: round by round as long as its condition is known, and a server's endless loop once."""
        way, gone = state.way, self._gone()
        return self._met_behind(self._rounds(node, state), way, gone)

    def _rounds(self, node: Loop, state: State) -> Outcome:
        before, returned = dict(state.variables), len(self.returns[-1]) if self.returns else 0
        self._enter()
        for _ in range(_MOST_ROUNDS):
            outcome = self.nested(node.condition, state)
            if isinstance(outcome, End):
                return self._left(outcome)
            truth = outcome.truth.negated() if node.until else outcome.truth
            if truth.value is False and not truth.assumed:
                outcome.settle(Truth(True))
                return self._left(outcome)
            if truth.value is None or truth.assumed:
                outcome = self.unsure_round(node.body, outcome, f"in the loop at {node.span.place}")
                return self._left(outcome)
            outcome = self._round(node.body, outcome)
            if isinstance(outcome, End):
                return self._left(outcome)
            state = outcome
            if is_constant(node.condition):
                break
        if self.exits[-1]:
            changed = {name for name, variable in state.variables.items() if variable is not before.get(name)}
            left = self._left(End.DONE)
            return _unsettled(left, before, changed) if isinstance(left, State) else left
        self.exits.pop()
        self.continues.pop()
        if self.returns and len(self.returns[-1]) > returned:
            return End.JUMP  # it goes on until the function returns
        return self.finished(End.DONE)  # it never ends

    def unsure_round(self, body: Block, state: State, condition: str) -> Outcome:
        """A body that runs any number of times: once here, joined with not at all."""
        base = state.way
        inner = state.copy()
        inner.way = base.on(condition)
        before = dict(state.variables)
        self._enter()
        outcome = self._left(self._round(body, inner))
        if isinstance(outcome, End):
            return state
        for name, variable in outcome.variables.items():  # what a round changes, another changes again
            if variable is not before.get(name) and variable.word is not None:
                unknown = Value.unknown("it changes in a loop", Origin.at(variable.word.span))
                items = None if variable.items is None else (Word((unknown,), variable.word.span, loose=True),)
                outcome.variables[name] = Variable(Word((unknown,), variable.word.span), items, variable.exported)
        result = join(state, outcome)
        result.way = base
        result.settle(Truth(True))
        return result

    def _enter(self) -> None:
        self.exits.append([])
        self.continues.append([])

    def _round(self, body: Block, state: State) -> Outcome:
        way, gone = state.way, self._gone()
        outcome = self.nested(body, state)
        continued, self.continues[-1] = self.continues[-1], []
        return self._met_behind(self.meet(outcome, continued), way, gone) if continued else outcome

    def _gone(self) -> tuple[int, int]:
        """How many ways have ended, or left what is around here, so far."""
        left = self.returns[-1:] + self.exits + self.continues
        return self.ended, sum(map(len, left))

    def _met_behind(self, outcome: Outcome, way: Way, gone: tuple[int, int]) -> Outcome:
        """Where every way that parted in a loop has met again, one is as sure as before."""
        if isinstance(outcome, State) and gone == self._gone():
            outcome.way = way
        return outcome

    def _left(self, outcome: Outcome) -> Outcome:
        """After a loop: the ways that broke out of it meet the one that ended it."""
        self.continues.pop()
        return self.meet(outcome, self.exits.pop())


def _unsettled(state: State, before: Mapping[str, Variable], changed: Collection[str]) -> State:
    """A later round may have left the loop: what had not yet `changed` on the first way out had by then."""
    for name in changed:
        variable = state.variables.get(name)
        if variable is not None and variable is before.get(name) and variable.word is not None:
            unknown = Value.unknown("it changes in a loop", Origin.at(variable.word.span))
            state.variables[name] = replace(variable, word=Word((unknown,), variable.word.span), items=None)
    return state
