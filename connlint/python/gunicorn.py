"""Evaluating gunicorn's configuration file, which is Python: the settings as gunicorn takes them."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.facts import Product, product
from connlint.formats.document import Document, Entry, Problem
from connlint.project.tree import Tree, Unreadable
from connlint.python.export import to_value
from connlint.python.language.domain import (
    Abstract,
    Bound,
    Class,
    External,
    Function,
    Known,
    Module,
    Native,
    OneOf,
    origins_of,
)
from connlint.python.language.fuel import Fuel
from connlint.python.language.interpreter import Interpreter
from connlint.python.language.loader import load, namespace
from connlint.python.language.mappings import read
from connlint.python.modules import Finder, ModuleUnparsable, Unit
from connlint.source import Source
from connlint.value import ABSENT, Value

KIND: Final = "gunicorn"
_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.DictComp, ast.SetComp,
                  ast.GeneratorExp)  # fmt: skip


class _Refused(ValueError):
    """A value that gunicorn refuses; `str()` says what it expects."""


def evaluate_gunicorn(tree: Tree, path: str, *, environment: Mapping[str, Value], cpus: Value) -> Document:
    """Evaluate a gunicorn configuration file without running it.

    `entries` are the names that the file itself assigns, in order; `settings` the ones that gunicorn knows, cast
    and checked as gunicorn does (gunicorn/config.py, `Config.set`). A value that gunicorn refuses is a fatal problem
    and unknown. `groups["read"]` has the names that the file reads. The variable WEB_CONCURRENCY is not looked at.
    Never raises: an unreadable file is a problem.
    """
    try:
        source = tree.read(path)
    except Unreadable as error:
        empty = Source(path, "")
        return Document(KIND, empty, problems=(Problem(error.code, str(error), empty.span(0, 0), fatal=True),))
    finder = Finder(tree, (".", posixpath.dirname(path) or "."))
    try:
        unit = finder.parse(path, "__config__", is_package=False)
    except ModuleUnparsable as error:
        return Document(KIND, source, problems=(Problem("syntax", str(error), error.span, fatal=True),))
    run = Interpreter(finder, environment, cpus, fuel=Fuel.after(tree.spent))
    module = Module(run.store.number(), (), {}, "__config__", path)
    module.names = namespace(run, module)
    run.modules["__config__"] = module
    names = load(run, module)
    tree.spent += run.fuel.spent
    entries = tuple(_entries(unit))
    facts = product(KIND)
    settings: dict[str, Value] = {}
    problems = [Problem("not-followed", reason, span) for span, reason in run.problems.values()]
    imported = _imported(unit.tree)
    for name in list(names.known_keys()):
        if (
            not isinstance(name, str)
            or name not in facts.names
            or (name in imported and name not in {e.key for e in entries})
        ):
            continue
        value = _typed(facts, name, read(run, names, name))
        settings[name] = value
        if value.is_unknown and value.reason.startswith(_EXPECTS):
            span = value.span or source.span(0, 0)
            problems.append(Problem("bad-value", f"{name}: {value.reason}", span, fatal=True))
    groups = {"read": {name: Value.exact(True) for name in _names_read(unit.tree)}}
    return Document(KIND, source, entries, settings, groups, tuple(problems))


def _names_read(syntax: ast.Module) -> Iterator[str]:
    """The names that something in the file reads: what is computed from them is not lost."""
    yield from dict.fromkeys(
        node.id for node in ast.walk(syntax) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def _entries(unit: Unit) -> Iterator[Entry]:
    """Every name that the file binds at its top level, outside functions and classes."""
    stack: list[ast.stmt] = list(reversed(unit.tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            span = unit.span(node)
            at = span.source.text.find(node.name, span.start)
            key = unit.source.span(at, at + len(node.name))
            yield Entry("", node.name, None, key, key)
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            yield from _assigned(unit, node)
        for name in ("body", "orelse", "handlers", "finalbody", "cases"):
            children = getattr(node, name, ())
            for child in reversed(children):
                stack += reversed(child.body) if hasattr(child, "body") and not isinstance(child, ast.stmt) else [child]


def _assigned(unit: Unit, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Iterator[Entry]:
    if node.value is None:
        return
    span = unit.span(node.value)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        for name in ast.walk(target):
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                yield Entry("", name.id, span.text, unit.span(name), span)


def _imported(syntax: ast.Module) -> set[str]:
    """Names bound by import statements: a module called like a setting is not meant as one."""
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in syntax.body
        if isinstance(node, ast.Import)
        for alias in node.names
    }


_EXPECTS: Final = "gunicorn expects "


def _typed(facts: Product, name: str, value: Abstract) -> Value:
    """A value as gunicorn's own check of that setting makes it."""
    setting = facts.settings.get(name)
    kind = setting.type if setting is not None else "str"
    if isinstance(value, OneOf):
        parts = [_typed(facts, name, option) for option in value.choices]
        unknown = next((part for part in parts if part.is_unknown), None)
        return unknown or Value.choice((v for part in parts for v in part.alternatives), *origins_of(value.where))
    named = _named(value)
    if named is not None:
        return named if kind != "callable" else Value.exact(f"{name}()", *origins_of(value.where))
    plain = to_value(value)
    if not plain.alternatives:
        return plain
    try:
        cast = [v if v is ABSENT else _cast(kind, v) for v in plain.alternatives]
    except _Refused as error:
        return Value.unknown(f"{_EXPECTS}{error}", *plain.origins)
    return Value.choice(cast, *plain.origins)


def _named(value: Abstract) -> Value | None:
    """The dotted name of a class or function given as a value."""
    origins = origins_of(value.where)
    if isinstance(value, External):
        return Value.exact(value.name, *origins)
    if isinstance(value, Class):
        module = value.cells.get("__module__")
        prefix = str(module.value) if isinstance(module, Known) else "__config__"
        return Value.exact(f"{prefix}.{value.name}", *origins)
    if isinstance(value, (Function, Bound, Native)):
        return Value.exact(getattr(value, "name", "") or "function", *origins)
    return None


def _cast(kind: str, value: object) -> object:
    if kind in ("int", "seconds"):
        return _count(value)
    if kind == "bool":
        return _flag(value)
    if kind == "list":
        return _texts(value)
    if kind in ("str", "enum"):
        return _text(value)
    return value


def _count(value: object) -> object:
    try:
        number = int(value) if isinstance(value, int) else int(value, 0)  # type: ignore[call-overload]  # what is no text raises the TypeError below
    except (TypeError, ValueError):
        raise _Refused("a whole number, as a number or a text") from None
    if number < 0:
        raise _Refused("a number that is not negative")
    return number


def _flag(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower().strip() in ("true", "false"):
        return value.lower().strip() == "true"
    raise _Refused("True or False")


def _text(value: object) -> object:
    return value.strip() if isinstance(value, str) else value  # many a setting of texts takes None, numbers or classes


def _texts(value: object) -> object:
    if not value:
        return []
    if isinstance(value, str):
        return [value.strip()]
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise _Refused("a list of texts")
    return [_text(item) for item in value]
