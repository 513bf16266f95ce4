"""`case`: its patterns one by one, and tests in which unset variables read as empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from connlint.formats.shell.loops import Loops
from connlint.formats.shell.naming import tested_names
from connlint.formats.shell.patterns import matches
from connlint.formats.shell.state import State, Truth, content, shown
from connlint.formats.shell.syntax import Case, WordNode
from connlint.formats.shell.ways import Outcome
from connlint.formats.words import Word
from connlint.records import replace
from connlint.value import Certainty

MOST_BRANCHES: Final = 60  # of one if or case: what comes after is not followed


class Cases(Loops):
    """Follows `case`."""

    def in_test(self, test: Callable[[], Truth]) -> Truth:
        """A test, in which a variable that no file sets reads as empty, on that assumption."""
        outer, self.expander.unset_is_empty, self.expander.met_unset = self.expander.unset_is_empty, True, []
        try:
            truth = test()
            return replace(truth, assumed=True) if self.expander.met_unset and truth.value is not None else truth
        finally:
            self.expander.unset_is_empty = outer

    def follow_case(self, node: Case, at: int, state: State, subject: Word | None = None) -> Outcome:
        if subject is None:
            found: list[Word] = []

            def expand() -> Truth:
                found.append(self.expander.single(node.subject, state, node.subject.span))
                return Truth(True)

            self.in_test(expand)
            subject = found[0]
        if at == len(node.clauses) or at > MOST_BRANCHES:
            state.settle(Truth(True))
            return state
        clause, word = node.clauses[at], subject
        truth = self._fits(node, clause.patterns, word, state)

        def taken(branch: State) -> Outcome:
            outcome: Outcome = branch
            for following in node.clauses[at:]:
                if isinstance(outcome, State):
                    outcome = self.nested(following.body, outcome)
                if following.ending != ";&":
                    break
            return outcome

        def passed(branch: State) -> Outcome:
            return self.follow_case(node, at + 1, branch, word)

        return self.part(state, truth, taken, passed, clause.patterns[0].span.place)

    def _fits(self, node: Case, patterns: Sequence[WordNode], word: Word, state: State) -> Truth:
        value = content(word)
        outcome: bool | None = False
        for pattern in patterns:
            if pattern.literal == "*":
                return Truth(True)
            pieces = self.expander.pattern(pattern, state)
            found = (
                {matches(pieces, shown(alternative)) for alternative in value.alternatives}
                if pieces is not None
                else {None}
            )
            if found == {True}:
                outcome = True
                break
            if found != {False}:
                outcome = None
        assumed = outcome is not None and value.certainty is Certainty.ASSUMED
        about = tested_names((node.subject,))
        return Truth(outcome, assumed=assumed, settled=value.ever(lambda text: bool(text)), about=about)
