"""The names of one running function, and what it did so far."""

from __future__ import annotations

from collections.abc import Callable

from connlint.orm.effects import NOTHING, Close, Effect, Hop, Left
from connlint.orm.values import Class, Func, Thing, join
from connlint.records import dataclass, field


@dataclass(slots=True, eq=False)
class Frame:
    """`parent` is the scope around a nested function; None where the module's names come next.

    `scan`: only starts of work are looked for, so that functions of other modules are not followed.
    """

    path: str
    parent: Frame | None = None
    owner: Class | None = None
    scan: bool = False
    asynchronous: bool = False
    top: bool = False  # a module's own: its functions, classes and imports are found by the module's names
    names: dict[str, Thing] = field(default_factory=dict)
    effect: Effect = NOTHING
    branches: int = 0
    returned: list[Thing] = field(default_factory=list)
    on_yield: Callable[[], Effect] | None = None
    yielded: list[Thing] = field(default_factory=list)
    function: str = ""  # its name, by which others call it
    of: Func | None = None  # the function that runs
    closes: Close | None = None  # somewhere in it
    uses: bool = False  # leaves a connection open somewhere
    last: Left = Left.ALONE  # what the latest use or close, in the order of the text, made of the connection
    called: list[Func] = field(default_factory=list)  # what a scan did not follow
    chain: tuple[Hop, ...] = ()  # the calls that lead here in a scan

    def emit(self, effect: Effect) -> None:
        """Something happened, after everything before."""
        self.closes = self.closes or effect.close
        self.uses = self.uses or effect.left is Left.OPEN
        self.last = effect.left if effect.left is not Left.ALONE else self.last
        self.effect = self.effect.then(effect)

    def apart(self, work: Callable[[], object]) -> Effect:
        """The effect of `work` alone, not added to this frame's."""
        before, self.effect = self.effect, NOTHING
        try:
            work()
            return self.effect
        finally:
            self.effect = before

    def bind(self, name: str, thing: Thing) -> None:
        """Assign; on a branch the name may as well keep what it was."""
        if self.branches and name in self.names:
            thing = join((self.names[name], thing))
        self.names[name] = thing

    def lookup(self, name: str) -> Thing | None:
        frame: Frame | None = self
        while frame is not None:
            found = frame.names.get(name)
            if found is not None:
                return found
            frame = frame.parent
        return None
