"""Expressions: one small function for each kind of node."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from connlint.python.language import mappings, sequences
from connlint.python.language.comprehensions import comprehend
from connlint.python.language.domain import (
    MISSING,
    REST,
    Abstract,
    Arguments,
    Dict,
    External,
    Function,
    Instance,
    Known,
    List,
    Special,
    Tuple,
    Unknown,
    merge_marks,
)
from connlint.python.language.flow import Completion, End
from connlint.python.language.frame import Frame
from connlint.python.language.functions import make_function
from connlint.python.language.names import bind, load_name
from connlint.python.language.operators import binary, blur, compare, overlaid, truth, unary
from connlint.python.language.pedigree import depending, marked
from connlint.python.language.plain import NotPlain, compute, hashable
from connlint.python.language.strings import format_value

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def evaluate(run: Interpreter, node: ast.expr, frame: Frame) -> Abstract:
    """The value of an expression; a kind of expression that is not modelled is unknown."""
    rule = _RULES.get(type(node))
    if rule is None:
        return Unknown("this kind of expression is not followed", (frame.mark(node),))
    return rule(run, node, frame)


def _constant(run: Interpreter, node: ast.Constant, frame: Frame) -> Abstract:
    return Known(node.value, (frame.mark(node),))


def _name(run: Interpreter, node: ast.Name, frame: Frame) -> Abstract:
    return load_name(run, node.id, frame, frame.mark(node))


def _named(run: Interpreter, node: ast.NamedExpr, frame: Frame) -> Abstract:
    value = run.evaluate(node.value, frame)
    bind(run, node.target.id, value, frame)
    return value


def _attribute(run: Interpreter, node: ast.Attribute, frame: Frame) -> Abstract:
    return run.attribute(run.evaluate(node.value, frame), node.attr, frame.mark(node))


def _items(run: Interpreter, nodes: list[ast.expr], frame: Frame) -> Tuple | Unknown:
    items: list[Abstract] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            more = sequences.items_or_unknown(run, run.evaluate(node.value, frame), frame.mark(node))
            if isinstance(more, Unknown):
                return more
            items += more
        else:
            items.append(run.evaluate(node, frame))
    return Tuple(tuple(items))


def _tuple(run: Interpreter, node: ast.Tuple, frame: Frame) -> Abstract:
    found = _items(run, node.elts, frame)
    return Tuple(found.items, (frame.mark(node),)) if isinstance(found, Tuple) else found


def _list(run: Interpreter, node: ast.List, frame: Frame) -> Abstract:
    return run.make_list_of(_items(run, node.elts, frame), (frame.mark(node),))


def _set(run: Interpreter, node: ast.Set, frame: Frame) -> Abstract:
    found = _items(run, node.elts, frame)
    content = sequences.unique(found.items) if isinstance(found, Tuple) else found
    return run.make_list_of(content, (frame.mark(node),), "set")


def _dict(run: Interpreter, node: ast.Dict, frame: Frame) -> Abstract:
    made = run.make_dict({}, (frame.mark(node),))
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = run.evaluate(value_node, frame)
        if key_node is None:
            _spread(run, made, value, value_node, frame)
            continue
        try:
            key = hashable(run.evaluate(key_node, frame))
        except NotPlain as error:
            blur(made, Unknown(error.unknown.reason, (frame.mark(key_node),)))
            continue
        made.cells[key] = marked(value, frame.mark(value_node))
    return made


def _spread(run: Interpreter, made: Dict, value: Abstract, node: ast.expr, frame: Frame) -> None:
    if isinstance(value, Dict):
        if value.rest is not None:
            blur(made, value.rest)
        for key in list(value.known_keys()):
            held = mappings.read(run, value, key)
            made.cells[key] = overlaid(made.cells.get(key, MISSING), held)
    else:
        mappings.update(run, made, value, frame.mark(node))


def _join_string(run: Interpreter, node: ast.JoinedStr, frame: Frame) -> Abstract:
    parts = [run.evaluate(part, frame) for part in node.values]
    mark = frame.mark(node)
    if not parts:
        return Known("", (mark,))
    filled = [part for part, source in zip(parts, node.values, strict=True) if not isinstance(source, ast.Constant)]
    result = compute(run, "the f-string", lambda *texts: "".join(map(str, texts)), parts, mark)
    if isinstance(result, Known):
        return Known(result.value, merge_marks(*(part.where for part in filled), (mark,)))
    return result


def _same(value: object) -> object:
    return value


_CONVERSIONS: Final[dict[int, Callable[[object], object]]] = {115: str, 114: repr, 97: ascii}


def _formatted(run: Interpreter, node: ast.FormattedValue, frame: Frame) -> Abstract:
    value = run.evaluate(node.value, frame)
    spec: Abstract = run.evaluate(node.format_spec, frame) if node.format_spec is not None else Known("")
    convert = _CONVERSIONS.get(node.conversion, _same)
    mark = frame.mark(node)
    if isinstance(value, Instance):
        value = run.call(External("builtins.str"), Arguments((value,)), mark)
    return compute(run, "the f-string", lambda v, s: format_value(convert(v), s), (value, spec), mark)


def _binary(run: Interpreter, node: ast.BinOp, frame: Frame) -> Abstract:
    left = run.evaluate(node.left, frame)
    return binary(run, node.op, left, run.evaluate(node.right, frame), frame.mark(node))


def _unary(run: Interpreter, node: ast.UnaryOp, frame: Frame) -> Abstract:
    value = run.evaluate(node.operand, frame)
    mark = frame.mark(node)
    if isinstance(value, Known) and isinstance(node.operand, ast.Constant):
        value = Known(value.value, (mark,))
    return unary(run, node.op, value, mark)


def _boolean(run: Interpreter, node: ast.BoolOp, frame: Frame) -> Abstract:
    return _rest_of_boolean(run, isinstance(node.op, ast.And), node.values, frame)


def _rest_of_boolean(run: Interpreter, goes_on: bool, nodes: list[ast.expr], frame: Frame) -> Abstract:
    value = run.evaluate(nodes[0], frame)
    for index, node in enumerate(nodes[1:], 1):
        known = truth(run, value)
        if known is None:
            return _each_boolean(run, goes_on, value, nodes[index:], frame)
        if known is not goes_on:
            return value
        value = depending(run.evaluate(node, frame), value)
    return value


def _each_boolean(run: Interpreter, goes_on: bool, value: Abstract, rest: list[ast.expr], frame: Frame) -> Abstract:
    return run.each(value, lambda option: _one_boolean(run, goes_on, option, rest, frame))


def _one_boolean(run: Interpreter, goes_on: bool, option: Abstract, rest: list[ast.expr], frame: Frame) -> Abstract:
    known = truth(run, option)
    if known is not None:
        return option if known is not goes_on else _rest_of_boolean(run, goes_on, rest, frame)
    joined = run.fork(
        [
            lambda: Completion(End.NORMAL, _decided(option, not goes_on)),
            lambda: Completion(End.NORMAL, _rest_of_boolean(run, goes_on, rest, frame)),
        ]
    )
    return joined.value or option


def _decided(value: Abstract, truth: bool) -> Abstract:
    """An unknown value of which a short cut tells that it counts as true, or that it does not."""
    return Unknown(value.reason, value.marks, truth) if isinstance(value, Unknown) else value


def _conditional(run: Interpreter, node: ast.IfExp, frame: Frame) -> Abstract:
    test = run.evaluate(node.test, frame)
    known = truth(run, test)
    if known is not None:
        return depending(run.evaluate(node.body if known else node.orelse, frame), test)
    joined = run.fork(
        [
            lambda: Completion(End.NORMAL, run.evaluate(node.body, frame)),
            lambda: Completion(End.NORMAL, run.evaluate(node.orelse, frame)),
        ]
    )
    return joined.value or Unknown("neither case has a value", (frame.mark(node),))


def _comparison(run: Interpreter, node: ast.Compare, frame: Frame) -> Abstract:
    left = run.evaluate(node.left, frame)
    result: Abstract = Known(True)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = run.evaluate(right_node, frame)
        result = compare(run, op, left, right, frame.mark(node))
        if truth(run, result) is not True:
            return result
        left = right
    return result


def _subscript(run: Interpreter, node: ast.Subscript, frame: Frame) -> Abstract:
    value = run.evaluate(node.value, frame)
    if isinstance(value, External):
        return External(value.name, value.marks)  # list[int], Mapping[str, Any]: still that type
    key = run.evaluate(node.slice, frame)
    return run.each(value, lambda option: subscript(run, option, key, frame, node))


def subscript(run: Interpreter, value: Abstract, key: Abstract, frame: Frame, node: ast.expr) -> Abstract:
    """`value[key]`."""
    mark = frame.mark(node)
    if isinstance(value, Dict):
        return mappings.get_item(run, value, key, mark)
    if isinstance(value, (List, Tuple, Known)):
        return sequences.get_item(run, value, key, mark)
    if isinstance(value, Special):
        return value.item(run, key, mark)
    if isinstance(value, Unknown):
        run.may_fail((), "the subscript may fail", mark)
        return value
    if isinstance(value, Instance):
        return run.call(run.attribute(value, "__getitem__", mark), Arguments((key,)), mark)
    return Unknown("its items are not known", (mark,))


def _slice(run: Interpreter, node: ast.Slice, frame: Frame) -> Abstract:
    parts = [run.evaluate(part, frame) if part else Known(None) for part in (node.lower, node.upper, node.step)]
    return compute(run, "the slice", slice, parts, frame.mark(node))


def _lambda(run: Interpreter, node: ast.Lambda, frame: Frame) -> Function:
    return make_function(run, node, frame)


def _starred(run: Interpreter, node: ast.Starred, frame: Frame) -> Abstract:
    return run.evaluate(node.value, frame)


def _await(run: Interpreter, node: ast.Await, frame: Frame) -> Abstract:
    return Unknown("asynchronous code is not followed", (frame.mark(node),))


def _yield(run: Interpreter, node: ast.Yield, frame: Frame) -> Abstract:
    value = run.evaluate(node.value, frame) if node.value else Known(None, (frame.mark(node),))
    if frame.yields is not None:
        sequences.extend(run, frame.yields, run.make_list([value], ()), frame.mark(node))
    return Known(None, (frame.mark(node),))


def _yield_from(run: Interpreter, node: ast.YieldFrom, frame: Frame) -> Abstract:
    if frame.yields is not None:
        sequences.extend(run, frame.yields, run.evaluate(node.value, frame), frame.mark(node))
    return Unknown("what a generator returns is not followed", (frame.mark(node),))


def _call(run: Interpreter, node: ast.Call, frame: Frame) -> Abstract:
    function = run.evaluate(node.func, frame)
    return run.call(function, arguments_of(run, node, frame), frame.mark(node))


def arguments_of(run: Interpreter, node: ast.Call, frame: Frame) -> Arguments:
    """The arguments of a call, `*` and `**` spread where what they hold is known."""
    positional: list[Abstract] = []
    named: dict[str, Abstract] = {}
    unknown = False
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            positional.append(run.evaluate(argument, frame))
            continue
        more = sequences.items_or_unknown(run, run.evaluate(argument.value, frame), frame.mark(argument))
        if isinstance(more, Unknown):
            unknown = True
            break
        run.fuel.burn(len(more) // 8)
        positional += more
    for keyword in node.keywords:
        value = run.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            named[keyword.arg] = marked(value, frame.mark(keyword.value))
        elif (
            not isinstance(value, Dict)
            or REST in value.cells
            or not all(isinstance(key, str) for key in value.known_keys())
        ):
            unknown = True
        else:
            for key in value.known_keys():
                if MISSING in value.cells[key].options:
                    unknown = True
                else:
                    named[str(key)] = mappings.read(run, value, key)
    return Arguments(tuple(positional), named, unknown)


_RULES: Final[dict[type[ast.expr], Callable[..., Abstract]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Attribute: _attribute,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.JoinedStr: _join_string,
    ast.FormattedValue: _formatted,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.Compare: _comparison,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Lambda: _lambda,
    ast.Starred: _starred,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Call: _call,
    ast.ListComp: comprehend,
    ast.SetComp: comprehend,
    ast.DictComp: comprehend,
    ast.GeneratorExp: comprehend,
}
