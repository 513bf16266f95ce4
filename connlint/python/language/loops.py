"""Loops: run as often as the code would where that is known, else until nothing new comes of it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import MISSING, Abstract, Tuple, Unknown
from connlint.python.language.flow import NORMAL, Completion, End
from connlint.python.language.frame import Frame
from connlint.python.language.fuel import MOST_LOOPS, OutOfFuel
from connlint.python.language.operators import truth
from connlint.python.language.sequences import iterate
from connlint.python.language.store import same
from connlint.python.language.targets import assign

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_NEXT: Final = frozenset({End.NORMAL, End.CONTINUE})
_OVER: Final = frozenset({End.NORMAL, End.BREAK})


def for_loop(run: Interpreter, node: ast.For, frame: Frame) -> Completion:
    """A for statement over known items, over one of several sequences, or over something unknown."""
    items = iterate(run, run.evaluate(node.iter, frame), frame.mark(node.iter))
    return run.fork([_over(run, node, option, frame) for option in items.options])


def _over(run: Interpreter, node: ast.For, items: Abstract, frame: Frame) -> Callable[[], Completion]:
    def known() -> Completion:
        assert isinstance(items, Tuple)
        for item in items.items:
            run.fuel.burn()
            assign(run, node.target, item, frame)
            completion = run.scope(lambda: run.execute(node.body, frame), _NEXT)
            if completion.end is not End.NORMAL:
                return completion
        return run.execute(node.orelse, frame)

    def unknown() -> Completion:
        held = run.unknown_of([items], "what the loop goes over is not known", frame.mark(node.iter))
        return _unknown_loop(run, node, frame, lambda: assign(run, node.target, held, frame))

    return lambda: run.scope(known if isinstance(items, Tuple) else unknown, _OVER)


def while_loop(run: Interpreter, node: ast.While, frame: Frame) -> Completion:
    """A while statement; one without end runs out of fuel."""

    def body() -> Completion:
        for _ in range(MOST_LOOPS):
            run.fuel.burn()
            known = truth(run, run.evaluate(node.test, frame))
            if known is None:
                return _unknown_loop(run, node, frame, lambda: None)
            if not known:
                return run.execute(node.orelse, frame)
            completion = run.scope(lambda: run.execute(node.body, frame), _NEXT)
            if completion.end is not End.NORMAL:
                return completion
        raise OutOfFuel("a loop goes round too often")

    return run.scope(body, _OVER)


def _unknown_loop(run: Interpreter, node: ast.For | ast.While, frame: Frame, begin: Callable[[], None]) -> Completion:
    """A loop of unknown length: no, one or two rounds, and whatever still changes then is unknown."""

    def once() -> Completion:
        begin()
        return run.scope(lambda: run.execute(node.body, frame), _NEXT)

    run.store.open()
    try:
        run.fork([lambda: NORMAL, once])
        first = run.store.written()
        run.fork([lambda: NORMAL, once])
        mark = frame.mark(node)
        for (target, key), value in run.store.written().items():
            if not same(first.get((target, key), MISSING), value):
                run.store.write(target, key, Unknown("a loop of unknown length changes it", (mark,)))
    finally:
        run.store.keep()
    return run.execute(node.orelse, frame)
