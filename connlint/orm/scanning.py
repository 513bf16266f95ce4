"""Goes through a module for the places where work starts: its top level, each function, each thread class."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import suppress

from connlint.orm import apis, calls, classes, forks, statements
from connlint.orm.apis import GREENLETS, PROCESSES, THREADS, TIMERS
from connlint.orm.effects import Hop
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, Run, Start
from connlint.orm.kinds import Kind
from connlint.orm.loaded import DEFINITIONS
from connlint.orm.values import Called, Class, External, Func, Instance, Partial


def scan(run: Run, path: str) -> None:
    """Remember every start of work in the module at `path` in `run.starts`."""
    module = run.modules.load(path, whole=True)
    if module is None:
        return
    frame = Frame(path, scan=True, top=True)
    run.current = frame
    with suppress(RecursionError):  # nested deeper than anybody writes: what follows is looked at all the same
        statements.block(run, module.tree.body, frame)
        if path in run.forking:
            forks.note_children(run, module.tree.body, frame)
    _definitions(run, path, module.tree.body, None, None)


def _definitions(run: Run, path: str, body: Sequence[ast.stmt], scope: Frame | None, owner: Class | None) -> None:
    """Each function and class that a body defines directly."""
    for node in _defined(body):
        if isinstance(node, ast.ClassDef):
            of = Class(path, node.lineno, node.col_offset, node.name, scope)
            _thread_class(run, of, node)
            _definitions(run, path, node.body, scope, of)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{owner.name}.{node.name}" if owner else node.name
            plain = Func(path, node.lineno, node.col_offset, name, scope)
            bound = Instance(owner) if owner else None
            words = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
            if "staticmethod" in words:
                bound = None
            function = Func(
                path, node.lineno, node.col_offset, name, scope, owner, owner if "classmethod" in words else bound
            )
            frame = Frame(path, parent=scope, scan=True)
            with suppress(RecursionError):
                frame = _function(run, plain if owner is None else function, function, node, scope)
            _definitions(run, path, node.body, frame, None)


def _function(
    run: Run, decorated: Func, function: Func, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Frame | None
) -> Frame:
    """Scan the body of a function, and its decorators where one of them starts it; the frame it had."""
    outer = run.module_frame(function.path) if scope is None else scope
    if any(_starts(run, each, outer) for each in node.decorator_list):
        run.decorated(decorated, node, set())
    for each in node.decorator_list:
        _handed(run, each, decorated, node, outer)
    frame = calls.new_frame(run, function, node, (), ())
    frame.scan = True
    calls.bind_parameters(run, node, frame, (), (), function.bound)
    with suppress(RecursionError):
        calls.run_body(run, node, frame)
        if frame.path in run.forking:
            forks.note_children(run, node.body, frame)
    return frame


def _starts(run: Run, decorator: ast.expr, scope: Frame) -> bool:
    """Whether a decorator hands the function to something that starts it."""
    thing = run.quietly(decorator, scope)
    starter = apis.starter(thing.name) if isinstance(thing, External) else None
    managed = isinstance(thing, External) and thing.name == "asgiref.sync.sync_to_async()"
    return managed or (starter is not None and starter.decorator)


def _handed(
    run: Run, decorator: ast.expr, function: Func, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Frame
) -> None:
    """Look through what a decorator of the project puts in the place of a function: it may start it elsewhere."""
    thing = run.quietly(decorator, scope)
    by = thing.function if isinstance(thing, (Called, Partial)) else thing
    if not isinstance(by, Func) or by.path not in run.starting:
        return
    made = run.decorated(function, node, {"staticmethod", "classmethod"})
    inner = run.node_of(made) if isinstance(made, Func) and made != function else None
    if not isinstance(made, Func) or inner is None:
        return
    frame = calls.new_frame(run, made, inner, (), ())
    frame.scan = True
    frame.chain = (Hop(run.place(function.path, decorator), f"decorates {function.name}()"),)
    with suppress(RecursionError):
        calls.run_body(run, inner, frame)


def _defined(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The functions and classes below these statements, not those inside of others."""
    stack: list[ast.stmt] = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, DEFINITIONS):
            yield node
            continue
        for block in ("finalbody", "orelse", "body"):
            inner = getattr(node, block, None)
            if isinstance(inner, list):
                stack.extend(reversed([each for each in inner if isinstance(each, ast.stmt)]))
        for handler in getattr(node, "handlers", ()):
            stack.extend(reversed(handler.body))


def _thread_class(run: Run, of: Class, node: ast.ClassDef) -> None:
    """A class of threads or processes starts its own `run`."""
    kind = None
    for each in classes.lineage(run, of)[1:]:
        if isinstance(each, External):
            for names, kind_of in (
                (THREADS, Kind.THREAD),
                (TIMERS, Kind.TIMER),
                (PROCESSES, Kind.PROCESS),
                (GREENLETS, Kind.GREENLET),
            ):
                if each.name in names:
                    kind = kind_of
    if kind is None:
        return
    instance = Instance(of)
    method = classes.attribute(run, instance, "_run" if kind is Kind.GREENLET else "run")
    if isinstance(method, CALLABLE):
        place = run.place(of.path, node)
        run.start(Start(kind, place, method, (), (), f"class {of.name}"))
