"""Giving up: what code that is not evaluated to its end may have bound or changed becomes unknown."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from connlint.python.language.domain import ITEMS, MISSING, Abstract, Arguments, Dict, List, Mark, OneOf, Tuple, Unknown
from connlint.python.language.flow import Failed
from connlint.python.language.frame import Frame
from connlint.python.language.fuel import OutOfFuel
from connlint.python.language.mappings import blur
from connlint.python.language.syntax import names_bound, targets_of

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def give_up(run: Interpreter, statement: ast.stmt, frame: Frame, reason: str, *, half_way: bool) -> None:
    """Leave a top-level statement that failed or, `half_way`, could not be followed as far as it would have run."""
    mark = frame.mark(statement)
    run.note(mark, reason)
    unknown = Unknown(reason, (mark,))
    for target, key in list(run.store.layer.old):
        run.store.write(target, key, unknown)
    run.fuel.refill()
    if half_way:
        suspect(run, (node.id for node in ast.walk(statement) if isinstance(node, ast.Name)), frame, unknown)
    try:
        for target_node in targets_of(statement):
            run.assign(target_node, unknown, frame)
    except (OutOfFuel, Failed, RecursionError):
        blur(run, frame.module, unknown)
    for name in names_bound(statement):
        if name == "*":
            blur(run, frame.module, unknown)
        else:
            run.store.write(frame.module, name, unknown)


def abandon(run: Interpreter, rest: Iterable[ast.stmt], frame: Frame, reason: str) -> None:
    """Leave a whole module half-way: nothing it has bound or would bind is known."""
    mark: Mark | None = None
    for statement in rest:
        mark = mark or frame.mark(statement)
        for name in names_bound(statement):
            run.store.write(frame.module, name, Unknown(reason, (mark,)))
        for target in targets_of(statement):
            if isinstance(target, ast.Name):
                run.store.write(frame.module, target.id, Unknown(reason, (mark,)))
    if mark is not None:
        run.note(mark, reason)
        unknown = Unknown(reason, (mark,))
        suspect(run, frame.module.cells, frame, unknown)
        blur(run, frame.module, unknown)


def suspect(run: Interpreter, names: Iterable[object], frame: Frame, unknown: Unknown) -> None:
    """Containers that the rest of some code can reach may have been changed by it.

    That is what its own `names` hold, and what any function of the project mentions, which it may have called.
    """
    held: list[Abstract] = [frame.module.cells.get(name, MISSING) for name in list(names) if isinstance(name, str)]
    for module in list(run.modules.values()):
        if module.unit is None or module.names is None:
            continue
        mentioned, declared = run.mentioned(module.unit)
        held += [value for name, value in module.names.cells.items() if name in mentioned]
        for name in declared:
            if name in module.names.cells:
                run.store.write(module.names, name, unknown)
    run.fuel.total -= len(held)
    change(run, held, unknown, empty=True)


def escape(run: Interpreter, arguments: Arguments, receiver: str, mark: Mark) -> None:
    """Containers handed to code that is not read may come back changed."""
    unknown = Unknown(f"it was handed to {receiver}, which may change it", (mark,))
    change(run, arguments.all, unknown, empty=False)


def change(run: Interpreter, values: Iterable[Abstract], unknown: Unknown, *, empty: bool) -> None:
    """The content of containers among `values`, and of those in them, becomes `unknown`; of `empty` ones if asked."""
    seen: set[int] = set()
    pending = [(value, 0) for value in values]
    while pending:
        value, depth = pending.pop()
        if depth > 4 or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, OneOf):
            pending += [(option, depth) for option in value.choices]
        elif isinstance(value, Dict) and (value.cells or empty):
            pending += [(cell, depth + 1) for cell in value.cells.values() if isinstance(cell, (Dict, List, OneOf))]
            blur(run, value, unknown)
        elif isinstance(value, List):
            content = value.content
            if isinstance(content, Tuple):
                pending += [(item, depth + 1) for item in content.items if isinstance(item, (Dict, List))]
            if empty or not isinstance(content, Tuple) or content.items:
                run.store.write(value, ITEMS, unknown)
