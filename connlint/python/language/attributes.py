"""Attributes: reading and writing them on everything that evaluated code can hold."""

from __future__ import annotations

import builtins
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from connlint.python.language import loader
from connlint.python.language.classes import ENVIRONMENTS, bound, find_in_class, instance_attribute, made_of
from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Bound,
    Class,
    Dict,
    External,
    Function,
    Instance,
    Known,
    List,
    Mark,
    Method,
    Module,
    Native,
    Special,
    Super,
    Tuple,
    Unknown,
    Wrapped,
)
from connlint.python.language.mappings import read
from connlint.python.language.plain import compute, names_of
from connlint.python.language.strings import find_method
from connlint.python.models.external import canonical, constant

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

# Immutable values of the standard library whose public attributes are as harmless as they look.
# By name, so that none of these modules is imported for it.
_OPEN: Final = frozenset(
    {"urllib.parse.ParseResult", "urllib.parse.SplitResult", "datetime.date", "datetime.timedelta", "datetime.time",
     "decimal.Decimal", "uuid.UUID", "re.Match", "re.Pattern", "builtins.range", "builtins.complex"}
)  # fmt: skip


def _is_open(held: object) -> bool:
    return any(f"{kind.__module__}.{kind.__qualname__}" in _OPEN for kind in type(held).__mro__)


def get_attribute(run: Interpreter, value: Abstract, name: str, mark: Mark) -> Abstract:
    """`value.name`; fails with AttributeError when it is certain that there is none."""
    return run.each(value, lambda option: _get(run, option, name, mark))


def _get(run: Interpreter, value: Abstract, name: str, mark: Mark) -> Abstract:
    if isinstance(value, External):
        full = canonical(f"{value.name}.{name}")
        held = constant(run, full, mark)
        return held if held is not None else External(full, (mark,))
    if isinstance(value, Unknown):
        run.may_fail((), "the attribute may be missing", mark)
        return value
    if isinstance(value, Module):
        return _of_module(run, value, name, mark)
    if isinstance(value, Special):
        return value.attribute(run, name, mark)
    if isinstance(value, Known):
        found: Abstract | None = _of_plain(run, value, name, mark)
    elif isinstance(value, (List, Dict, Tuple)):
        found = Method(value, name)
    elif isinstance(value, Instance):
        found = _of_instance(run, value, name, mark)
    elif isinstance(value, Class):
        found = _of_class(run, value, name, mark)
    elif isinstance(value, Super):
        found = _of_super(run, value, name, mark)
    else:
        found = _of_callable(run, value, name, mark)
    if found is not None:
        return found
    return run.fail(names_of(AttributeError), f"there is no attribute {name}", mark)


def _of_module(run: Interpreter, module: Module, name: str, mark: Mark) -> Abstract:
    if name == "__dict__":
        return loader.load(run, module)
    submodule = run.modules.get(f"{module.name}.{name}")
    if submodule is not None and module.state == "found":
        return submodule
    if name == "__name__":
        return Known(module.name, (mark,))
    if run.catches(names_of(AttributeError)) and not run.finder.find(f"{module.name}.{name}"):
        names = loader.load(run, module)
        if read(run, names, name) is MISSING and names.fallback is None:
            return run.fail(names_of(AttributeError), f"{module.name} has no {name}", mark)
    return loader.member(run, module, name, mark)


def _of_plain(run: Interpreter, value: Known, name: str, mark: Mark) -> Abstract | None:
    held = value.value
    if isinstance(held, PurePath):
        from connlint.python.models.paths import path_attribute

        return path_attribute(run, value, name, mark)
    if find_method(held, name) is not None:
        return Method(value, name)
    if _is_open(held) and not name.startswith("_"):
        if callable(getattr(type(held), name, None)):
            return Method(value, name)
        return compute(run, name, lambda v: getattr(v, name), (value,), mark) if hasattr(held, name) else None
    if name == "__class__":
        return External(f"builtins.{type(held).__name__}", (mark,))
    if hasattr(held, name):
        return Unknown(f"the attribute {name} is not modelled", (mark,))
    return None


def _of_instance(run: Interpreter, value: Instance, name: str, mark: Mark) -> Abstract | None:
    if name == "__class__":
        return value.of
    if name == "__dict__":
        return Dict(run.store.number(), value.marks, dict(value.cells))
    return instance_attribute(run, value, name, mark)


