"""Functions of the project: making them, binding arguments, running their bodies."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint.python.language.domain import (
    REST,
    Abstract,
    Arguments,
    Dict,
    Function,
    Known,
    Mark,
    Tuple,
    Unknown,
)
from connlint.python.language.flow import Completion, End, Failed, Raised
from connlint.python.language.frame import Frame
from connlint.python.language.fuel import CALLS
from connlint.python.language.giving_up import change
from connlint.python.language.plain import names_of
from connlint.python.language.syntax import children

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_RETURNED = frozenset({End.RETURN, End.NORMAL})


def make_function(
    run: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame
) -> Function:
    """The function that a def or lambda makes; its defaults are evaluated here, as Python does."""
    spec = node.args
    names = [*spec.posonlyargs, *spec.args]
    defaults: dict[str, Abstract] = {}
    for parameter, default in zip(names[len(names) - len(spec.defaults) :], spec.defaults, strict=True):
        defaults[parameter.arg] = run.evaluate(default, frame)
    for parameter, keyword_default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if keyword_default is not None:
            defaults[parameter.arg] = run.evaluate(keyword_default, frame)
    own = () if frame.scope is frame.module or frame.scope.kind == "class" else (frame.scope,)
    made = Function(
        serial=run.store.number(),
        marks=(frame.mark(node),),
        node=node,
        unit=frame.unit,
        module=frame.module,
        scopes=(*own, *frame.scopes),
        defaults=defaults,
        is_generator=not isinstance(node, ast.Lambda) and _yields(node.body),
    )
    if frame.scope.kind == "class":
        frame.methods.append(made)
    return made


def _yields(body: list[ast.stmt]) -> bool:
    """Whether a function body has a yield of its own."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            stack += children(node)
    return False


def call_function(run: Interpreter, function: Function, arguments: Arguments, mark: Mark) -> Abstract:
    """Run a function's body; what it returns, one of several where its branches differ.

    When it raises and nothing catches that, the call is unknown, and evaluation goes on after it.
    """
    if isinstance(function.node, ast.AsyncFunctionDef):
        return Unknown("asynchronous code is not followed", (mark,))
    if run.fuel.calls >= CALLS or function.unit is None or function.module is None:
        unknown = Unknown("its calls are nested too deeply", (mark,))
        change(run, arguments.all, unknown, empty=True)
        return unknown
    scope = Dict(run.store.number(), kind="scope")
    problem = bind_arguments(run, function, arguments, scope, mark)
    if problem:
        return run.fail(names_of(TypeError), problem, mark)
    first = next(iter(scope.cells.values()), None)
    frame = Frame(function.unit, function.module, scope, function.scopes, function=function, first=first)
    if function.is_generator:
        frame.yields = run.make_list([], (mark,), "iterator")
    run.fuel.calls += 1
    run.frames.append(frame)
    try:
        value = run.scope(lambda: _body(run, function.node, frame), _RETURNED).value
    except Failed as error:
        return _raised(run, error.error, function, mark)
    finally:
        run.frames.pop()
        run.fuel.calls -= 1
    if frame.yields is not None:
        return frame.yields
    return value if value is not None else Known(None, (mark,))


def _raised(run: Interpreter, error: Raised, function: Function, mark: Mark) -> Abstract:
    if run.forks or run.catches(error.names):
        raise Failed(error)
    run.note(error.mark, error.reason)
    return Unknown(f"{function.name}() fails there: {error.reason}", (mark, error.mark))


def _body(run: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame) -> Completion:
    if isinstance(node, ast.Lambda):
        return Completion(End.RETURN, run.evaluate(node.body, frame))
    completion = run.execute(node.body, frame)
    if completion.end is End.NORMAL:
        return Completion(End.RETURN, Known(None, (frame.mark(node),)))
    return completion


def bind_arguments(run: Interpreter, function: Function, arguments: Arguments, scope: Dict, mark: Mark) -> str:
    """Put arguments into the cells of `scope`; what is wrong with them, or nothing."""
    spec = function.node.args
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    only_named = [parameter.arg for parameter in spec.kwonlyargs]
    cells = scope.cells
    for name, value in zip(positional, arguments.positional, strict=False):
        cells[name] = value
    surplus = arguments.positional[len(positional) :]
    extra: dict[object, Abstract] = {}
    only_positional = {parameter.arg for parameter in spec.posonlyargs}
    for name, value in arguments.named.items():
        if name in only_named or (name in positional and name not in only_positional):
            if name in cells:
                return f"{function.name}() gets the argument {name} twice"
            cells[name] = value
        else:
            extra[name] = value
    for name in (*positional, *only_named):
        if name not in cells:
            default = function.defaults.get(name)
            if default is None and not arguments.open:
                return f"{function.name}() lacks the argument {name}"
            unknown = Unknown("not all arguments are known", (mark,))
            cells[name] = unknown if arguments.open or default is None else default
    if (surplus and spec.vararg is None) or (extra and spec.kwarg is None):
        return f"{function.name}() gets more arguments than it takes"
    if spec.vararg is not None:
        rest = Unknown("not all arguments are known", (mark,))
        cells[spec.vararg.arg] = rest if arguments.open else Tuple(surplus, (mark,))
    if spec.kwarg is not None:
        made = run.make_dict({**extra}, (mark,))
        if arguments.open:
            made.cells[REST] = Unknown("not all arguments are known", (mark,))
        cells[spec.kwarg.arg] = made
    return ""
