"""Models of what looks at the program itself: getattr, globals, vars, isinstance, super, sys.modules, exec."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.language import loader, mappings
from connlint.python.language.attributes import get_attribute, set_attribute
from connlint.python.language.classes import build
from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Arguments,
    Bound,
    Class,
    Dict,
    External,
    Function,
    Handler,
    Instance,
    Known,
    List,
    Mark,
    Method,
    Module,
    Native,
    Super,
    Tuple,
    Unknown,
)
from connlint.python.language.flow import Completion, End, Failed
from connlint.python.language.frame import Frame
from connlint.python.language.plain import NotPlain, names_of, plain
from connlint.python.modules import ModuleUnparsable, Unit, parse
from connlint.source import Source

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_CALLABLE: Final = (Function, Bound, Class, Native, Method, External)


def _name_of(value: Abstract | None) -> str | None:
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def _getattr(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    owner, name, default = arguments.get(0, ""), arguments.get(1, ""), arguments.get(2, "")
    attribute = _name_of(name)
    if owner is None or attribute is None:
        return run.unknown_of([name] if name else [], "which attribute is read is not known", mark)
    if default is None:
        return get_attribute(run, owner, attribute, mark)
    return _attempt(run, lambda: get_attribute(run, owner, attribute, mark), default)


def _attempt(run: Interpreter, read: Callable[[], Abstract], default: Abstract) -> Abstract:
    """What `read` gives, or the default where it fails with AttributeError."""
    names = frozenset({"builtins.AttributeError", "builtins.ImportError"})
    run.catchers.append(names)

    def branch() -> Completion:
        return Completion(End.NORMAL, read())

    try:
        completion = run.scope(branch, frozenset())
        return completion.value or default
    except Failed as error:
        if names & set(error.error.names):
            return default
        raise
    finally:
        run.catchers.pop()


def _hasattr(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    owner, attribute = arguments.get(0, ""), _name_of(arguments.get(1, ""))
    if owner is None or attribute is None:
        return Unknown("which attribute is asked for is not known", (mark,))
    found = _attempt(run, lambda: get_attribute(run, owner, attribute, mark), MISSING)
    if found is MISSING:
        return Known(False, (mark,))
    if isinstance(found, (Unknown, External)):
        return Unknown("whether it has the attribute is not known", (mark,))
    return Known(True, (mark,))


def _setattr(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    owner, attribute, value = arguments.get(0, ""), _name_of(arguments.get(1, "")), arguments.get(2, "")
    if owner is not None and value is not None:
        if attribute is not None:
            set_attribute(run, owner, attribute, value, mark)
        else:
            names = loader.load(run, owner) if isinstance(owner, Module) else owner
            if isinstance(names, Dict):
                mappings.blur(run, names, Unknown("a name was set, and which is not known", (mark,)))
    return Known(None, (mark,))


def _globals(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return run.frames[-1].module


def _locals(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return run.frames[-1].scope


def _vars(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    owner = arguments.get(0, "")
    if owner is None:
        return run.frames[-1].scope
    return get_attribute(run, owner, "__dict__", mark)


def _dir(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    owner = arguments.get(0, "")
    names = run.frames[-1].scope if owner is None else owner
    if isinstance(names, Module):
        names = loader.load(run, names)
    found: set[str] = set()
    if isinstance(names, Dict) and names.rest is None:
        found = {key for key in names.known_keys() if isinstance(key, str)}
    elif isinstance(names, (Class, Instance)):
        found = _members_of(names)
    else:
        return run.unknown_of([names], "which attributes it has is not known", mark)
    return run.make_list([Known(name, (mark,)) for name in sorted(found)], (mark,))


def _members_of(owner: Class | Instance) -> set[str]:
    cls = owner.of if isinstance(owner, Instance) else owner
    cells: list[Hashable] = list(owner.cells)
    for base in cls.order:
        if isinstance(base, Class):
            cells += base.cells
    return {str(cell) for cell in cells if isinstance(cell, str)}


def _getmembers(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """inspect.getmembers: every attribute, read from the object, sorted by name."""
    owner = arguments.get(0, "object")
    names = loader.load(run, owner) if isinstance(owner, Module) else owner
    if isinstance(names, Dict):
        found = {key for key in names.known_keys() if isinstance(key, str)}
    elif isinstance(names, (Class, Instance)):
        found = _members_of(names)
    else:
        return Unknown("which attributes it has is not known", (mark,))
    assert owner is not None
    pairs: list[Abstract] = []
    for name in sorted(found):
        if name.startswith("__"):
            continue
        pairs.append(Tuple((Known(name, (mark,)), get_attribute(run, owner, name, mark))))
    return run.make_list(pairs, (mark,))


def _callable(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    value = arguments.get(0, "")
    if isinstance(value, _CALLABLE):
        return Known(True, (mark,))
    if isinstance(value, (Known, List, Dict, Tuple)):
        return Known(False, (mark,))
    return run.unknown_of([value] if value else [], "whether it can be called is not known", mark)


def _super(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    frame = run.frames[-1]
    if len(arguments.positional) == 2 and isinstance(arguments.positional[0], Class):
        return Super(arguments.positional[0], arguments.positional[1])
    owner = frame.function.owner if frame.function else None
    if owner is None or frame.first is None:
        return Unknown("which class super() speaks of is not known", (mark,))
    return Super(owner, frame.first)


def _type(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    if len(arguments.positional) == 3:
        name, bases, cells = arguments.positional
        if isinstance(bases, Tuple) and isinstance(cells, Dict):
            return build(run, _name_of(name) or "", bases.items, dict(cells.cells), mark)
        return Unknown("which class is made is not known", (mark,))
    value = arguments.get(0, "")
    if isinstance(value, Instance):
        return value.of
    if isinstance(value, Known):
        return External(f"builtins.{type(value.value).__name__}", (mark,))
    kinds = {Dict: "dict", Tuple: "tuple"}
    if isinstance(value, List):
        return External(f"builtins.{value.kind}", (mark,))
    if type(value) in kinds:
        return External(f"builtins.{kinds[type(value)]}", (mark,))
    return run.unknown_of([value] if value else [], "what type it is is not known", mark)


def _import_module(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    name = arguments.get(0, "name")

    def one(option: Abstract) -> Abstract:
        text = _name_of(option)
        if text is None:
            return run.unknown_of([option], "which module is imported is not known", mark)
        if text.startswith("."):
            package = _name_of(arguments.get(1, "package")) or ""
            dots = len(text) - len(text.lstrip("."))
            parts = package.split(".")
            text = ".".join([*parts[: len(parts) - dots + 1], text.lstrip(".")])
        return loader.find_module(run, text, mark)

    return run.each(name, one) if name is not None else Unknown("which module is imported is not known", (mark,))


def _exec(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """exec(): run a known text in the namespace it names."""
    code, names = arguments.get(0, ""), arguments.get(1, "globals")
    caller = run.frames[-1]
    target = names if isinstance(names, Dict) else caller.scope
    if not isinstance(code, Known) or not isinstance(code.value, (str, bytes, ast.Module)):
        unknown = run.unknown_of([code] if code else [], "code is run that is not known", mark)
        target.fallback = unknown
        return unknown
    text = code.value.decode(errors="replace") if isinstance(code.value, bytes) else code.value
    try:
        tree = text if isinstance(text, ast.Module) else parse(Source(caller.unit.path, text))
    except ModuleUnparsable:
        return run.fail(names_of(SyntaxError), "the code that is run is not valid Python", mark)
    source = Source(caller.unit.path, text if isinstance(text, str) else "")
    inner = Frame(Unit(caller.unit.name, source, tree, caller.unit.package), target, target)
    run.frames.append(inner)
    try:
        run.execute(tree.body, inner)
    finally:
        run.frames.pop()
    return Known(None, (mark,))


def _compile(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """compile(): the text itself stands for the code."""
    code = arguments.get(0, "source")
    return code if code is not None else Unknown("the code is not known", (mark,))


def _eval(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    try:
        text = plain(arguments.positional[0]) if arguments.positional else None
        tree = ast.parse(text, mode="eval") if isinstance(text, str) and len(text) < 10_000 else None
    except (NotPlain, SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if tree is None:
        return run.unknown_of(arguments.positional, "code is evaluated that is not known", mark)
    frame = run.frames[-1]
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            ast.copy_location(node, mark.node)
    return run.evaluate(tree.body, frame)


HANDLERS: Final[Mapping[str, Handler]] = {
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.globals": _globals,
    "builtins.locals": _locals,
    "builtins.vars": _vars,
    "builtins.dir": _dir,
    "builtins.callable": _callable,
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.exec": _exec,
    "builtins.eval": _eval,
    "builtins.compile": _compile,
    "builtins.__import__": _import_module,
    "importlib.import_module": _import_module,
    "django.utils.module_loading.import_module": _import_module,
    "inspect.getmembers": _getmembers,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
