"""Try and with statements: which handlers an exception reaches, certainly or perhaps."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from connlint.python.language.attributes import class_of_error, get_attribute
from connlint.python.language.domain import Abstract, Arguments, External, Instance, Known, Special, Tuple, Unknown
from connlint.python.language.flow import NORMAL, Completion, End, Failed, Raised, failed
from connlint.python.language.frame import Frame
from connlint.python.language.fuel import OutOfFuel
from connlint.python.language.names import bind
from connlint.python.language.store import Outcome
from connlint.python.language.targets import assign

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_EVERYTHING: Final = frozenset({"builtins.BaseException", "builtins.Exception"})


def try_statement(run: Interpreter, node: ast.Try, frame: Frame) -> Completion:
    """Run the body, the handlers for what it raises, else, and finally."""
    handled = [(handler, _caught(run, handler.type, frame)) for handler in node.handlers]
    outcomes = _outcomes(run, lambda: run.execute(node.body, frame), [names for _, names in handled])

    def after(outcome: Outcome) -> Callable[[], Completion]:
        def branch() -> Completion:
            run.store.apply(outcome.delta)
            return _finally(run, node, frame, lambda: _handle(run, node, frame, outcome.completion, handled))

        return branch

    return _join(run, [after(outcome) for outcome in outcomes])


def _outcomes(
    run: Interpreter, body: Callable[[], Completion], caught: Sequence[frozenset[str] | None]
) -> list[Outcome]:
    """Every way the body ends, with the state as it was before it."""
    layer = run.store.open()
    run.catchers.extend(caught)
    try:
        completion = body()
    except Failed as error:
        completion = failed(error.error)
    except (OutOfFuel, RecursionError):
        run.store.keep()
        raise
    finally:
        del run.catchers[len(run.catchers) - len(caught) :]
    births = (layer.first, run.store.serial)
    delta = run.store.close()
    return [Outcome(completion, delta, births), *layer.parked]


def _join(run: Interpreter, branches: list[Callable[[], Completion]]) -> Completion:
    try:
        return run.fork(branches)
    except Failed as error:
        return failed(error.error)


def _handle(
    run: Interpreter,
    node: ast.Try,
    frame: Frame,
    completion: Completion,
    handled: Sequence[tuple[ast.ExceptHandler, frozenset[str] | None]],
) -> Completion:
    """Go on from one outcome of the body: else after a normal end, a handler after an exception."""
    if completion.end is End.NORMAL:
        return run.execute(node.orelse, frame)
    if completion.end is not End.RAISE or completion.error is None:
        return completion
    branches: list[Callable[[], Completion]] = []
    for handler, names in handled:
        matches = _matches(names, completion.error)
        if matches is False:
            continue
        branches.append(_handler(run, handler, frame, completion.error))
        if matches is True:
            break
    else:
        branches.append(lambda: completion)
    return _join(run, branches)


def _handler(run: Interpreter, handler: ast.ExceptHandler, frame: Frame, error: Raised) -> Callable[[], Completion]:
    def branch() -> Completion:
        if handler.name:
            bind(run, handler.name, error.value or Unknown("it is an exception", (error.mark,)), frame)
        completion = run.execute(handler.body, frame)
        bare = completion.error is not None and completion.error.explicit and not completion.error.names
        return failed(error) if bare else completion  # a bare raise passes on what was caught

    return branch


def _finally(run: Interpreter, node: ast.Try, frame: Frame, body: Callable[[], Completion]) -> Completion:
    if not node.finalbody:
        return body()
    try:
        completion = body()
    except Failed as error:
        completion = failed(error.error)
    final = run.execute(node.finalbody, frame)
    return completion if final.end is End.NORMAL else final


def _caught(run: Interpreter, node: ast.expr | None, frame: Frame) -> frozenset[str] | None:
    """The dotted names a handler catches; None when it catches everything or that is not known."""
    if node is None:
        return None
    return caught_by(run.evaluate(node, frame))


def caught_by(value: Abstract) -> frozenset[str] | None:
    """The dotted names of the classes in an except clause."""
    if isinstance(value, Tuple):
        parts = [caught_by(item) for item in value.items]
        return None if None in parts else frozenset(name for part in parts if part for name in part)
    names = class_of_error(value)
    if not names or names[0] in _EVERYTHING:
        return None
    return frozenset(names[:1])


def _matches(names: frozenset[str] | None, error: Raised) -> bool | None:
    """Whether a handler catches an exception; None when that is not known."""
    if names is None:
        return True
    if not error.names:
        return None
    return bool(names & set(error.names))


def with_statement(run: Interpreter, node: ast.With, frame: Frame) -> Completion:
    """Enter each context, run the body; `contextlib.suppress` catches what it names."""
    suppressed: list[frozenset[str] | None] = []
    entered_specials: list[Special] = []
    for item in node.items:
        manager = run.evaluate(item.context_expr, frame)
        if isinstance(manager, Special):
            entered_specials.append(manager)
        if isinstance(manager, Suppress):
            suppressed.append(manager.names)
        entered = _enter(run, manager, frame, item.context_expr)
        if item.optional_vars is not None:
            assign(run, item.optional_vars, entered, frame)
    if not suppressed:
        try:
            return run.execute(node.body, frame)
        finally:
            for special in reversed(entered_specials):
                special.leave(run)
    outcomes = _outcomes(run, lambda: run.execute(node.body, frame), suppressed)

    def after(outcome: Outcome) -> Callable[[], Completion]:
        def branch() -> Completion:
            run.store.apply(outcome.delta)
            error = outcome.completion.error
            if error is not None and any(_matches(names, error) is not False for names in suppressed):
                return NORMAL
            return outcome.completion

        return branch

    return _join(run, [after(outcome) for outcome in outcomes])


class Suppress(Special):
    """What `contextlib.suppress(...)` gives."""

    __slots__ = ("names",)

    def __init__(self, serial: int, names: frozenset[str] | None) -> None:
        super().__init__(serial)
        self.names = names


def make_suppress(run: Interpreter, arguments: Arguments, mark: object) -> Abstract:
    """`contextlib.suppress(*classes)`."""
    return Suppress(run.store.number(), caught_by(Tuple(arguments.positional)))


def _enter(run: Interpreter, manager: Abstract, frame: Frame, node: ast.expr) -> Abstract:
    mark = frame.mark(node)
    if isinstance(manager, Special):
        return manager.enter(run, mark)
    if isinstance(manager, Known):
        return manager
    if isinstance(manager, Instance):
        return run.call(get_attribute(run, manager, "__enter__", mark), Arguments(), mark)
    if isinstance(manager, Unknown):
        return manager
    name = manager.name if isinstance(manager, External) else "the context manager"
    return Unknown(f"{name} is not part of the project", (mark,))
