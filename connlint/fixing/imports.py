"""The import of `connections` from django.db, as a module has it or in the place and the style of its other imports."""

from __future__ import annotations

import ast
import sys
from typing import Final

from connlint.fixing.displays import line_end
from connlint.python.modules import Unit
from connlint.records import dataclass
from connlint.source import Edit

_NAME: Final = "connections"
_MODULE: Final = "django.db"


@dataclass(frozen=True, slots=True)
class Imported:
    """How `connections` is spelled in a module once the edits are made."""

    name: str
    edits: tuple[Edit, ...] = ()


def connections(unit: Unit, instead_of: str = "") -> Imported | None:
    """The name under which a module has django.db.connections; None where its own names stand in the way.

    `instead_of`: a name that is imported from django.db and will no longer be used.
    """
    froms = [each for each in unit.tree.body if isinstance(each, ast.ImportFrom) and not each.level]
    for statement in froms:
        for alias in statement.names:
            if (statement.module, alias.name) == (_MODULE, _NAME):
                return Imported(alias.asname or alias.name)
            if (statement.module, alias.name) == ("django", "db"):
                return Imported(f"{alias.asname or alias.name}.{_NAME}")
    if _is_taken(unit):
        return None
    known = next((each for each in froms if each.module == _MODULE and each.names[0].name != "*"), None)
    if known is None:
        return Imported(_NAME, (_new_line(unit),))
    for alias in known.names:
        if alias.name == instead_of and alias.asname is None and _uses(unit, instead_of) == 1:
            return Imported(_NAME, (Edit(unit.span(alias), _NAME),))
    return Imported(_NAME, (_into(unit, known),))


def _uses(unit: Unit, name: str) -> int:
    return sum(isinstance(each, ast.Name) and each.id == name for each in ast.walk(unit.tree))


def _is_taken(unit: Unit) -> bool:
    """Whether anything in the module is called `connections` already."""
    for node in ast.walk(unit.tree):
        words = (getattr(node, key, None) for key in ("id", "arg", "asname"))
        if _NAME in words or (isinstance(node, ast.alias) and node.name == _NAME and node.asname is None):
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == _NAME:
            return True
    return False


def _into(unit: Unit, statement: ast.ImportFrom) -> Edit:
    """One more name in `from django.db import ...`, where the alphabet puts it."""
    source = unit.source
    later = next((alias for alias in statement.names if alias.name > _NAME), None)
    beside = later or statement.names[-1]
    place = unit.span(beside)
    head = source.text[source.offset(place.line, 1) : place.start]
    between = line_end(source, place.start) + head if not head.strip() else " "
    if later is not None:
        return Edit(source.span(place.start, place.start), f"{_NAME},{between}")
    return Edit(source.span(place.end, place.end), f",{between}{_NAME}")


def _new_line(unit: Unit) -> Edit:
    """An import statement of its own: among those of installed packages, by the alphabet, else behind the standard library's."""
    source, text = unit.source, f"from {_MODULE} import {_NAME}"
    imports = [each for each in unit.tree.body if isinstance(each, (ast.Import, ast.ImportFrom))]
    installed = [each for each in imports if _rank(unit, each)[0] == 1]
    before = [each for each in installed or imports if _rank(unit, each) <= (1, _MODULE)]
    if before:
        last = max(before, key=lambda each: _rank(unit, each))
        at = _end_of_line(unit, last)
        end = line_end(source, unit.span(last).start)
        return Edit(source.span(at, at), f"{end}{text}" if installed else f"{end}{end}{text}")
    end = line_end(source, 0)
    if imports:
        at = source.offset(unit.span((installed or imports)[0]).line, 1)
        return Edit(source.span(at, at), f"{text}{end if installed else end * 2}")
    body = unit.tree.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        at = _end_of_line(unit, body[0])
        return Edit(source.span(at, at), f"{end}{end}{text}")
    at = source.offset(unit.span(_first(body[0])).line, 1) if body else 0
    return Edit(source.span(at, at), f"{text}{end}{end}{end}")


def _first(statement: ast.stmt) -> ast.AST:
    """The statement, or its first decorator."""
    decorators = getattr(statement, "decorator_list", None)
    return decorators[0] if decorators else statement


def _rank(unit: Unit, statement: ast.Import | ast.ImportFrom) -> tuple[int, str]:
    """By what isort sorts: the standard library, what is installed, the project itself; then the name."""
    relative = isinstance(statement, ast.ImportFrom) and statement.level
    name = (statement.module or "") if isinstance(statement, ast.ImportFrom) else statement.names[0].name
    top = name.partition(".")[0]
    if relative or top == unit.path.partition("/")[0]:
        return 2, name
    if top == "__future__":
        return -1, name
    return (0, name) if top in sys.stdlib_module_names else (1, name)


def _end_of_line(unit: Unit, statement: ast.stmt) -> int:
    source, line = unit.source, unit.span(statement).end_line
    return source.offset(line, 1) + len(source.line(line))
