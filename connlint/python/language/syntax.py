"""Questions about syntax trees that need no evaluation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any, Final


def children(node: ast.AST) -> list[ast.AST]:
    """The direct children of a node but for contexts, in order: `ast.iter_child_nodes` at half its cost."""
    found: list[ast.AST] = []
    for name in node._fields:
        if name != "ctx":
            held = getattr(node, name, None)
            if isinstance(held, ast.AST):
                found.append(held)
            elif isinstance(held, list):
                found += [each for each in held if isinstance(each, ast.AST)]
    return found


def targets_of(statement: ast.stmt) -> Iterator[ast.expr]:
    """Every target that a statement assigns to, its own blocks included, functions and classes not."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node
        stack.extend(children(node))


def names_bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds otherwise than by assignment; `*` for those of a star import."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name is not None:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest is not None:
            yield node.rest
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif not isinstance(node, ast.Lambda):
            stack.extend(children(node))


def names_in_functions(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Every name that functions of a module mention, and those that they declare global."""
    mentioned: set[str] = set()
    declared: set[str] = set()
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, inside = pending.pop()
        if inside and isinstance(node, ast.Name):
            mentioned.add(node.id)
        elif inside and isinstance(node, ast.Attribute):
            mentioned.add(node.attr)
        elif isinstance(node, ast.Global):
            declared.update(node.names)
        inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        pending.extend((child, inside) for child in children(node))
    return mentioned, declared


def names_read(tree: ast.Module) -> set[str]:
    """Every name that code of a module reads, as a name, an attribute or an import."""
    found: set[str] = set()
    pending: list[Any] = [tree]
    while pending:  # every node of every settings module passes here, hence no call for each
        node = pending.pop()
        kind = node.__class__
        if kind is ast.Name:
            if node.ctx.__class__ is ast.Load:
                found.add(node.id)
            continue
        if kind is ast.Attribute:
            found.add(node.attr)
        elif kind is ast.ImportFrom:
            found.update(alias.name for alias in node.names)
        for name in _fields_with_names(kind):
            held = getattr(node, name, None)
            if held.__class__ is list:
                pending += held
            elif held is not None:
                pending.append(held)
    return found


# Fields whose content is no node, or one that names nothing.
_PLAIN: Final = frozenset(
    {"ctx", "op", "ops", "kind", "type_comment", "type_ignores", "level", "module", "asname", "arg", "conversion", "simple",
     "is_async"}
)  # fmt: skip


@cache
def _fields_with_names(kind: type[object]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold what reads a name; none for what is no node, as a text in a list."""
    if kind is ast.Constant:
        return ()
    return tuple(name for name in getattr(kind, "_fields", ()) if name not in _PLAIN)
