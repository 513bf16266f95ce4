"""Classes of the project: making them, their method resolution order, and their instances."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from connlint.python.language.decorators import decorate, fields_of
from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Bound,
    Class,
    Dict,
    External,
    Function,
    Instance,
    Known,
    Mark,
    Unknown,
    Wrapped,
)
from connlint.python.language.frame import Frame
from connlint.python.language.functions import call_function
from connlint.python.language.plain import names_of

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_ENUMS: Final = frozenset(
    [
        "enum.Enum",
        "enum.IntEnum",
        "enum.StrEnum",
        "enum.Flag",
        "enum.IntFlag",
        "django.db.models.TextChoices",
        "django.db.models.IntegerChoices",
        "django.db.models.Choices",
    ]
)
_TUPLES: Final = frozenset({"typing.NamedTuple", "pydantic.BaseModel"})
# Classes of environments, which a project may derive from.
ENVIRONMENTS: Final = frozenset({"environ.Env", "environ.FileAwareEnv", "environs.Env", "environs.FileAwareEnv"})
# Base classes whose content an instance holds apart.
DELEGATED: Final = ENVIRONMENTS | frozenset(
    [
        "builtins.dict",
        "collections.OrderedDict",
        "collections.UserDict",
        "configparser.ConfigParser",
        "configparser.RawConfigParser",
        "configparser.SafeConfigParser",
    ]
)
# Base classes without attributes that settings could read.
_BARE: Final = frozenset(
    [
        "builtins.object",
        "abc.ABC",
        "typing.Generic",
        "typing.Protocol",
        "configurations.Configuration",
        "configurations.Settings",
    ]
)

# Base classes of pydantic that fill their fields from the environment.
_FROM_ENVIRONMENT: Final = frozenset(
    [
        "pydantic_settings.BaseSettings",
        "pydantic.BaseSettings",
        "pydantic.v1.BaseSettings",
        "pydantic_settings.main.BaseSettings",
    ]
)
_MOST_BASES: Final = 300  # of a class with several bases, all ancestors counted; finding their order is cubic
_TRANSPARENT: Final = _BARE | _ENUMS | _TUPLES | DELEGATED


def make_class(run: Interpreter, node: ast.ClassDef, frame: Frame) -> Abstract:
    """The class a statement makes, its decorators applied."""
    mark = frame.mark(node)
    bases = [run.evaluate(base, frame) for base in node.bases]
    own = () if frame.scope is frame.module or frame.scope.kind == "class" else (frame.scope,)
    body = Dict(run.store.number(), (mark,), {}, None, "class")
    inner = Frame(frame.unit, frame.module, body, (*own, *frame.scopes), function=frame.function)
    body.cells["__module__"] = Known(frame.unit.name)
    body.cells["__qualname__"] = Known(node.name)
    run.execute(node.body, inner)
    made = build(run, node.name, bases, dict(body.cells), mark)
    for method in inner.methods:
        method.owner = made
    result: Abstract = made
    for decorator in reversed(node.decorator_list):
        result = decorate(run, run.evaluate(decorator, frame), result, frame.mark(decorator))
    return result


def build(run: Interpreter, name: str, bases: Sequence[Abstract], cells: dict[object, Abstract], mark: Mark) -> Class:
    """A class from its bases and attributes."""
    made = Class(run.store.number(), (mark,), {**cells}, name)
    made.order = (made, *_linearized(bases))
    names = {base.name for base in made.order if isinstance(base, External)}
    if names & _TUPLES:
        made.fields = fields_of(made)
    elif any(isinstance(base, Class) and base.fields for base in made.order):
        made.fields = next(base.fields for base in made.order if isinstance(base, Class) and base.fields)
    if names & _ENUMS:
        made.is_enum = True
        for key, value in cells.items():
            if isinstance(key, str) and not key.startswith("_") and not isinstance(value, (Function, Wrapped)):
                made.cells[key] = Instance(
                    run.store.number(), (mark,), {"value": value, "_value_": value, "name": Known(key)}, made
                )
    return made


def _linearized(bases: Sequence[Abstract]) -> tuple[Abstract, ...]:
    """The C3 linearization of the bases' orders; bases in the order written where there is none."""
    orders = [list(base.order) if isinstance(base, Class) else [base] for base in bases]
    if len(orders) == 1:
        return tuple(orders[0])
    if sum(map(len, orders)) > _MOST_BASES:
        return (Unknown("it has too many base classes"),)
    pending = [*orders, list(bases)]
    result: list[Abstract] = []
    while pending := [order for order in pending if order]:
        head = next((o[0] for o in pending if not any(_among(o[0], other[1:]) for other in pending)), pending[0][0])
        result.append(head)
        pending = [[item for item in order if not _alike(item, head)] for order in pending]
    return tuple(result)


def _alike(one: Abstract, other: Abstract) -> bool:
    return one is other or (isinstance(one, External) and isinstance(other, External) and one.name == other.name)


def _among(item: Abstract, others: Sequence[Abstract]) -> bool:
    return any(_alike(item, other) for other in others)


