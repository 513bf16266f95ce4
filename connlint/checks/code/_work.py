"""What the rules about started work share: one finding for each place, and its labels from the start to the query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connlint.deployment.application import Closing, Kind, Step, WorkStart
from connlint.deployment.model import Deployment
from connlint.rulebook import Evidence
from connlint.source import Span
from connlint.value import Origin, Value

ON = {
    Kind.THREAD: "on a thread of its own",
    Kind.POOL: "on a thread of a pool",
    Kind.TIMER: "on the thread of a timer",
    Kind.GREENLET: "in a greenlet of its own",
    Kind.SCHEDULER: "on a thread of the scheduler",
    Kind.TWISTED: "on a thread of the reactor's pool",
    Kind.TO_THREAD: "on a thread of the event loop's pool",
    Kind.PROCESS: "in a process of its own",
    Kind.PROCESS_POOL: "in a process of a pool",
}


def uncovered(deployment: Deployment, kinds: Iterable[Kind], *, tests: bool = False) -> Iterator[tuple[WorkStart, int]]:
    """Each place of the project that starts work of these kinds which leaves a connection, and on how much else it does.

    `tests`: of the tests instead of the project. A place that starts what it is given has one work for each callable: the clearest of them stands for all.
    """
    wanted = frozenset(kinds)
    places: dict[tuple[str, int], list[WorkStart]] = {}
    for start in deployment.code.starts:
        if start.kind in wanted and start.uncovered and start.in_test is tests:
            places.setdefault((start.span.path, start.span.start), []).append(start)
    for starts in places.values():
        best = min(starts, key=lambda s: (s.weak, len(s.chain)))
        yield best, len({s.target for s in starts}) - 1


def name(start: WorkStart) -> str:
    """What runs, in words: a lambda has no name, nor has what follows a bare fork."""
    if start.api == "os.fork":
        return "the child of os.fork()"
    return "the lambda" if start.target in ("", "lambda") else f"{start.target}()"


def way(start: WorkStart) -> tuple[Evidence, ...]:
    """The labels: where it starts, what is handed over where, each call on the way, and the query."""
    told = "defines what runs" if start.api.startswith("class ") else f"starts {name(start)}"
    return (Evidence(start.span, told), *handed(start.given_at), *steps(start.chain))


def handed(given: tuple[Step, ...]) -> Iterator[Evidence]:
    for step in given:
        yield Evidence(step.span, "hands the callable over")


def steps(chain: tuple[Step, ...]) -> Iterator[Evidence]:
    for index, step in enumerate(chain):
        last = index == len(chain) - 1
        yield Evidence(step.span, f"uses the connection: {step.text}" if last else step.text)


def guess(closing: Closing | None, text: str) -> Iterator[Evidence]:
    """A label on a close that does not do, which makes the finding a likely one: the close was put there for something."""
    if closing is not None:
        span: Span = closing.span
        yield Evidence(Value.exact(text, Origin.assumed("a close that does not cover", span)), text)


def pooled(deployment: Deployment) -> bool:
    """Whether some alias has a pool of connections."""
    return any(
        database.get("OPTIONS.pool").always(bool)
        for database in deployment.databases
        if database.states("OPTIONS.pool")
    )
