"""Expressions: what they are, and what evaluating them does to connections."""

from __future__ import annotations

import ast
from typing import Final

from connlint.orm import calls, classes, queries, values
from connlint.orm.frame import Frame
from connlint.orm.interpreter import Run
from connlint.orm.values import (
    NONE,
    UNKNOWN,
    Called,
    Class,
    Constant,
    External,
    Func,
    Instance,
    Items,
    Module,
    Partial,
    Query,
    QueryMethod,
    Super,
    Thing,
    join,
)
from connlint.orm.walking import walk

# What a method has to be called that its owner is found out in a scan of another module's function.
_TELLING: Final = frozenset(
    {"submit", "map", "apply", "apply_async", "map_async", "imap", "imap_unordered", "starmap", "starmap_async", "spawn",
     "spawn_n", "spawn_later", "add_job", "scheduled_job", "run_in_executor", "Process", "Pool", "every", "do"}
)  # fmt: skip

_HERE: Final = frozenset(
    {"apply", "run", "call_local", "__wrapped__"}
)  # what runs a task's function in the caller's thread


def evaluate(run: Run, node: ast.expr | None, frame: Frame) -> Thing:
    """What an expression is."""
    if node is None:
        return NONE
    if isinstance(node, ast.Name):
        found = run.name(node.id, frame)
        return found if frame.scan else run.resolved(found)
    if isinstance(node, ast.Attribute):
        return attribute(run, evaluate(run, node.value, frame), node.attr, frame, node)
    if isinstance(node, ast.Call):
        return calls.evaluate_call(run, node, frame)
    if isinstance(node, ast.Constant):
        value = node.value
        return Constant(value) if isinstance(value, (str, bool)) or value is None else UNKNOWN
    if isinstance(node, ast.Lambda):
        run.remember(frame.path, node)
        if frame.scan and _starts_something(node):
            evaluate(run, node.body, _inside(node, frame))
        return Func(frame.path, node.lineno, node.col_offset, "lambda", frame, frame.owner)
    if isinstance(node, (ast.Await, ast.YieldFrom, ast.Starred)):
        return evaluate(run, node.value, frame)
    if isinstance(node, ast.Yield):
        return _yield(run, node, frame)
    if isinstance(node, ast.BoolOp):
        return join([evaluate(run, each, frame) for each in node.values])
    if isinstance(node, ast.IfExp):
        from connlint.orm import conditions

        held = conditions.decide(run, node.test, frame)
        if held is not None:
            return evaluate(run, node.body if held else node.orelse, frame)
        return join([evaluate(run, node.body, frame), evaluate(run, node.orelse, frame)])
    if isinstance(node, ast.Subscript):
        return subscript(run, node, frame)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return Items(tuple(evaluate(run, each, frame) for each in node.elts[:64]))
    if isinstance(node, ast.Dict):
        return _dictionary(run, node, frame)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        return _comprehension(run, node, frame)
    if isinstance(node, ast.NamedExpr):
        thing = evaluate(run, node.value, frame)
        frame.bind(node.target.id, thing)
        return thing
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(run, child, frame)
        elif isinstance(child, ast.FormattedValue):
            evaluate(run, child.value, frame)
    return UNKNOWN


def _inside(node: ast.Lambda, frame: Frame) -> Frame:
    """The frame of a lambda that is looked through before anybody calls it."""
    inner = Frame(frame.path, parent=frame, owner=frame.owner, scan=True, function=frame.function, of=frame.of)
    spec = node.args
    inner.names.update((each.arg, UNKNOWN) for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs))
    return inner


def _starts_something(node: ast.Lambda) -> bool:
    """Whether a call in a lambda may be one that starts work."""
    return any(isinstance(each, ast.Call) for each in walk(node.body))


def attribute(run: Run, owner: Thing, name: str, frame: Frame, node: ast.AST | None) -> Thing:
    """What `owner.name` is; a lazy relation or a property may use the connection."""
    if isinstance(owner, values.Many):
        return join([attribute(run, each, name, frame, node) for each in owner.values])
    if isinstance(owner, External):
        if name in queries.MANAGERS and classes.is_model(run, owner):
            return Query(owner)
        return values.external(f"{owner.name}.{name}")
    if isinstance(owner, Module):
        return run.module_attribute(owner, name, frame.path)
    if isinstance(owner, Instance):
        if name == "__class__":
            return owner.of
        return queries.lazy(run, owner, name, frame, node)
    if isinstance(owner, Class):
        if name == "__name__":
            return UNKNOWN
        return classes.class_attribute(run, owner, name)
    if isinstance(owner, Super):
        return _above(run, owner, name)
    if isinstance(owner, Query):
        return queries.member(run, owner, name)
    if isinstance(owner, values.Later):
        if name in _TELLING or not frame.scan:
            return attribute(run, run.resolved(owner), name, frame, node)
        return values.Later(owner.module, owner.name, (*owner.attributes, name))
    if isinstance(owner, Called):
        if name in _TELLING or not frame.scan:
            return attribute(run, calls.returned(run, owner), name, frame, node)
        return UNKNOWN
    if isinstance(owner, values.Inherited):
        return queries.reverse(run, owner, name)
    if isinstance(owner, (Func, values.Wrapped)) and name in _HERE:
        return owner
    if owner == UNKNOWN and name == "run_in_executor":
        return External("asyncio.get_event_loop().run_in_executor")  # the name is of loops only
    return UNKNOWN