def _of_class(run: Interpreter, value: Class, name: str, mark: Mark) -> Abstract | None:
    if name in ("__name__", "__qualname__"):
        return Known(value.name, (mark,))
    if name == "__dict__":
        return Dict(run.store.number(), value.marks, dict(value.cells))
    if name == "__mro__":
        return Tuple(value.order, (mark,))
    if name == "__bases__":
        return Tuple(value.order[1:], (mark,))
    if name == "__members__" and value.is_enum:
        return run.make_dict({k: v for k, v in value.cells.items() if isinstance(v, Instance)}, (mark,))
    found = find_in_class(value, name)
    if found is None:
        base = next((b for b in value.order if isinstance(b, External) and b.name in ENVIRONMENTS), None)
        return None if base is None else get_attribute(run, base, name, mark)
    return bound(run, found, None, value, mark)


def _of_super(run: Interpreter, value: Super, name: str, mark: Mark) -> Abstract | None:
    cls = value.receiver.of if isinstance(value.receiver, Instance) else value.receiver
    if not isinstance(cls, Class):
        return Unknown("which class super() speaks of is not known", (mark,))
    found = find_in_class(cls, name, value.after)
    receiver = value.receiver if isinstance(value.receiver, Instance) else None
    if found is not None:
        return bound(run, found, receiver, cls, mark)
    if receiver is not None and receiver.base is not None and made_of(receiver, name):
        return get_attribute(run, receiver.base, name, mark)
    if name in ("__init__", "__init_subclass__", "setup", "pre_setup", "post_setup", "__setattr__"):
        return Native(name, lambda run, arguments, mark: Known(None, (mark,)))
    return None


def _of_callable(run: Interpreter, value: Abstract, name: str, mark: Mark) -> Abstract | None:
    if isinstance(value, Wrapped):
        if name == "fget":
            return value.function
        if name in ("setter", "getter", "deleter"):
            return Wrapped("setter", value)
    if isinstance(value, Bound) and name == "__self__":
        return value.receiver
    function = value.function if isinstance(value, Bound) else value
    if isinstance(function, Function):
        if name in function.cells:
            return function.cells[name]
        if name in ("__name__", "__qualname__"):
            return Known(function.name, (mark,))
        if name in ("__module__", "__doc__", "__wrapped__", "cache_clear", "__annotations__"):
            return Unknown(f"the attribute {name} is not modelled", (mark,))
        return None
    return Unknown(f"the attribute {name} is not modelled", (mark,))


def set_attribute(run: Interpreter, owner: Abstract, name: str, value: Abstract, mark: Mark) -> None:
    """`owner.name = value`."""

    def put(option: Abstract) -> Abstract:
        if isinstance(option, Module):
            names = loader.load(run, option) if option.state == "found" else option.names
            if names is not None:
                run.store.write(names, name, value)
        elif isinstance(option, (Instance, Class, Function)):
            run.store.write(option, name, value)
        elif isinstance(option, Special):
            option.set_attribute(run, name, value, mark)
        return Known(None)

    run.each(owner, put)


def delete_attribute(run: Interpreter, owner: Abstract, name: str) -> None:
    """`del owner.name`."""
    target = owner.names if isinstance(owner, Module) else owner
    if isinstance(target, (Instance, Class, Function, Dict)):
        run.store.write(target, name, MISSING)


_IMPROPER: Final = ("django.core.exceptions.ImproperlyConfigured", "builtins.Exception", "builtins.BaseException")
_ERROR_BASES: Final = {
    "environ.ImproperlyConfigured": _IMPROPER,
    "django.core.exceptions.ImproperlyConfigured": _IMPROPER,
    "json.JSONDecodeError": ("json.decoder.JSONDecodeError", *names_of(ValueError)),
}


def class_of_error(value: Abstract) -> tuple[str, ...]:
    """The dotted names of an exception or exception class and its bases; empty when they are not known."""
    if isinstance(value, Instance):
        value = value.of
    if isinstance(value, Class):
        own: list[str] = []
        for base in value.order:
            own += [f"project.{base.name}"] if isinstance(base, Class) else class_of_error(base)
        return tuple(dict.fromkeys(own))
    if isinstance(value, Made):
        return value.names
    if isinstance(value, External):
        if value.name in _ERROR_BASES:
            return _ERROR_BASES[value.name]
        kind = getattr(builtins, value.name.removeprefix("builtins."), None)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return names_of(kind)
        return (value.name, "builtins.Exception", "builtins.BaseException")
    return ()


class Made(Special):
    """An exception object of a class that is not of the project; its text is never looked at."""

    __slots__ = ("names",)

    def __init__(self, serial: int, names: tuple[str, ...], mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.names = names
