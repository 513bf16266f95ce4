"""Targets: assigning to, unpacking into, augmenting and deleting names, attributes and items."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint.python.language import mappings, sequences
from connlint.python.language.attributes import delete_attribute, set_attribute
from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Dict,
    Instance,
    Known,
    List,
    Mark,
    Special,
    Tuple,
    Unknown,
)
from connlint.python.language.frame import Frame
from connlint.python.language.names import bind, load_name, unbind
from connlint.python.language.operators import binary
from connlint.python.language.plain import names_of

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def assign(run: Interpreter, target: ast.expr, value: Abstract, frame: Frame, source: ast.expr | None = None) -> None:
    """Assign a value to any kind of target. `source` is the expression it came from, as the place to point at."""
    if isinstance(target, ast.Name):
        bind(run, target.id, value, frame)
    elif isinstance(target, ast.Attribute):
        owner = run.evaluate(target.value, frame)
        set_attribute(run, owner, target.attr, value, frame.mark(source or target))
    elif isinstance(target, ast.Subscript):
        container = run.evaluate(target.value, frame)
        key = run.evaluate(target.slice, frame)
        mark = frame.mark(source or target)
        run.each(container, lambda option: set_subscript(run, option, key, value, mark))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(run, target.elts, value, frame)
    elif isinstance(target, ast.Starred):
        assign(run, target.value, value, frame)


def set_subscript(run: Interpreter, container: Abstract, key: Abstract, value: Abstract, mark: Mark) -> Abstract:
    """`container[key] = value`."""
    if isinstance(container, Dict):
        mappings.set_item(run, container, key, value, mark)
    elif isinstance(container, List):
        sequences.set_item(run, container, key, value, mark)
    elif isinstance(container, Special):
        container.set_item(run, key, value, mark)
    elif isinstance(container, Instance):
        run.call(run.attribute(container, "__setitem__", mark), Arguments((key, value)), mark)
    elif isinstance(container, (Known, Tuple)):
        run.fail(names_of(TypeError), "its items cannot be set", mark)
    return Known(None)


def _unpack(run: Interpreter, targets: list[ast.expr], value: Abstract, frame: Frame) -> None:
    items = sequences.items_or_unknown(
        run, value, frame.mark(targets[0]) if targets else Mark(frame.unit, frame.unit.tree)
    )
    starred = next((i for i, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
    if isinstance(items, Unknown):
        for target in targets:
            assign(run, target, items, frame)
        return
    if starred is None:
        if len(items) != len(targets):
            unknown = run.fail(
                names_of(ValueError), "there are more or fewer values than names", frame.mark(targets[0])
            )
            items = (unknown,) * len(targets)
        for target, item in zip(targets, items, strict=True):
            assign(run, target, item, frame)
        return
    after = len(targets) - starred - 1
    middle = items[starred : len(items) - after]
    for target, item in zip(targets[:starred], items, strict=False):
        assign(run, target, item, frame)
    assign(run, targets[starred], run.make_list(middle, (frame.mark(targets[starred]),)), frame)
    for target, item in zip(targets[starred + 1 :], items[len(items) - after :], strict=False):
        assign(run, target, item, frame)


def augment(run: Interpreter, node: ast.AugAssign, frame: Frame) -> None:
    """`target op= value`; lists and dicts change in place."""
    mark = frame.mark(node)
    target = node.target
    if isinstance(target, ast.Name):
        held = load_name(run, target.id, frame, frame.mark(target))
    else:
        held = run.evaluate(target, frame)
    value = run.evaluate(node.value, frame)

    def apply(option: Abstract) -> Abstract:
        if isinstance(option, List) and isinstance(node.op, (ast.Add, ast.BitOr)):
            sequences.extend(run, option, value, frame.mark(node.value))
            return option
        if isinstance(option, Dict) and isinstance(node.op, ast.BitOr):
            mappings.update(run, option, value, mark)
            return option
        return binary(run, node.op, option, value, mark)

    assign(run, target, run.each(held, apply), frame, node.value)


def delete(run: Interpreter, target: ast.expr, frame: Frame) -> None:
    """`del target`."""
    mark = frame.mark(target)
    if isinstance(target, ast.Name):
        unbind(run, target.id, frame, mark)
    elif isinstance(target, ast.Attribute):
        delete_attribute(run, run.evaluate(target.value, frame), target.attr)
    elif isinstance(target, ast.Subscript):
        key = run.evaluate(target.slice, frame)

        def remove(option: Abstract) -> Abstract:
            if isinstance(option, Dict):
                mappings.delete_item(run, option, key, mark)
            elif isinstance(option, List):
                sequences.delete_item(run, option, key, mark)
            elif isinstance(option, Special):
                option.set_item(run, key, Unknown("it was deleted", (mark,)), mark)
            return Known(None)

        run.each(run.evaluate(target.value, frame), remove)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            delete(run, element, frame)
