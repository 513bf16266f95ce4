"""What runs around other code: context managers and decorators."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from connlint.orm import apis, calls, classes, external, values
from connlint.orm.effects import Effect, Place, closed
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, MOST_DEPTH, Run
from connlint.orm.loaded import Function
from connlint.orm.values import (
    NONE,
    UNKNOWN,
    Called,
    Class,
    External,
    Func,
    Instance,
    Items,
    Many,
    Partial,
    Thing,
    Wrapped,
    join,
)
from connlint.records import replace

_TRANSPARENT: Final = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})


def entered(run: Run, manager: Thing) -> Thing:
    """What `with manager as name` gives the name."""
    found = []
    for each in values.alternatives(manager):
        if isinstance(each, Instance) and isinstance(each.of, Class):
            method = classes.attribute(run, each, "__enter__")
            if isinstance(method, Func):
                value = calls.returned(run, Called(method))
                found.append(each if value in (UNKNOWN, NONE) else value)
                continue
        if isinstance(each, Partial) and each.context and isinstance(each.function, Func):
            value = calls.returned(run, Called(each.function, each.arguments))
            found.append(value.values[0] if isinstance(value, Items) and value.values else UNKNOWN)
            continue
        found.append(each)
    return join(found)


def within(run: Run, manager: Thing, body: Callable[[], Effect], frame: Frame, at: ast.AST | Place | None) -> Effect:
    """The effect of a body inside of a context manager."""
    if isinstance(manager, Many):
        manager = manager.values[0]
    if isinstance(manager, Partial) and manager.context and isinstance(manager.function, Func):
        node = run.node_of(manager.function)
        if node is not None and not frame.scan and run.depth < MOST_DEPTH:
            inner = calls.new_frame(run, manager.function, node, manager.arguments, manager.keywords)
            inner.on_yield = body
            outer, run.depth = run.current, run.depth + 1
            try:
                effect = calls.run_body(run, node, inner)[1]
            finally:
                run.current, run.depth = outer, run.depth - 1
            return effect.then(body()) if inner.on_yield is not None else effect
    if isinstance(manager, Instance) and isinstance(manager.of, Class) and not frame.scan:
        enter = frame.apart(lambda: _run_method(run, manager, ("__enter__", "__aenter__"), frame, at))
        inside = body()
        leave = frame.apart(lambda: _run_method(run, manager, ("__exit__", "__aexit__"), frame, at))
        return enter.then(inside).then(leave)
    if isinstance(manager, External) and not frame.scan and at is not None:
        if manager.name.startswith("contextlib.closing(") and apis.closes(f"{manager.name[19:-1]}.close") is not None:
            return body().then(closed(run.placed(frame.path, at), old=False))
        return external.within(run, manager.name, frame, at).then(body())
    return body()


def _run_method(run: Run, instance: Instance, names: tuple[str, ...], frame: Frame, at: ast.AST | Place | None) -> None:
    for name in names:
        method = classes.attribute(run, instance, name)
        if isinstance(method, CALLABLE):
            calls.call(run, method, (), (), frame, at)
            return


def is_context(node: Function) -> bool:
    """Whether a function is decorated to be a context manager."""
    return not isinstance(node, ast.Lambda) and any(
        ast.unparse(each).rpartition(".")[2] in ("contextmanager", "asynccontextmanager")
        for each in node.decorator_list
    )


def decorate(run: Run, decorator: Thing, thing: Thing, frame: Frame, node: ast.AST) -> Thing:
    """The callable that a decorator makes of another; the callable itself where nobody can tell."""
    decorator = run.resolved(decorator)
    if isinstance(decorator, External):
        if decorator.name in _TRANSPARENT:
            return thing
        made = external.decorated(run, decorator.name, thing, frame, node)
        return thing if made is None else made
    if isinstance(decorator, Called):
        decorator = calls.returned(run, decorator)
    if isinstance(decorator, Partial) and decorator.context:
        return Wrapped(decorator, thing)
    if isinstance(decorator, (Func, Partial)):
        function = decorator if isinstance(decorator, Func) else decorator.function
        inner = run.node_of(function) if isinstance(function, Func) else None
        if inner is None or not isinstance(function, Func):
            return thing
        arguments: tuple[Thing, ...] = (thing,) if isinstance(decorator, Func) else (*decorator.arguments, thing)
        made = calls.result(run, function, inner, arguments)
        return made if isinstance(made, CALLABLE) else thing
    if isinstance(decorator, Class):
        return _held_by(run, decorator, thing)
    if isinstance(decorator, Instance) and isinstance(decorator.of, Class):
        method = classes.attribute(run, decorator, "__call__")
        inner = run.node_of(method) if isinstance(method, Func) else None
        if isinstance(method, Func) and inner is not None:
            made = calls.result(run, method, inner, (thing,))
            return made if isinstance(made, CALLABLE) else thing
        if isinstance(classes.attribute(run, decorator, "__exit__"), Func):
            return Wrapped(decorator, thing)
    return thing


def _held_by(run: Run, of: Class, thing: Thing) -> Thing:
    """What a class makes of the function it decorates: an object that keeps it and is called in its place."""
    made = Instance(of)
    method = classes.attribute(run, made, "__call__")
    start = classes.attribute(run, made, "__init__")
    node = run.node_of(start) if isinstance(start, Func) else None
    names = [each.arg for each in node.args.args[1:2]] if node is not None else []
    if not isinstance(method, Func) or not names or not isinstance(node, ast.FunctionDef):
        return thing
    kept = tuple(
        (target.attr, thing)
        for statement in node.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Name)
        and statement.value.id == names[0]
        for target in statement.targets
        if isinstance(target, ast.Attribute)
    )
    return replace(method, bound=Instance(of, kept)) if kept else thing
