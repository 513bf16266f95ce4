"""Decorators: those that only label a function, those that make a descriptor, and all others, which are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import Abstract, Arguments, Class, External, Known, Mark, Native, Tuple, Wrapped

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_DESCRIPTORS: Final = {
    "builtins.property": "property",
    "functools.cached_property": "property",
    "django.utils.functional.cached_property": "property",
    "abc.abstractproperty": "property",
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
    "django.utils.functional.classproperty": "classproperty",
    "django.utils.decorators.classproperty": "classproperty",
}
_LABELS: Final = frozenset(
    [
        "functools.lru_cache",
        "functools.cache",
        "typing.overload",
        "typing.final",
        "typing.override",
        "typing.no_type_check",
        "typing_extensions.override",
        "typing_extensions.overload",
        "abc.abstractmethod",
        "enum.unique",
        "functools.total_ordering",
        "functools.wraps",
        "django.utils.deconstruct.deconstructible",
        "typing.runtime_checkable",
        "atexit.register",
    ]
)
_DATACLASS: Final = frozenset({"dataclasses.dataclass", "attrs.define", "attr.s", "attrs.frozen", "attr.dataclass"})


def decorate(run: Interpreter, decorator: Abstract, target: Abstract, mark: Mark) -> Abstract:
    """What `@decorator` makes of a function or class."""
    if isinstance(decorator, External):
        if decorator.name in _DESCRIPTORS:
            return Wrapped(_DESCRIPTORS[decorator.name], target)
        if decorator.name in _LABELS:
            return target
        if decorator.name in _DATACLASS and isinstance(target, Class):
            return as_dataclass(target)
    if isinstance(decorator, Native) and decorator.name == "label":
        return as_dataclass(target) if isinstance(target, Class) and not target.is_enum else target
    if isinstance(decorator, Wrapped) and isinstance(decorator.function, Wrapped):
        return decorator.function  # @x.setter and its like leave the getter as it is
    return run.call(decorator, Arguments((target,)), mark)


def is_label(name: str) -> bool:
    """Whether calling an external name gives a decorator that leaves its function as it is: lru_cache(maxsize=1)."""
    return name in _LABELS or name in _DATACLASS


def as_dataclass(target: Class) -> Class:
    """Note the fields of a class whose annotations make its constructor."""
    target.fields = fields_of(target)
    return target


def fields_of(target: Class) -> tuple[str, ...]:
    """The annotated names of a class and its bases, bases first."""
    names: dict[str, None] = {}
    for cls in reversed(target.order):
        if isinstance(cls, Class):
            annotations = cls.cells.get("__annotations__")
            if isinstance(annotations, Tuple):
                names.update({str(item.value): None for item in annotations.items if isinstance(item, Known)})
    return tuple(names)