def _above(run: Run, owner: Super, name: str) -> Thing:
    """What `super().name` is in a method of `owner.owner`."""
    bound = owner.bound
    start: Class = bound.of if isinstance(bound, Instance) and isinstance(bound.of, Class) else owner.owner
    line = classes.lineage(run, start)
    if owner.owner in line:
        line = line[line.index(owner.owner) + 1 :]
    outside = []
    for each in line:
        if isinstance(each, Class):
            found = classes.method(run, each, name, bound)
            if found is not None:
                return found
        else:
            outside.append(f"{each.name}().{name}")
    if isinstance(bound, Query):
        return QueryMethod(bound, name)
    if not isinstance(bound, Instance):
        return UNKNOWN
    return values.Inherited(bound, tuple(outside)) if outside else UNKNOWN


def subscript(run: Run, node: ast.Subscript, frame: Frame) -> Thing:
    owner = evaluate(run, node.value, frame)
    key = evaluate(run, node.slice, frame)
    found = []
    for each in values.alternatives(owner):
        if isinstance(each, External):
            found.append(values.external(f"{each.name}[]"))
        elif isinstance(each, Items):
            if isinstance(key, Constant) and isinstance(key.value, str) and key.value in each.keys:
                found.append(each.values[each.keys.index(key.value)])
            elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int) and not each.keys:
                found.append(item(each, node.slice.value))
            else:
                found.append(join(each.values))
        elif isinstance(each, Query):
            queries.evaluated(run, each, frame, node)
            found.append(each if isinstance(node.slice, ast.Slice) else queries.row(each))
        else:
            found.append(UNKNOWN)
    return join(found)


def element(thing: Thing) -> Thing:
    """What iterating over a thing gives."""
    found = []
    for each in values.alternatives(thing):
        if isinstance(each, Items):
            found.append(UNKNOWN if each.keys else join(each.values))
        elif isinstance(each, Query):
            found.append(queries.row(each))
        elif isinstance(each, External):
            found.append(values.external(f"{each.name}[]"))
        else:
            found.append(UNKNOWN)
    return join(found)


def item(thing: Thing, index: int) -> Thing:
    """The part of a tuple at a position."""
    if isinstance(thing, Items) and not thing.keys and -len(thing.values) <= index < len(thing.values):
        return thing.values[index]
    if isinstance(thing, values.Many):
        return join([item(each, index) for each in thing.values])
    return UNKNOWN


def annotated(run: Run, node: ast.expr, frame: Frame) -> Thing:
    """What a name is that has this annotation."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return UNKNOWN
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return join([annotated(run, node.left, frame), annotated(run, node.right, frame)])
    if isinstance(node, ast.Subscript):
        word = ast.unparse(node.value).rpartition(".")[2]
        if word in ("Optional", "Annotated", "Final", "ClassVar"):
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
            return annotated(run, inner, frame)
        if word in ("list", "List", "Iterable", "Sequence", "set", "Set", "Iterator", "Collection", "tuple", "Tuple"):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return Items(tuple(annotated(run, each, frame) for each in parts[:8]))
        if word in ("QuerySet", "BaseManager", "Manager"):
            model = run.quietly(node.slice, frame)
            return Query(model) if classes.is_model(run, model) else UNKNOWN
        node = node.value
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return UNKNOWN
    found: list[Thing] = []
    for each in values.alternatives(run.quietly(node, frame)):
        if isinstance(each, values.Later):
            found.append(Called(each))  # an instance, once it is made
        elif isinstance(each, Class):
            found.append(Query(UNKNOWN, each) if classes.is_query_class(run, each) else Instance(each))
        elif isinstance(each, External) and classes.is_model(run, each):
            found.append(Instance(each))
        elif isinstance(each, External) and not each.name.startswith(("builtins.", "typing.")):
            found.append(values.external(f"{each.name}()"))
    return join(found)


def _yield(run: Run, node: ast.Yield, frame: Frame) -> Thing:
    value = evaluate(run, node.value, frame)
    frame.yielded.append(value)
    if frame.on_yield is not None:
        callback, frame.on_yield = frame.on_yield, None
        frame.emit(callback())
    return UNKNOWN


def _dictionary(run: Run, node: ast.Dict, frame: Frame) -> Thing:
    keys: list[str | None] = []
    held = []
    for key, value in zip(node.keys[:64], node.values[:64], strict=True):
        literal = evaluate(run, key, frame) if key is not None else UNKNOWN
        keys.append(literal.value if isinstance(literal, Constant) and isinstance(literal.value, str) else None)
        held.append(evaluate(run, value, frame))
    return Items(tuple(held), tuple(keys)) if held else UNKNOWN


def _comprehension(run: Run, node: ast.expr, frame: Frame) -> Thing:
    assert isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp))
    for generator in node.generators:
        source = evaluate(run, generator.iter, frame)
        queries.iterated(run, source, frame, generator.iter)
        bind_target(run, generator.target, element(source), frame)
        for condition in generator.ifs:
            evaluate(run, condition, frame)
    if isinstance(node, ast.DictComp):
        evaluate(run, node.key, frame)
        return Items((evaluate(run, node.value, frame),), (None,))
    return Items((evaluate(run, node.elt, frame),))


def bind_target(run: Run, target: ast.expr, thing: Thing, frame: Frame) -> None:
    """Assign to a name or to the names of a tuple; other targets are evaluated for what that does."""
    if isinstance(target, ast.Name):
        frame.bind(target.id, thing)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for index, each in enumerate(target.elts):
            bind_target(run, each, item(thing, index), frame)
    elif isinstance(target, ast.Starred):
        bind_target(run, target.value, UNKNOWN, frame)
    elif isinstance(target, (ast.Attribute, ast.Subscript)):
        evaluate(run, target.value, frame)


__all__ = ["Partial", "annotated", "attribute", "bind_target", "element", "evaluate", "item", "subscript"]
