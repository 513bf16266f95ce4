"""Statements: how the effects of a body follow from those of its parts."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from connlint.orm import calls, classes, conditions, expressions, queries, values, wrapping
from connlint.orm.effects import NOTHING, Effect, Left, either, on_failure, repeated
from connlint.orm.frame import Frame
from connlint.orm.interpreter import Loop, Run
from connlint.orm.values import Class, External, Func, Instance, Thing, join
from connlint.orm.walking import walk

_WAITS: Final = frozenset(
    {"sleep", "wait", "poll", "consume", "get_message", "listen", "receive_messages", "xread", "xreadgroup", "blpop",
     "brpop", "getch", "receive_message", "accept", "recv", "select", "get_job", "reserve", "basic_get", "pause", "drain_events"}
)  # fmt: skip
_ENDLESS: Final = ("listen", "consume", "subscribe", "messages", "stream", "receive")


def block(run: Run, body: Sequence[ast.stmt], frame: Frame) -> str:
    """Run statements in order; says what ends the block early: return, raise, break, continue, or nothing."""
    for statement in body:
        end = execute(run, statement, frame)
        if end:
            return end
    return ""


def execute(run: Run, node: ast.stmt, frame: Frame) -> str:
    """Run one statement."""
    if isinstance(node, ast.Expr):
        expressions.evaluate(run, node.value, frame)
    elif isinstance(node, ast.Assign):
        value = expressions.evaluate(run, node.value, frame)
        for target in node.targets:
            expressions.bind_target(run, target, value, frame)
            _forget(run, target, value, frame)
    elif isinstance(node, ast.AnnAssign):
        value = expressions.evaluate(run, node.value, frame) if node.value is not None else values.UNKNOWN
        if value in (values.UNKNOWN, values.NONE):
            value = expressions.annotated(run, node.annotation, frame)
        expressions.bind_target(run, node.target, value, frame)
    elif isinstance(node, ast.AugAssign):
        expressions.evaluate(run, node.value, frame)
    elif isinstance(node, ast.Return):
        frame.returned.append(expressions.evaluate(run, node.value, frame) if node.value else values.NONE)
        return "return"
    elif isinstance(node, ast.Raise):
        expressions.evaluate(run, node.exc, frame)
        return "raise"
    elif isinstance(node, (ast.Break, ast.Continue)):
        return "break" if isinstance(node, ast.Break) else "continue"
    elif isinstance(node, ast.If):
        return _if(run, node, frame)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        _for(run, node, frame)
    elif isinstance(node, ast.While):
        _while(run, node, frame)
    elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
        return _try(run, node, frame)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        return _with(run, node, frame, 0)
    elif frame.top and isinstance(
        node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    ):
        return ""
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        function = Func(frame.path, node.lineno, node.col_offset, node.name, frame, frame.owner)
        frame.names[node.name] = run.decorated(function, node, set())
    elif isinstance(node, ast.ClassDef):
        frame.names[node.name] = Class(frame.path, node.lineno, node.col_offset, node.name, frame)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            frame.names[alias.asname or name] = run.import_module(name, frame.path)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if alias.name != "*":
                found = run.import_from(frame.path, node.module or "", node.level, alias.name)
                frame.names[alias.asname or alias.name] = found
    elif isinstance(node, ast.Delete):
        _delete(run, node, frame)
    elif isinstance(node, ast.Match):
        return _match(run, node, frame)
    elif isinstance(node, ast.Assert):
        expressions.evaluate(run, node.test, frame)
    return ""


def _forget(run: Run, target: ast.expr, value: Thing, frame: Frame) -> None:
    """`connection.connection = None`: the child forgets the socket it has from its parent."""
    if value == values.NONE and isinstance(target, ast.Attribute) and target.attr == "connection":
        calls.note_close(run, expressions.evaluate(run, target.value, frame), frame, target)


def _delete(run: Run, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            calls.note_close(run, expressions.evaluate(run, target, frame), frame, target)


def _branch(run: Run, body: Sequence[ast.stmt], frame: Frame) -> tuple[Effect, str]:
    end = ""

    def work() -> None:
        nonlocal end
        end = block(run, body, frame)

    frame.branches += 1
    try:
        effect = frame.apart(work)
    finally:
        frame.branches -= 1
    return (on_failure(effect) if end == "raise" else effect), end


def _if(run: Run, node: ast.If, frame: Frame) -> str:
    held = conditions.decide(run, node.test, frame)
    if held is not None:
        return block(run, node.body if held else node.orelse, frame)
    if _is_typing(node.test):
        return block(run, node.body if frame.scan else node.orelse, frame)
    first, end = _branch(run, node.body, frame)
    second, other = _branch(run, node.orelse, frame)
    frame.emit(either((first, second)))
    return end if end and other else ""


def _is_typing(test: ast.expr) -> bool:
    """`TYPE_CHECKING`, which is false when the program runs."""
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _match(run: Run, node: ast.Match, frame: Frame) -> str:
    expressions.evaluate(run, node.subject, frame)
    branches = [_branch(run, case.body, frame) for case in node.cases]
    frame.emit(either(effect for effect, _ in branches))
    return ""


def _for(run: Run, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
    source = expressions.evaluate(run, node.iter, frame)
    if isinstance(node, ast.For):
        queries.iterated(run, source, frame, node.iter)
    expressions.bind_target(run, node.target, expressions.element(source), frame)
    effect, _ = _branch(run, node.body, frame)
    if isinstance(node.iter, ast.Call) and _called_name(node.iter).startswith(_ENDLESS):
        _note_loop(run, node, effect, frame, waits=True)
        effect = repeated(effect)
    frame.emit(either((effect,)))
    block(run, node.orelse, frame)


def _while(run: Run, node: ast.While, frame: Frame) -> None:
    test = frame.apart(lambda: expressions.evaluate(run, node.test, frame))
    body, _ = _branch(run, node.body, frame)
    effect = test.then(body)
    waits = _goes_on_waiting(node.body) or any(_goes_on_waiting(body) for body in _own_methods(run, node, frame))
    _note_loop(run, node, effect, frame, waits=waits and _endless(node))
    frame.emit(repeated(effect))
    block(run, node.orelse, frame)


def _note_loop(run: Run, node: ast.stmt, effect: Effect, frame: Frame, *, waits: bool) -> None:
    if frame.scan:
        return
    place = run.place(frame.path, node)
    known = run.loops.get(place)
    if known is None or known.effect.left is not Left.OPEN:
        run.loops[place] = Loop(place, effect, waits)


def _own_methods(run: Run, node: ast.While, frame: Frame) -> Iterator[Sequence[ast.stmt]]:
    """The bodies of the methods of the same object that a round calls: the wait may be in one of them."""
    if frame.scan or frame.owner is None:
        return
    for each in walk(node):
        if (
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and isinstance(each.func.value, ast.Name)
        ) and each.func.value.id == "self":
            method = classes.attribute(run, Instance(frame.owner), each.func.attr)
            function = run.node_of(method) if isinstance(method, Func) else None
            if function is not None and not isinstance(function, ast.Lambda):
                yield function.body


def may_go_on(node: ast.AST) -> bool:
    """Whether a loop may be one that goes on for ever and waits in each round, by itself or in a method it calls."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return isinstance(node.iter, ast.Call) and _called_name(node.iter).startswith(_ENDLESS)
    if not isinstance(node, ast.While) or not _endless(node):
        return False
    return _goes_on_waiting(node.body) or any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and isinstance(each.func.value, ast.Name)
        for each in walk(node)
    )


