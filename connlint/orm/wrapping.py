"""What runs around other code: context managers and decorators."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from connlint.orm import calls, classes, external, values
from connlint.orm.effects import Effect, Place
from connlint.orm.frame import Frame
from connlint.orm.interpreter import MOST_DEPTH, Run
from connlint.orm.modules import Function
from connlint.orm.values import (
    NONE,
    UNKNOWN,
    Called,
    Class,
    External,
    Func,
    Instance,
    Items,
    Managed,
    Many,
    Partial,
    Thing,
    Wrapped,
    join,
)

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
        return external.within(run, manager.name, frame, at).then(body())
    return body()


def _run_method(run: Run, instance: Instance, names: tuple[str, ...], frame: Frame, at: ast.AST | Place | None) -> None:
    for name in names:
        method = classes.attribute(run, instance, name)
        if isinstance(method, Func):
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
    if isinstance(decorator, Partial) and decorator.context:
        return Wrapped(decorator, thing)
    if isinstance(decorator, Called):
        decorator = calls.returned(run, decorator)
    if isinstance(decorator, (Func, Partial)):
        function = decorator if isinstance(decorator, Func) else decorator.function
        inner = run.node_of(function) if isinstance(function, Func) else None
        if inner is None or not isinstance(function, Func):
            return thing
        arguments: tuple[Thing, ...] = (thing,) if isinstance(decorator, Func) else (*decorator.arguments, thing)
        made = calls.result(run, function, inner, arguments)
        return made if isinstance(made, (Func, Partial, Wrapped, Managed)) else thing
    if isinstance(decorator, (Class, Instance)):
        instance = decorator if isinstance(decorator, Instance) else None
        if instance is not None and isinstance(instance.of, Class):
            if isinstance(classes.attribute(run, instance, "__call__"), Func):
                return thing
            if isinstance(classes.attribute(run, instance, "__exit__"), Func):
                return Wrapped(instance, thing)
    return thing
