"""Statements: one small function for each kind of node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from connlint.python.language import loops, trying
from connlint.python.language.attributes import class_of_error
from connlint.python.language.classes import make_class
from connlint.python.language.decorators import decorate
from connlint.python.language.domain import Abstract, Known, Tuple, Unknown
from connlint.python.language.flow import NORMAL, Completion, End, Failed, Raised, failed
from connlint.python.language.frame import Frame
from connlint.python.language.functions import make_function
from connlint.python.language.imports import import_from, import_names
from connlint.python.language.matching import match
from connlint.python.language.names import bind
from connlint.python.language.operators import truth
from connlint.python.language.plain import names_of
from connlint.python.language.syntax import targets_of
from connlint.python.language.targets import assign, augment, delete

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def execute(run: Interpreter, body: Sequence[ast.stmt], frame: Frame) -> Completion:
    """Run statements in order until one ends the block.

    Outside functions, an exception that nothing catches is noted and the next statement runs: the rest of
    a settings module is still worth reading.
    """
    for statement in body:
        run.fuel.burn()
        try:
            completion = _RULES[type(statement)](run, statement, frame)
        except Failed as error:
            completion = failed(error.error)
        if completion.end is End.NORMAL:
            continue
        error_ = completion.error
        forgiven = error_ is not None and frame.function is None and not run.forks and not run.catches(error_.names)
        if not forgiven or error_ is None:
            return completion
        run.note(error_.mark, error_.reason)
    return NORMAL


def _expression(run: Interpreter, node: ast.Expr, frame: Frame) -> Completion:
    if not isinstance(node.value, ast.Constant):
        run.evaluate(node.value, frame)
    return NORMAL


def _assign(run: Interpreter, node: ast.Assign, frame: Frame) -> Completion:
    value = run.evaluate(node.value, frame)
    for target in node.targets:
        assign(run, target, value, frame, node.value)
    return NORMAL


def _annotated(run: Interpreter, node: ast.AnnAssign, frame: Frame) -> Completion:
    if frame.scope.kind == "class" and isinstance(node.target, ast.Name):
        held = frame.scope.cells.get("__annotations__")
        items = held.items if isinstance(held, Tuple) else ()
        run.store.write(frame.scope, "__annotations__", Tuple((*items, Known(node.target.id))))
    if node.value is not None:
        assign(run, node.target, run.evaluate(node.value, frame), frame, node.value)
    return NORMAL


def _augmented(run: Interpreter, node: ast.AugAssign, frame: Frame) -> Completion:
    augment(run, node, frame)
    return NORMAL


def _delete(run: Interpreter, node: ast.Delete, frame: Frame) -> Completion:
    for target in node.targets:
        delete(run, target, frame)
    return NORMAL


def _if(run: Interpreter, node: ast.If, frame: Frame) -> Completion:
    known = truth(run, run.evaluate(node.test, frame))
    if known is not None:
        return run.execute(node.body if known else node.orelse, frame)
    return run.fork([lambda: run.execute(node.body, frame), lambda: run.execute(node.orelse, frame)])


def _define(run: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> Completion:
    function: Abstract = make_function(run, node, frame)
    for decorator in reversed(node.decorator_list):
        function = decorate(run, run.evaluate(decorator, frame), function, frame.mark(decorator))
    bind(run, node.name, function, frame)
    return NORMAL


def _class(run: Interpreter, node: ast.ClassDef, frame: Frame) -> Completion:
    bind(run, node.name, make_class(run, node, frame), frame)
    return NORMAL


def _return(run: Interpreter, node: ast.Return, frame: Frame) -> Completion:
    if node.value is None:
        return Completion(End.RETURN, Known(None, (frame.mark(node),)))
    return Completion(End.RETURN, run.evaluate(node.value, frame))


def _raise(run: Interpreter, node: ast.Raise, frame: Frame) -> Completion:
    mark = frame.mark(node)
    if node.exc is None:
        return failed(Raised((), "it raises what it caught", mark, explicit=True))
    value = run.evaluate(node.exc, frame)
    names = class_of_error(value)
    reason = f"it raises {names[0].rpartition('.')[2]}" if names else "it raises an exception"
    return failed(Raised(names, reason, mark, value, explicit=True))


def _assert(run: Interpreter, node: ast.Assert, frame: Frame) -> Completion:
    if truth(run, run.evaluate(node.test, frame)) is False:
        return failed(Raised(names_of(AssertionError), "an assertion fails", frame.mark(node), explicit=True))
    return NORMAL


def _global(run: Interpreter, node: ast.Global, frame: Frame) -> Completion:
    frame.outer |= frozenset(node.names)
    return NORMAL


def _nonlocal(run: Interpreter, node: ast.Nonlocal, frame: Frame) -> Completion:
    frame.free |= frozenset(node.names)
    return NORMAL


def _pass(run: Interpreter, node: ast.stmt, frame: Frame) -> Completion:
    return NORMAL


def _break(run: Interpreter, node: ast.Break, frame: Frame) -> Completion:
    return Completion(End.BREAK)


def _continue(run: Interpreter, node: ast.Continue, frame: Frame) -> Completion:
    return Completion(End.CONTINUE)


def _unfollowed(run: Interpreter, node: ast.stmt, frame: Frame) -> Completion:
    for target in targets_of(node):
        assign(run, target, Unknown("this kind of statement is not followed", (frame.mark(node),)), frame)
    return NORMAL


_RULES: Final[dict[type[ast.stmt], Callable[..., Completion]]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.If: _if,
    ast.For: loops.for_loop,
    ast.While: loops.while_loop,
    ast.Try: trying.try_statement,
    ast.With: trying.with_statement,
    ast.FunctionDef: _define,
    ast.AsyncFunctionDef: _define,
    ast.ClassDef: _class,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Import: import_names,
    ast.ImportFrom: import_from,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _pass,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Match: match,
    ast.AsyncFor: _unfollowed,
    ast.AsyncWith: _unfollowed,
    **{kind: _unfollowed for name in ("TryStar", "TypeAlias") if (kind := getattr(ast, name, None)) is not None},
}