def _endless(node: ast.While) -> bool:
    """Whether a loop goes on until somebody stops it: `while True` without a way out, a flag, an event."""
    test = node.test
    if isinstance(test, ast.Constant):
        return bool(test.value) and not _leaves(node.body)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    if isinstance(test, ast.Call):
        return _called_name(test) in ("is_set", "wait", "is_alive", "is_running", "isSet", "should_run", "running")
    if isinstance(test, ast.Name):
        return not any(
            isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and each.id == test.id for each in walk(node)
        )
    return isinstance(test, ast.Attribute)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a body breaks out on success: a `break` or `return` that is not in a handler of errors or signals."""
    for node in body:
        if isinstance(node, (ast.Break, ast.Return)):
            return True
        if isinstance(node, ast.Try) and (_leaves(node.body) or _leaves(node.orelse)):
            return True
        if isinstance(node, (ast.With, ast.AsyncWith)) and _leaves(node.body):
            return True
    return False


def _goes_on_waiting(body: Sequence[ast.stmt]) -> bool:
    """Whether a round waits for time or for messages, other than after an error."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.ExceptHandler, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(node, ast.Call) and _called_name(node) in _WAITS:
            return True
        stack.extend(ast.iter_child_nodes(node))
    return False


def _called_name(node: ast.Call) -> str:
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _try(run: Run, node: ast.stmt, frame: Frame) -> str:
    body: list[ast.stmt] = getattr(node, "body", [])
    orelse: list[ast.stmt] = getattr(node, "orelse", [])
    effect, end = _branch(run, body, frame)
    if not end:
        more, end = _branch(run, orelse, frame)
        effect = effect.then(more)
    failures = [_branch(run, handler.body, frame) for handler in getattr(node, "handlers", [])]
    for failure, _ in failures:
        used = effect == NOTHING or (effect.left is Left.ALONE and failure.left is Left.OPEN)
        effect = effect.then(failure if used and failure.left is Left.OPEN else on_failure(failure))
    frame.emit(effect)
    last = block(run, getattr(node, "finalbody", []), frame)
    if last:
        return last
    return end if end and all(each for _, each in failures) else ""


def _with(run: Run, node: ast.With | ast.AsyncWith, frame: Frame, index: int) -> str:
    """The managers one inside the other, the body inside all."""
    if index == len(node.items):
        return block(run, node.body, frame)
    item = node.items[index]
    manager = expressions.evaluate(run, item.context_expr, frame)
    end = ""

    def body() -> Effect:
        def work() -> None:
            nonlocal end
            if item.optional_vars is not None:
                expressions.bind_target(run, item.optional_vars, wrapping.entered(run, manager), frame)
            end = _with(run, node, frame, index + 1)

        return frame.apart(work)

    frame.emit(wrapping.within(run, manager, body, frame, item.context_expr))
    return end


__all__ = ["External", "block", "execute", "join"]
