"""Names: where a name is looked up and where an assignment binds it."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import MISSING, Abstract, Dict, External, Known, Mark
from connlint.python.language.frame import Frame
from connlint.python.language.mappings import present, read
from connlint.python.language.plain import names_of

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_BUILTINS: Final = frozenset(dir(builtins))
_CONSTANTS: Final = {"__debug__": True, "NotImplemented": NotImplemented, "Ellipsis": ...}


def load_name(run: Interpreter, name: str, frame: Frame, mark: Mark) -> Abstract:
    """The value of a name; fails with NameError when nothing binds it."""
    for scope in _scopes(name, frame):
        value = read(run, scope, name) if name in scope.cells or scope.rest is not None else MISSING
        if value is MISSING:
            continue
        if MISSING in value.options:
            run.may_fail(names_of(NameError), "the name may not be bound", mark)
        return present(value)
    if name in _CONSTANTS:
        return Known(_CONSTANTS[name], (mark,))
    if name in _BUILTINS:
        return External(f"builtins.{name}", (mark,))
    if frame.module.fallback is not None:
        return frame.module.fallback
    return run.fail(names_of(NameError), "the name is not defined", mark)


def _scopes(name: str, frame: Frame) -> tuple[Dict, ...]:
    if name in frame.outer or frame.scope is frame.module:
        return (frame.module,)
    return (frame.scope, *frame.scopes, frame.module)


def scope_of(name: str, frame: Frame) -> Dict:
    """The namespace an assignment to `name` writes to."""
    if name in frame.outer:
        return frame.module
    if name in frame.free:
        return next((scope for scope in frame.scopes if name in scope.cells), frame.scope)
    return frame.scope


def bind(run: Interpreter, name: str, value: Abstract, frame: Frame) -> None:
    """Assign to a name."""
    run.store.write(scope_of(name, frame), name, value)


def unbind(run: Interpreter, name: str, frame: Frame, mark: Mark) -> None:
    """Delete a name."""
    scope = scope_of(name, frame)
    if name not in scope.cells and scope.rest is None:
        run.fail(names_of(NameError), "the name is not defined", mark)
    run.store.write(scope, name, MISSING)
