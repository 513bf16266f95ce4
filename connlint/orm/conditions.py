"""Conditions that the types of things decide: `f is None`, `callable(f)`, `isinstance(order, str)`, a constant."""

from __future__ import annotations

import ast
import sys
from typing import Final

from connlint.orm import classes, expressions, values
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, Run
from connlint.orm.values import NONE, Class, Constant, External, Instance, Items, Thing

_BUILTIN: Final = ("builtins.isinstance", "builtins.callable")


def decide(run: Run, node: ast.expr, frame: Frame) -> bool | None:
    """Whether a condition holds, after evaluating it for what that does; None where nobody can tell."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        held = decide(run, node.operand, frame)
        return None if held is None else not held
    if isinstance(node, ast.BoolOp):
        return _several(run, node, frame)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
        thing = expressions.evaluate(run, node.left, frame)
        other = expressions.evaluate(run, node.comparators[0], frame)
        if other != NONE:
            return None
        none = _is_none(run, node.left, thing, frame)
        return None if none is None else none is isinstance(node.ops[0], ast.Is)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args and not node.keywords:
        function = run.name(node.func.id, frame)
        if isinstance(function, External) and function.name in _BUILTIN:
            things = [expressions.evaluate(run, each, frame) for each in node.args]
            if len(things) == 1:
                return True if _callable(things[0]) else None
            return _is_instance(run, things[0], things[1])
    thing = expressions.evaluate(run, node, frame)
    if isinstance(thing, Constant) and isinstance(thing.value, bool):
        return thing.value
    if isinstance(node, ast.Name):
        none = _is_none(run, node, thing, frame)
        return None if none is None else not none
    return None


def _several(run: Run, node: ast.BoolOp, frame: Frame) -> bool | None:
    """`and`, `or`: the first part that decides ends it."""
    enough = isinstance(node.op, ast.Or)
    known = True
    for each in node.values:
        held = decide(run, each, frame)
        if held is enough:
            return enough if known else None
        known = known and held is not None
    return (not enough) if known else None


def _is_none(run: Run, node: ast.expr, thing: Thing, frame: Frame) -> bool | None:
    """Whether a local name is None: functions are not, a parameter is that was left out or given None."""
    if not isinstance(node, ast.Name) or frame.lookup(node.id) is None:
        return None
    if _callable(thing):
        return False
    function = run.node_of(frame.of) if thing == NONE and frame.of is not None else None
    if function is None:
        return None
    spec = function.args
    return True if any(each.arg == node.id for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)) else None


def _callable(thing: Thing) -> bool:
    return isinstance(thing, CALLABLE)


def _is_instance(run: Run, thing: Thing, of: Thing) -> bool | None:
    """`isinstance`: sure of a class in the line of the object's own, and that a model or function is no builtin."""
    wanted = of.values if isinstance(of, Items) else tuple(values.alternatives(of))
    own = thing.of if isinstance(thing, Instance) else None
    if isinstance(own, Class) and any(each in classes.lineage(run, own) for each in wanted if each != values.UNKNOWN):
        return True
    if (own is not None and classes.is_model(run, own)) or _callable(thing):
        return False if wanted and all(_is_standard(each) for each in wanted) else None
    return None


def _is_standard(of: Thing) -> bool:
    """Whether a class is a builtin or one of the standard library that is no function."""
    if not isinstance(of, External):
        return False
    top = of.name.partition(".")[0]
    return top != "types" and top != "collections" and (top == "builtins" or top in sys.stdlib_module_names)
