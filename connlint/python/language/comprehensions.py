"""Comprehensions and generator expressions, evaluated at once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint.python.language import mappings, sequences
from connlint.python.language.domain import Abstract, Dict, Known, Mark, Tuple, Unknown
from connlint.python.language.frame import Frame
from connlint.python.language.fuel import MOST_ITEMS, OutOfFuel
from connlint.python.language.operators import truth
from connlint.python.language.pedigree import marked
from connlint.python.language.targets import assign

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


class _Unclear(Exception):
    """Which items there are cannot be told."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


def comprehend(
    run: Interpreter, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, frame: Frame
) -> Abstract:
    """The container a comprehension makes; unknown content when its source or a condition is."""
    mark = frame.mark(node)
    scope = Dict(run.store.number(), kind="scope")
    own = () if frame.scope is frame.module or frame.scope.kind == "class" else (frame.scope,)
    inner = Frame(frame.unit, frame.module, scope, (*own, *frame.scopes), function=frame.function, first=frame.first)
    if frame.scope.kind == "class":
        inner.scopes = (frame.scope, *frame.scopes)
    rows: list[tuple[Abstract, Abstract]] = []
    try:
        _generate(run, node, 0, inner, rows)
    except _Unclear as error:
        return _unclear(run, node, error.unknown, mark)
    if isinstance(node, ast.DictComp):
        made = run.make_dict({}, (mark,))
        for key, value in rows:
            mappings.set_item(run, made, key, value, Mark(frame.unit, node.value))
        return made
    items = [value for _, value in rows]
    if isinstance(node, ast.SetComp):
        return run.make_list_of(sequences.unique(items), (mark,), "set")
    return run.make_list(items, (mark,), "list" if isinstance(node, ast.ListComp) else "iterator")


def _unclear(run: Interpreter, node: ast.expr, unknown: Unknown, mark: Mark) -> Abstract:
    reason = marked(unknown, mark)
    if isinstance(node, ast.DictComp):
        made = run.make_dict({}, (mark,))
        mappings.blur(run, made, Unknown(unknown.reason, (mark,)))
        return made
    kind = {ast.SetComp: "set", ast.GeneratorExp: "iterator"}.get(type(node), "list")
    return run.make_list_of(reason, (mark,), kind)


def _generate(
    run: Interpreter,
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
    depth: int,
    frame: Frame,
    rows: list[tuple[Abstract, Abstract]],
) -> None:
    if depth == len(node.generators):
        if len(rows) >= MOST_ITEMS:
            raise OutOfFuel("a comprehension makes too many items")
        if isinstance(node, ast.DictComp):
            rows.append((run.evaluate(node.key, frame), run.evaluate(node.value, frame)))
        else:
            rows.append((Known(None), run.evaluate(node.elt, frame)))
        return
    generator = node.generators[depth]
    source = sequences.iterate(run, run.evaluate(generator.iter, frame), frame.mark(generator.iter))
    if generator.is_async or not isinstance(source, Tuple):
        raise _Unclear(run.unknown_of([source], "what it goes over is not known", frame.mark(generator.iter)))
    for item in source.items:
        run.fuel.burn()
        assign(run, generator.target, item, frame)
        if _passes(run, generator.ifs, frame):
            _generate(run, node, depth + 1, frame, rows)


def _passes(run: Interpreter, conditions: list[ast.expr], frame: Frame) -> bool:
    for condition in conditions:
        value = run.evaluate(condition, frame)
        known = truth(run, value)
        if known is None:
            raise _Unclear(run.unknown_of([value], "its condition cannot be decided", frame.mark(condition)))
        if not known:
            return False
    return True
