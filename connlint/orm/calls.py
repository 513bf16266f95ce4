"""Calls: which function runs, with which arguments, and what is left of it for the caller."""

from __future__ import annotations

import ast
from typing import Final

from connlint.orm import classes, expressions, external, queries, values, wrapping
from connlint.orm.effects import Effect, Hop, Left, Place, closed
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, Run, callables
from connlint.orm.loaded import Function
from connlint.orm.values import (
    NONE,
    UNKNOWN,
    Called,
    Class,
    Constant,
    External,
    Func,
    Inherited,
    Instance,
    Items,
    Later,
    Managed,
    Many,
    Partial,
    Query,
    QueryMethod,
    Super,
    Thing,
    Wrapped,
    join,
)
from connlint.orm.walking import walk

Arguments = tuple[Thing, ...]
Keywords = tuple[tuple[str, Thing], ...]
ANYHOW: Final[tuple[str, Thing]] = ("**", UNKNOWN)  # among keywords: there may be arguments that nobody sees
_SCAN_DEPTH: Final = 4
_CALLED_KEPT: Final = 40
_CONSTRUCTIONS: Final = 12


def evaluate_call(run: Run, node: ast.Call, frame: Frame) -> Thing:
    """A call expression."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and frame.owner is not None:
        return Super(frame.owner, _receiver(frame))
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "items", "values", "pop"):
        held = expressions.evaluate(run, node.func.value, frame)
        if isinstance(held, Items) and held.keys:
            return _of_dictionary(held, node)
    function = expressions.evaluate(run, node.func, frame)
    arguments: list[Thing] = []
    keywords: list[tuple[str, Thing]] = []
    for each in node.args:
        value = expressions.evaluate(run, each, frame)
        if isinstance(each, ast.Starred):
            known = isinstance(value, Items) and not value.keys
            arguments.extend(value.values if isinstance(value, Items) and known else ())
            if not known:
                keywords.append(ANYHOW)
        else:
            arguments.append(value)
    for keyword in node.keywords:
        value = expressions.evaluate(run, keyword.value, frame)
        if keyword.arg is not None:
            keywords.append((keyword.arg, value))
        elif isinstance(value, Items):
            keywords.extend((key, held) for key, held in zip(value.keys, value.values, strict=False) if key)
            keywords.extend(() if all(value.keys) else (ANYHOW,))
        else:
            keywords.append(ANYHOW)
    return call(run, function, tuple(arguments), tuple(keywords), frame, node)


def _of_dictionary(held: Items, node: ast.Call) -> Thing:
    """What `get`, `pop`, `items` or `values` of a dictionary gives; any of its values where the key is not known."""
    key = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    assert isinstance(node.func, ast.Attribute)
    if node.func.attr == "items":
        return Items((Items((UNKNOWN, join(held.values))),))
    if node.func.attr == "values":
        return Items((join(held.values),))
    if isinstance(key, str):
        return held.values[held.keys.index(key)] if key in held.keys else UNKNOWN
    return join(held.values)


def _receiver(frame: Frame) -> Thing:
    """What the method that runs is bound to."""
    found = frame.lookup("self")
    if found is None:
        found = frame.lookup("cls")
    if found is None and frame.owner is not None:
        return Instance(frame.owner)
    return found if found is not None else UNKNOWN


def call(
    run: Run, function: Thing, arguments: Arguments, keywords: Keywords, frame: Frame, at: ast.AST | Place | None
) -> Thing:
    """Call a thing; what it does is added to `frame`."""
    if isinstance(function, Many):
        return _any(run, function, arguments, keywords, frame, at)
    if isinstance(function, Later):
        refused = frame.asynchronous and "objects" in function.attributes  # maybe; the model tells
        refused = refused or external.is_consumers(run, frame)
        if frame.scan and not refused and not callables((*arguments, *(value for _, value in keywords))):
            return Called(function, tuple(_kept(each) for each in arguments))
        return call(run, run.resolved(function), arguments, keywords, frame, at)
    if isinstance(function, Func):
        return call_function(run, function, arguments, keywords, frame, at)
    if isinstance(function, Partial):
        given = dict(function.keywords) | dict(keywords)
        return call(run, function.function, (*function.arguments, *arguments), tuple(given.items()), frame, at)
    if isinstance(function, Wrapped):
        found: list[Thing] = []

        def body() -> Effect:
            return frame.apart(lambda: found.append(call(run, function.function, arguments, keywords, frame, at)))

        frame.emit(wrapping.within(run, function.manager, body, frame, at))
        return join(found)
    if isinstance(function, Managed):
        if frame.scan and isinstance(at, ast.AST):
            external.from_consumer(run, function, arguments, keywords, frame, at)
        return UNKNOWN  # it ends with a close of what it used
    if isinstance(function, Class):
        return _construct(run, function, arguments, keywords, frame, at)
    if isinstance(function, QueryMethod):
        return queries.call_method(run, function, frame, at)
    if isinstance(function, Called):
        return call(run, returned(run, function), arguments, keywords, frame, at) if not frame.scan else UNKNOWN
    if isinstance(function, Instance) and isinstance(function.of, Class):
        method = classes.attribute(run, function, "__call__")
        return call(run, method, arguments, keywords, frame, at) if isinstance(method, CALLABLE) else UNKNOWN
    if isinstance(function, (External, Inherited)):
        return external.call_external(run, function, arguments, keywords, frame, at)
    if isinstance(function, Query) and function.kind is None:
        return function
    return UNKNOWN


def _any(
    run: Run, many: Many, arguments: Arguments, keywords: Keywords, frame: Frame, at: ast.AST | Place | None
) -> Thing:
    from connlint.orm.effects import either

    found: list[Thing] = []
    effects = [
        frame.apart(lambda each=each: found.append(call(run, each, arguments, keywords, frame, at)))  # type: ignore[misc]  # mypy: a default of a lambda
        for each in many.values
    ]
    frame.emit(either(effects))
    return join(found)


def call_function(
    run: Run, function: Func, arguments: Arguments, keywords: Keywords, frame: Frame, at: ast.AST | Place | None
) -> Thing:
    """Run a function of the project, or, in a scan, only one that is given callables."""
    given = (*arguments, *(value for _, value in keywords))
    if frame.scan and not (callables(given) and len(frame.chain) < _SCAN_DEPTH):
        if len(frame.called) < _CALLED_KEPT:
            frame.called.append(function)
        return Called(function, tuple(_kept(each) for each in arguments))
    enough = not run.closing and not frame.scan
    if enough and (run.satisfied or frame.uses):
        run.satisfied = True
        return Called(function, arguments)
    node = run.node_of(function)
    if node is None:
        return UNKNOWN
    if wrapping.is_context(node):
        return Partial(function, arguments, keywords, context=True)
    hop = _hop(run, function, frame, at)
    chain = (*frame.chain, hop) if hop and frame.scan else frame.chain
    value, effect = outcome(run, function, node, arguments, keywords, frame.scan, chain)
    if run.managed and _is_managed(run, function):
        return value
    frame.emit(effect.called_at(hop) if hop else effect)
    run.satisfied = run.satisfied or (enough and effect.left is Left.OPEN)
    return value


def _is_managed(run: Run, function: Func) -> bool:
    dotted = function.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") + "." + function.name
    return any(dotted == name or dotted.endswith(f".{name}") for name in run.managed)


def _hop(run: Run, function: Func, frame: Frame, at: ast.AST | Place | None) -> Hop | None:
    if at is None:
        return None
    place = run.placed(frame.path, at)
    return Hop(place, f"calls {function.name}()" if function.name != "lambda" else "runs the lambda")


def _kept(thing: Thing) -> Thing:
    """An argument as far as it may matter to what a call does."""
    if isinstance(thing, Constant):
        return thing if thing.value is None or isinstance(thing.value, bool) else UNKNOWN
    if isinstance(thing, Items):
        return Items(tuple(_kept(each) for each in thing.values), thing.keys) if len(thing.values) <= 8 else UNKNOWN
    return thing


def outcome(
    run: Run,
    function: Func,
    node: Function,
    arguments: Arguments,
    keywords: Keywords,
    scan: bool,
    chain: tuple[Hop, ...],
) -> tuple[Thing, Effect]:
    kept = tuple(_kept(each) for each in arguments)
    named = tuple((name, _kept(each)) for name, each in keywords)
    key = (function, kept, named, scan, chain if scan else ())

    def work() -> tuple[Thing, Effect]:
        frame = new_frame(run, function, node, kept, named)
        frame.scan, frame.chain = scan, chain
        return run_body(run, node, frame)

    return run.outcome(key, work)


def new_frame(run: Run, function: Func, node: Function, arguments: Arguments, keywords: Keywords) -> Frame:
    """The frame in which a function runs for these arguments."""
    frame = Frame(function.path, parent=function.scope, owner=function.owner)
    frame.asynchronous = isinstance(node, ast.AsyncFunctionDef)
    bind_parameters(run, node, frame, arguments, keywords, function.bound)
    frame.function = function.name.rpartition(".")[2]
    if frame.function == "__init__" and function.owner is not None:
        frame.function = function.owner.name
    frame.of = function
    return frame


def calls_parameter(run: Run, frame: Frame) -> bool:
    """Whether the function of a frame, or one inside of it, calls a parameter of which nothing is known."""
    node = run.node_of(frame.of) if frame.of is not None else None
    if node is None:
        return False
    spec = node.args
    named = {each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    unknown = {name for name in named if frame.names.get(name) == UNKNOWN}
    return bool(unknown) and any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in unknown
        for each in walk(node)
    )


def run_body(run: Run, node: Function, frame: Frame) -> tuple[Thing, Effect]:
    from connlint.orm import statements

    run.current = frame
    if isinstance(node, ast.Lambda):
        value = expressions.evaluate(run, node.body, frame)
        return value, frame.effect
    end = statements.block(run, node.body, frame)
    if frame.yielded:
        return Items((join(frame.yielded),)), frame.effect
    value = join(frame.returned) if frame.returned else NONE
    return (UNKNOWN if frame.returned and not end and isinstance(value, Constant) else value), frame.effect


def bind_parameters(
    run: Run, node: Function, frame: Frame, arguments: Arguments, keywords: Keywords, bound: Thing | None
) -> None:
    """Give the parameters their things: what is passed, else the annotation's, else a default that decides something."""
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    given = list(arguments) if bound is None else [bound, *arguments]
    named = dict(keywords)
    anyhow = named.pop(ANYHOW[0], None) is not None
    outer = frame.parent or run.module_frame(frame.path)
    defaults = dict(
        zip([a.arg for a in positional[len(positional) - len(spec.defaults) :]], spec.defaults, strict=False)
    )
    defaults.update({a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=False) if d is not None})
    passed = bool(arguments or keywords) or not frame.scan
    for index, parameter in enumerate([*positional, *spec.kwonlyargs]):
        thing: Thing = UNKNOWN
        if index < len(positional) and index < len(given):
            thing = given[index]
        elif parameter.arg in named:
            thing = named.pop(parameter.arg)
        elif parameter.arg in defaults and passed and not anyhow:
            thing = run.quietly(defaults[parameter.arg], outer)
        if thing in (UNKNOWN, NONE) and parameter.annotation is not None:
            annotated = expressions.annotated(run, parameter.annotation, outer)
            thing = annotated if annotated != UNKNOWN else thing
        frame.names[parameter.arg] = thing
    if spec.vararg is not None:
        rest = tuple(given[len(positional) :])
        frame.names[spec.vararg.arg] = UNKNOWN if anyhow and not rest else Items(rest)
    if spec.kwarg is not None:
        keys = (*named, None) if anyhow else tuple(named)
        values_of = (*named.values(), UNKNOWN) if anyhow else tuple(named.values())
        frame.names[spec.kwarg.arg] = Items(values_of, keys) if named else UNKNOWN


