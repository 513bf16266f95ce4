"""Questions about syntax trees that need no evaluation."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def targets_of(statement: ast.stmt) -> Iterator[ast.expr]:
    """Every target that a statement assigns to, its own blocks included, functions and classes not."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node
        stack.extend(ast.iter_child_nodes(node))


def names_read(tree: ast.Module) -> set[str]:
    """Every name that code of a module reads, as a name, an attribute or an import."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found.update(alias.name for alias in node.names)
    return found