def find_in_class(cls: Class, name: str, after: Class | None = None) -> Abstract | None:
    """An attribute along the resolution order, past `after` where given; None when there is none.

    Unknown when a base that is not part of the project may have it.
    """
    order = cls.order
    if after is not None:
        order = order[next((i + 1 for i, base in enumerate(order) if base is after), 0) :]
    for base in order:
        if isinstance(base, Class):
            if name in base.cells:
                return base.cells[name]
        elif not (isinstance(base, External) and base.name in _TRANSPARENT):
            if name.startswith("__") and isinstance(base, External) and base.name.startswith("builtins."):
                continue
            label = base.name if isinstance(base, External) else "a base class"
            return Unknown(f"{name} may come from {label}, which is not part of the project", base.where)
    return None


def instantiate(run: Interpreter, cls: Class, arguments: Arguments, mark: Mark) -> Abstract:
    """`cls(...)`: a new instance, `__init__` run on it; of an enum, the member with that value."""
    if cls.is_enum:
        return _member(run, cls, arguments, mark)
    if any(isinstance(base, External) and base.name == "typing.TypedDict" for base in cls.order):
        return run.call(External("builtins.dict"), arguments, mark)
    made = Instance(run.store.number(), (mark,), {}, cls)
    if any(isinstance(base, External) and base.name in _FROM_ENVIRONMENT for base in cls.order):
        return run.from_environment(made, arguments, mark)
    if isinstance(find_in_class(cls, "__new__"), Function):
        return Unknown(f"{cls.name} makes its own instances", (mark,))
    base = next((b for b in cls.order if isinstance(b, External) and b.name in DELEGATED), None)
    made.base = run.delegate(base.name, made, mark) if base is not None else None
    initialize = find_in_class(cls, "__init__")
    if isinstance(initialize, Function):
        call_function(run, initialize, Arguments((made, *arguments.positional), arguments.named, arguments.open), mark)
    elif made.base is not None:
        run.call(run.attribute(made.base, "__init__", mark), arguments, mark)
    elif cls.fields:
        _fill(run, made, cls, arguments, mark)
    elif initialize is None and (arguments.positional or arguments.named) and not _is_error(cls):
        return run.fail(names_of(TypeError), f"{cls.name}() takes no arguments", mark)
    return made


def _fill(run: Interpreter, made: Instance, cls: Class, arguments: Arguments, mark: Mark) -> None:
    """What the constructor of a dataclass or named tuple does."""
    for index, name in enumerate(cls.fields):
        given = arguments.get(index, name)
        value = given if given is not None else find_in_class(cls, name)
        if value is None:
            value = run.fail(names_of(TypeError), f"{cls.name}() lacks the argument {name}", mark)
        if isinstance(value, Factory):
            value = run.call(value.function, Arguments(), mark)
        made.cells[name] = Unknown("not all arguments are known", (mark,)) if arguments.open else value
    hook = find_in_class(cls, "__post_init__")
    if isinstance(hook, Function):
        call_function(run, hook, Arguments((made,)), mark)


class Factory(Abstract):
    """`dataclasses.field(default_factory=...)`."""

    __slots__ = ("function",)

    def __init__(self, function: Abstract) -> None:
        self.function = function


def _is_error(cls: Class) -> bool:
    return any(isinstance(base, External) for base in cls.order)


def _member(run: Interpreter, cls: Class, arguments: Arguments, mark: Mark) -> Abstract:
    from connlint.python.language.operators import equal

    wanted = arguments.get(0, "value")
    members = [cell for cell in cls.cells.values() if isinstance(cell, Instance)]
    verdicts = [equal(member.cells["value"], wanted) for member in members] if wanted is not None else []
    if True in verdicts:
        return members[verdicts.index(True)]
    if None in verdicts or wanted is None:
        return run.unknown_of([wanted] if wanted else [], "which member it is is not known", mark)
    return run.fail(names_of(ValueError), f"{cls.name} has no such member", mark)


def instance_attribute(run: Interpreter, receiver: Instance, name: str, mark: Mark) -> Abstract | None:
    """`receiver.name` as Python finds it: a property, the instance's own, the class's; None when there is none."""
    found = find_in_class(receiver.of, name)
    if isinstance(found, Wrapped) and found.kind == "property":
        return bound(run, found, receiver, receiver.of, mark)
    if name in receiver.cells:
        return receiver.cells[name]
    if found is None and made_of(receiver, name):
        return run.attribute(receiver.base, name, mark) if receiver.base is not None else None
    if found is None:
        hook = find_in_class(receiver.of, "__getattr__")
        if isinstance(hook, Function):
            return call_function(run, hook, Arguments((receiver, Known(name))), mark)
        return None
    return bound(run, found, receiver, receiver.of, mark)


def made_of(receiver: Instance, name: str) -> bool:
    """Whether a modelled base class of an instance answers for a name."""
    if receiver.base is None:
        return False
    return (
        hasattr(dict, name)
        if isinstance(receiver.base, Dict)
        else not name.startswith("_") or name in ("__init__", "__call__")
    )


def bound(run: Interpreter, value: Abstract, receiver: Abstract | None, cls: Class, mark: Mark) -> Abstract:
    """What a class attribute becomes when it is read from an instance, or from the class itself."""
    if isinstance(value, Function):
        return Bound(value, receiver) if receiver is not None else value
    if isinstance(value, Wrapped):
        if value.kind == "staticmethod":
            return value.function
        if value.kind in ("classmethod", "classproperty") and isinstance(value.function, Function):
            method = Bound(value.function, cls)
            return method if value.kind == "classmethod" else run.call(method, Arguments(), mark)
        if value.kind == "property" and receiver is not None:
            return run.call(value.function, Arguments((receiver,)), mark)
    return value
