"""Closes put into code that runs outside of requests: only where nothing else can be running, and nothing is open.

None everywhere else: in generators, coroutines and decorated functions, where a request may run the same code, or where
nobody can tell who does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from connlint.deployment.application import Closing, WorkStart
from connlint.finding import Fix, Safety
from connlint.fixing.displays import line_end
from connlint.fixing.imports import Imported, connections
from connlint.fixing.units import unit_of
from connlint.orm.facts import CommandLoop, SignalClose
from connlint.python.modules import Unit
from connlint.source import Edit, Span

_REASON: Final = "Django closes only what a request has used"
_FORKED: Final = "a child must not share a socket with its parent"
_ROUND: Final = "a connection that has dropped is never replaced by itself"
_BLOCKS: Final = (ast.With, ast.AsyncWith, ast.For, ast.AsyncFor)


def close_at_end(start: WorkStart) -> Fix | None:
    """`try: ... finally: connections.close_all()` around all that the started function does."""
    found = _function(start)
    if found is None:
        return None
    unit, node = found
    imported = connections(unit)
    if imported is None or _ends_with_close(node):
        return None

    @lru_cache(maxsize=1)
    def made() -> tuple[Edit, ...]:
        from connlint.fixing.wrapping import finally_do, ordinal

        wrapped = finally_do(unit.source, ordinal(unit.tree, node), f"{imported.name}.close_all()", _REASON)
        return (*imported.edits, *wrapped) if wrapped else ()

    end = "each round" if _is_endless(node.body[-1]) else "the end"
    return Fix(Safety.UNSAFE, f"close the connections at {end} of {node.name}()", made)


def close_all_instead(start: WorkStart, closing: Closing) -> Fix | None:
    """`connections.close_all()` in place of a close_old_connections() that the started function itself calls."""
    found = _function(start)
    if found is None or found[0].path != closing.span.path:
        return None
    unit, node = found
    call = next(
        (each for each in ast.walk(node) if isinstance(each, ast.Call) and unit.span(each.func) == closing.span), None
    )
    name = closing.span.text
    if call is None or call.args or call.keywords or name.rpartition(".")[2] != "close_old_connections":
        return None
    if any(isinstance(each, _BLOCKS) for each in _around(node, call)):
        return None  # a transaction, or rows that are being read
    imported = connections(unit, instead_of=name)
    if imported is None:
        return None
    edits = (*imported.edits, Edit(closing.span, f"{imported.name}.close_all"))
    return Fix(Safety.UNSAFE, "close every connection there", edits)


def close_before(start: WorkStart) -> Fix | None:
    """`connections.close_all()` before the statement of a command that forks."""
    unit = unit_of(start.span.source) if start.parent_alone else None
    if unit is None:
        return None
    statements = [each for each in ast.walk(unit.tree) if isinstance(each, ast.stmt) and _holds(unit, each, start.span)]
    last = min(statements, key=lambda each: unit.span(each).end - unit.span(each).start, default=None)
    return None if last is None else _line_before(unit, last, _FORKED, "close the parent's connections before the fork")


def close_each_round(loop: CommandLoop) -> Fix | None:
    """`connections.close_all()` at the start of each round of a command's loop."""
    unit = unit_of(loop.span.source) if loop.alone else None
    for node in ast.walk(unit.tree) if unit is not None else ():
        if unit is not None and isinstance(node, (ast.While, ast.For)) and unit.span(node).start == loop.span.start:
            return _line_before(unit, node.body[0], _ROUND, "begin each round without a connection")
    return None


def leave_eager_alone(found: SignalClose) -> Fix | None:
    """`if not task.request.is_eager:` before the close of a receiver."""
    unit = unit_of(found.span.source) if found.span.path == found.close.span.path else None
    if unit is None:
        return None
    for node in ast.walk(unit.tree):
        if not isinstance(node, ast.FunctionDef) or unit.span(node).start != found.span.start:
            continue
        names = {each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        task = next((name for name in ("task", "sender") if name in names), None)
        line = next(
            (each for each in ast.walk(node) if isinstance(each, ast.Expr) and _holds(unit, each, found.close.span)),
            None,
        )
        if task is None or line is None or not _stands_alone(unit, line):
            return None
        return Fix(
            Safety.UNSAFE, "close nothing for eager tasks", (_under(unit, line, f"if not {task}.request.is_eager:"),)
        )
    return None


def _function(start: WorkStart) -> tuple[Unit, ast.FunctionDef] | None:
    """The function that a start runs, where it may be changed."""
    place = start.target_span
    unit = unit_of(place.source) if place is not None and start.alone else None
    for node in ast.walk(unit.tree) if unit is not None else ():
        if (
            place is not None
            and unit is not None
            and isinstance(node, ast.FunctionDef)
            and unit.span(node).start == place.start
        ):
            return (unit, node) if _is_plain(node) else None
    return None


def _is_plain(node: ast.FunctionDef) -> bool:
    """Whether a function runs from its start to its end when it is called, and nothing is put around it."""
    return not node.decorator_list and not any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in _own(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions in it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _own(child)


def _ends_with_close(node: ast.FunctionDef) -> bool:
    """Whether the last thing a function does is to close everything already."""
    last = node.body[-1]
    last = last.body[-1] if isinstance(last, ast.While) else last
    return isinstance(last, ast.Try) and any("close_all" in ast.unparse(each) for each in last.finalbody)


def _is_endless(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.While) and not statement.orelse and ast.unparse(statement.test) in ("True", "1")


def _around(function: ast.FunctionDef, node: ast.AST) -> list[ast.AST]:
    """The nodes of a function that hold another node of it."""
    return [each for each in ast.walk(function) if each is not node and any(inner is node for inner in ast.walk(each))]


def _holds(unit: Unit, node: ast.AST, span: Span) -> bool:
    place = unit.span(node)
    return place.start <= span.start and span.end <= place.end


def _stands_alone(unit: Unit, statement: ast.stmt) -> bool:
    """Whether a statement begins its line, and is the first on it."""
    place = unit.span(statement)
    return not unit.source.text[unit.source.offset(place.line, 1) : place.start].strip(" \t")


def _line_before(unit: Unit, statement: ast.stmt, reason: str, title: str) -> Fix | None:
    decorators = getattr(statement, "decorator_list", None)
    imported: Imported | None = connections(unit)
    if imported is None or decorators or not _stands_alone(unit, statement) or _closes(statement):
        return None
    source, at = unit.source, unit.span(statement).start
    indent = source.text[source.offset(unit.span(statement).line, 1) : at]
    text = f"{imported.name}.close_all()  # {reason}{line_end(source, at)}{indent}"
    return Fix(Safety.UNSAFE, title, (*imported.edits, Edit(source.span(at, at), text)))


def _closes(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and "close" in ast.unparse(statement)


def _under(unit: Unit, statement: ast.stmt, condition: str) -> Edit:
    """A statement of one line, put under a condition."""
    source, place = unit.source, unit.span(statement)
    indent = source.text[source.offset(place.line, 1) : place.start]
    step = "\t" if "\t" in indent else "    "
    return Edit(source.span(place.start, place.start), f"{condition}{line_end(source, place.start)}{indent}{step}")
