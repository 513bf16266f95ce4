"""Import statements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint.python.language.domain import External, Lazy, Module, Unknown
from connlint.python.language.flow import NORMAL, Completion
from connlint.python.language.frame import Frame
from connlint.python.language.loader import find_module, resolve, star_import
from connlint.python.language.names import bind
from connlint.python.language.plain import names_of
from connlint.python.language.setters import run_setters

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

IMPORT_ERROR = names_of(ModuleNotFoundError)


def import_names(run: Interpreter, node: ast.Import, frame: Frame) -> Completion:
    """`import a.b.c`, `import a.b as c`."""
    for alias in node.names:
        found = find_module(run, alias.name, frame.mark(node))
        if isinstance(found, Module):
            run_setters(run, alias.name, frame.mark(node))
        if alias.asname:
            bind(run, alias.asname, found, frame)
            continue
        top = alias.name.partition(".")[0]
        if isinstance(found, (Module, External)):
            found = find_module(run, top, frame.mark(node))
        bind(run, top, found, frame)
    return NORMAL


def import_from(run: Interpreter, node: ast.ImportFrom, frame: Frame) -> Completion:
    """`from a import b`, `from . import b`, `from a import *`; names are loaded when they are needed."""
    mark = frame.mark(node)
    name = absolute_name(frame, node.module or "", node.level)
    if name == "__future__":
        return NORMAL
    if name is None:
        unknown = run.fail(names_of(ImportError), "the relative import leads out of its package", mark)
        for alias in node.names:
            bind(run, alias.asname or alias.name, unknown, frame)
        return NORMAL
    module = find_module(run, name, mark)
    if isinstance(module, Module):
        for alias in node.names:
            run_setters(run, f"{name}.{alias.name}" if run.finder.find(f"{name}.{alias.name}") else name, mark)
    for alias in node.names:
        if alias.name == "*":
            star_import(run, module, frame, mark)
        elif isinstance(module, Module):
            lazy = Lazy(module.name, alias.name, mark)
            checked = resolve(run, lazy) if run.catches(names_of(ImportError)) else lazy
            bind(run, alias.asname or alias.name, checked, frame)
        elif isinstance(module, External):
            bind(run, alias.asname or alias.name, run.attribute(module, alias.name, frame.mark(alias)), frame)
        else:
            missing = module if isinstance(module, Unknown) else Unknown("the import is not known", (mark,))
            bind(run, alias.asname or alias.name, missing, frame)
    return NORMAL


def absolute_name(frame: Frame, name: str, level: int) -> str | None:
    """The dotted name an import speaks of; None when it leads above the top package."""
    if level == 0:
        return name
    parts = frame.unit.package.split(".") if frame.unit.package else []
    if level - 1 > len(parts) or not parts:
        return None
    base = parts[: len(parts) - (level - 1)]
    return ".".join([*base, name] if name else base) or None