def returned(run: Run, called: Called) -> Thing:
    """What a call gives back that was not followed when it was met."""
    if isinstance(called.function, Later):
        inner, outer = Frame(called.function.module.path), run.current
        before = run.closing, run.satisfied
        run.current, run.closing, run.satisfied = inner, True, False
        try:
            return call(run, run.resolved(called.function), called.arguments, (), inner, None)
        finally:
            run.current, (run.closing, run.satisfied) = outer, before
    node = run.node_of(called.function)
    if node is None:
        return UNKNOWN
    if wrapping.is_context(node):
        return Partial(called.function, called.arguments, (), context=True)
    return result(run, called.function, node, called.arguments)


def result(run: Run, function: Func, node: Function, arguments: Arguments) -> Thing:
    """What a function returns, run to its end whatever is known already about connections."""
    before = run.closing, run.satisfied
    run.closing, run.satisfied = True, False
    try:
        return outcome(run, function, node, arguments, (), False, ())[0]
    finally:
        run.closing, run.satisfied = before


def _construct(
    run: Run, of: Class, arguments: Arguments, keywords: Keywords, frame: Frame, at: ast.AST | Place | None
) -> Thing:
    """An instance, after its `__init__`; one of a thread class that is given a target starts work."""
    instance = Instance(of)
    if classes.is_query_class(run, of):
        return instance
    if frame.scan and (arguments or keywords):
        seen = run.constructed.setdefault(of, [])
        if len(seen) < _CONSTRUCTIONS:
            seen.append((tuple(_kept(each) for each in arguments), keywords))
    external.started_by_class(run, instance, arguments, keywords, frame, at)
    if not frame.scan or callables((*arguments, *(value for _, value in keywords))):
        for name in ("__new__", "__init__"):
            for each in classes.lineage(run, of):
                found = classes.method(run, each, name, instance) if isinstance(each, Class) else None
                if isinstance(found, CALLABLE):
                    call(run, found, arguments, keywords, frame, at)
                    break
    return instance


