"""Where the ways through a script part and meet: how sure each is, and what is known after both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from connlint.formats.shell.state import End, State, Truth, Way, assume, join
from connlint.records import replace

Outcome: TypeAlias = State | End
_MOST_DEPTH: Final = 400
_BRANCH: Final = 5


class Ways:
    """Follows conditions; `ended` counts the ways on which the script ended, though not by failing."""

    def __init__(self) -> None:
        self.ended = 0
        self.depth = 0  # about the frames of Python's stack that are taken
        self.too_deep = False

    def enter(self, frames: int) -> bool:
        """Go deeper, where that is still possible; `leave` comes back."""
        if self.depth + frames > _MOST_DEPTH:
            self.too_deep = True
            return False
        self.depth += frames
        return True

    def leave(self, frames: int) -> None:
        self.depth -= frames

    def part(
        self,
        state: State,
        truth: Truth,
        yes: Callable[[State], Outcome],
        no: Callable[[State], Outcome],
        where: str,
    ) -> Outcome:
        """Go the way a condition tells, or both where it does not."""
        if not self.enter(_BRANCH):
            return state
        try:
            return self._parted(state, truth, yes, no, where)
        finally:
            self.leave(_BRANCH)

    def _parted(
        self,
        state: State,
        truth: Truth,
        yes: Callable[[State], Outcome],
        no: Callable[[State], Outcome],
        where: str,
    ) -> Outcome:
        if truth.value is not None and not truth.assumed:
            return (yes if truth.value else no)(state)
        base = state.way
        about = truth.about or "a condition"
        ways = tuple(
            base.on(
                f"{about} at {where} {'holds' if side else 'fails'}", truth.value is side, truth.value is (not side)
            )
            for side in (True, False)
        )
        ends: list[Outcome] = []
        for side, way, follow in zip((True, False), ways, (yes, no), strict=True):
            branch = state.copy()
            branch.way = way
            branch.settle(replace(truth, value=side, normal=False))
            ends.append(follow(branch))
        return self._met(ends, ways, base, truth)

    def _met(self, ends: list[Outcome], ways: Sequence[Way], base: Way, truth: Truth) -> Outcome:
        first, second = ends
        if isinstance(first, End) or isinstance(second, End):
            if isinstance(first, End) and isinstance(second, End):
                return next(end for end in (End.JUMP, End.DONE, End.FAILED) if end in (first, second))
            survivor, end, way = (second, first, ways[1]) if isinstance(first, End) else (first, second, ways[0])
            if end is End.FAILED and isinstance(survivor, State) and survivor.way is way:
                survivor.way = base  # the other way is no deployment that works
            return survivor
        unchanged = first.way is ways[0] and second.way is ways[1]
        if truth.value is not None and truth.settled:
            chosen, other = (first, second) if truth.value else (second, first)
            result = assume(chosen, other, "what a variable that no file sets would change is left out")
        else:
            result = join(first, second)
        result.way = base if unchanged else min(first.way, second.way, key=lambda way: (way.sure, way.assumed))
        return result

    def back(self, outcome: Outcome, way: Way, ended: int) -> Outcome:
        """Where every way that parted has met again, one is as sure as before."""
        if isinstance(outcome, State) and ended == self.ended:
            outcome.way = way
        return outcome

    def finished(self, end: End) -> End:
        """The script ends on this way."""
        self.ended += end is End.DONE
        return end

    def meet(self, outcome: Outcome, jumped: list[State]) -> Outcome:
        for state in jumped:
            if isinstance(outcome, End):
                outcome = state
            else:
                way = max(outcome.way, state.way, key=lambda way: (way.sure, way.assumed))
                outcome = join(outcome, state)
                outcome.way = way
        return outcome
