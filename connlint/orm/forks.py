"""Forks: what the child of `os.fork()` runs, and how the parent's connection is at the moment of a fork."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from connlint.orm import apis, calls
from connlint.orm.effects import Left
from connlint.orm.frame import Frame
from connlint.orm.interpreter import Run, Start
from connlint.orm.kinds import Kind
from connlint.orm.loaded import DEFINITIONS
from connlint.orm.values import Constant, External, Func, Thing

FORK: Final = "os.fork"
AFRESH: Final = (Constant("spawn"), Constant("forkserver"))  # such a child inherits no connection
AFRESH_CONTEXT: Final = External("multiprocessing.get_context(afresh)")
_EXITS: Final = ("os._exit", "sys.exit", "builtins.exit", "builtins.quit")


def note_children(run: Run, body: Sequence[ast.stmt], frame: Frame) -> None:
    """Remember what runs in the child of each `os.fork()` of a body that was just looked through."""
    for call, inside in _forks(run, body, frame):
        if not inside:
            continue
        child = ast.FunctionDef(
            name="child",
            args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
            body=list(inside),
            decorator_list=[],
            lineno=call.lineno,
            col_offset=call.col_offset,
        )
        run.blocks[frame.path, call.lineno, call.col_offset] = child
        function = Func(frame.path, call.lineno, call.col_offset, "child", frame, frame.owner)
        run.start(Start(Kind.PROCESS, run.place(frame.path, call), function, (), (), FORK, frame.chain, frame))


def _forks(run: Run, body: Sequence[ast.stmt], frame: Frame) -> Iterator[tuple[ast.Call, Sequence[ast.stmt]]]:
    """Each call of `os.fork()` and the statements that its child runs."""
    for index, statement in enumerate(body):
        if isinstance(statement, DEFINITIONS):
            continue
        rest = body[index + 1 :]
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            call = _is_fork(run, statement.value, frame)
            name = statement.targets[0].id
            if call is not None:
                asked = next((each for each in rest if isinstance(each, ast.If) and _asks(each.test, name)), None)
                if asked is not None:
                    yield call, _child(run, asked, rest[rest.index(asked) + 1 :], frame)
                continue
        if isinstance(statement, ast.If):
            inner = next((found for each in ast.walk(statement.test) if (found := _is_fork(run, each, frame))), None)
            if inner is not None:
                yield inner, _child(run, statement, rest, frame)
                continue
        for block in ("body", "orelse", "finalbody"):
            yield from _forks(run, getattr(statement, block, None) or (), frame)
        for handler in getattr(statement, "handlers", ()):
            yield from _forks(run, handler.body, frame)


def _is_fork(run: Run, node: ast.AST, frame: Frame) -> ast.Call | None:
    if not isinstance(node, ast.Call) or node.args:
        return None
    return node if run.quietly(node.func, frame) == External(FORK) else None


def _asks(test: ast.expr, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(test))


def _child(run: Run, node: ast.If, rest: Sequence[ast.stmt], frame: Frame) -> Sequence[ast.stmt]:
    """What of `if pid: ... else: ...` runs in the child, where `pid` is 0; nothing where the parent just ends."""
    test = node.test
    in_body = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.comparators[0], ast.Constant):
        in_body = isinstance(test.ops[0], ast.Eq) and test.comparators[0].value == 0
    if in_body:
        return node.body
    if any(_exits(run, each, frame) for each in node.body):
        return ()  # the parent goes away: nobody else speaks on the socket
    return node.orelse or rest


def _exits(run: Run, node: ast.stmt, frame: Frame) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    found = run.quietly(node.value.func, frame)
    return isinstance(found, External) and found.name in _EXITS


def closes_first(run: Run, name: str, arguments: tuple[Thing, ...], named: dict[str, Thing]) -> bool:
    """Whether the call makes a pool of processes each of which first forgets the connections of its parent."""
    if f"{name}()" not in apis.PROCESS_POOLS:
        return False
    position = 2 if name.endswith("Executor") else 1
    initializer = named.get("initializer") or (arguments[position] if len(arguments) > position else None)
    if not isinstance(initializer, Func):
        return False
    frame = Frame(initializer.path)
    before = run.closing, run.satisfied
    run.closing, run.satisfied = True, False
    try:
        with suppress(RecursionError):
            calls.call(run, initializer, (), (), frame, None)
    finally:
        run.closing, run.satisfied = before
    return frame.effect.starts_closed


def parent_state(run: Run, start: Start) -> Left:
    """How the function that forks has left the connection when it does: used, closed, or nobody can tell."""
    parent = start.parent
    if parent is None:
        return Left.ALONE
    if parent.of is None:
        return start.left
    of, frame = parent.of, Frame(parent.path)
    run.watch, run.watched = start.place, None
    before = run.closing, run.satisfied
    run.closing, run.satisfied = True, False
    run.outcomes.clear()  # a call whose outcome is known is not gone through again
    try:
        with suppress(RecursionError):
            calls.call(run, of, (), (calls.ANYHOW,), frame, None)
    finally:
        run.watch, (run.closing, run.satisfied) = None, before
    return Left.ALONE if run.watched is None else run.watched


__all__ = ["FORK", "note_children", "parent_state"]