def passed_to(run: Run, of: Class) -> tuple[Arguments, Keywords]:
    """What the constructor of a class is given, as far as its calls were seen."""
    seen = run.constructed.get(of, [])
    width = max((len(arguments) for arguments, _ in seen), default=0)
    columns = [[forced(run, a[index]) for a, _ in seen if index < len(a)] for index in range(width)]
    names = dict.fromkeys(name for _, keywords in seen for name, _ in keywords)
    named = tuple((name, join(forced(run, dict(k).get(name, UNKNOWN)) for _, k in seen)) for name in names)
    return tuple(join(column) for column in columns), named


def forced(run: Run, thing: Thing) -> Thing:
    """The thing itself, where it is what a call gives back."""
    if isinstance(thing, Called):
        return returned(run, thing)
    if isinstance(thing, Later):
        return run.resolved(thing)
    if isinstance(thing, Items) and any(isinstance(each, Called) for each in thing.values):
        return Items(tuple(forced(run, each) for each in thing.values), thing.keys)
    return thing


def note_close(run: Run, connection: Thing, frame: Frame, node: ast.AST) -> None:
    """A connection object is thrown away: the next use opens a new one."""
    names = (
        "django.db.connection",
        "django.db.connections[]",
        "django.db.connections.all()[]",
        "django.db.connections._connections[]",
    )
    if any(isinstance(each, External) and each.name in names for each in values.alternatives(connection)):
        frame.emit(closed(run.place(frame.path, node), old=False))
