"""`dataclass` of the standard library for the forms that connlint uses, at a tenth of its cost when a module is imported.

The standard decorator writes the methods of each class as text and compiles them, half a millisecond for each class, and its
module imports `inspect`: together a fifth of a whole run. Here one `__init__` is compiled for each number of fields, and its
copies get the names of the fields; the other methods are the same functions for all classes. Everything else is as there:
type checkers see the standard decorator, and `dataclasses.replace`, `fields` and `asdict` take these classes for their own.
Forms that connlint does not use are handed on to the standard decorator.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import replace as replace
else:
    from functools import cache
    from operator import attrgetter
    from types import CellType, FunctionType

    _NONE = object()  # no default
    _OWN = "__record_fields__"

    class _Field:
        """One field: what `field()` was told of it."""

        __slots__ = ("compare", "default", "default_factory", "hash", "init", "metadata", "name", "repr", "type")

        def __init__(self, default, default_factory, init, repr, hash, compare, metadata):
            self.default, self.default_factory = default, default_factory
            self.init, self.repr, self.compare = init, repr, compare
            self.hash = compare if hash is None else hash
            self.metadata = metadata or {}
            self.name = self.type = ""

    def field(*, default=_NONE, default_factory=_NONE, init=True, repr=True, hash=None, compare=True, metadata=None):
        return _Field(default, default_factory, init, repr, hash, compare, metadata)

    def fields(of):
        known = getattr(of, _OWN, None)
        if known is None:
            from dataclasses import fields as standard

            return standard(of)
        return known

    def replace(of, /, **changes):
        known = getattr(of, _OWN, None)
        if known is None:
            from dataclasses import replace as standard

            return standard(of, **changes)
        for each in known:
            if each.init and each.name not in changes:
                changes[each.name] = getattr(of, each.name)
        return of.__class__(**changes)

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, **more):
        """The decorator. Without `slots`, with other options, or outside of CPython it is the standard one."""
        if more or not slots or sys.implementation.name != "cpython":
            from dataclasses import dataclass as standard

            return standard(cls, frozen=frozen, slots=slots, eq=eq, **more)
        if cls is None:
            return lambda cls: _made(cls, frozen, eq)
        return _made(cls, frozen, eq)

    def _made(cls, frozen, eq):
        """The class anew, with slots for its fields, and the methods that were asked for."""
        inherited = {each.name: each for base in reversed(cls.__mro__[1:]) for each in getattr(base, _OWN, ())}
        known = tuple({**inherited, **_declared(cls)}.values())
        space = dict(cls.__dict__)
        own = [each.name for each in known if each.name not in inherited]
        for name in ("__dict__", "__weakref__", *(each.name for each in known)):
            space.pop(name, None)
        qualname = cls.__qualname__
        space["__slots__"] = tuple(own)
        space[_OWN] = known
        space["__match_args__"] = tuple(each.name for each in known if each.init)
        space["__dataclass_fields__"] = _Standard("__dataclass_fields__", frozen, eq)
        space["__dataclass_params__"] = _Standard("__dataclass_params__", frozen, eq)
        space.setdefault("__repr__", _repr)
        if frozen:
            space["__setattr__"], space["__delattr__"] = _refuse, _refuse
            space.setdefault("__getstate__", _state)
            space.setdefault("__setstate__", _restore)
        if eq:
            explicit = space.get("__hash__", _NONE)
            space.setdefault("__eq__", _equality(tuple(each.name for each in known if each.compare)))
            if explicit is _NONE or explicit is None:
                space["__hash__"] = _hash(tuple(each.name for each in known if each.hash)) if frozen else None
        made = type(cls)(cls.__name__, cls.__bases__, space)
        made.__qualname__ = qualname
        if "__init__" not in space:
            made.__init__ = _initialiser(made, known, frozen)
        return made

    def _declared(cls):
        """The fields of a class's own body."""
        found = {}
        for name, type_ in cls.__annotations__.items():
            if str(type_).startswith(("ClassVar", "typing.ClassVar")):
                continue
            stated = cls.__dict__.get(name, _NONE)
            item = stated if isinstance(stated, _Field) else _Field(stated, _NONE, True, True, None, True, None)
            item.name, item.type = name, type_
            found[name] = item
        return found

    @cache
    def _template(count, made, hidden, frozen, after):
        """The code of an `__init__` that sets `a0`, `a1` and so on; those whose number is in `made` come from `f0`, `f1`.

        Numbers in `hidden` are no arguments. A frozen class refuses to have attributes set: `s0`, `s1` are its slots' own.
        """
        every = range(count)
        makers, setters = [f"f{n}" for n in made], [f"s{n}" for n in every] if frozen else []
        lines = [f"if a{n} is none: a{n} = f{n}()" for n in made if n not in hidden]
        for n in every:
            value = f"f{n}()" if n in hidden else f"a{n}"
            lines.append(f"s{n}(self, {value})" if frozen else f"self.a{n} = {value}")
        lines.append("self.__post_init__()" if after else "pass")
        text = (
            f"def make({', '.join(['none', *makers, *setters])}):\n"
            f" def __init__({', '.join(['self', *(f'a{n}' for n in every if n not in hidden)])}):\n  "
            + "\n  ".join(lines)
            + "\n return __init__"
        )
        space = {}
        exec(compile(text, "<connlint.records>", "exec"), space)  # made of numbers: nothing from outside is in it
        return space["make"](*[None] * (1 + len(makers) + len(setters))).__code__

    def _initialiser(cls, known, frozen):
        made = tuple(n for n, each in enumerate(known) if each.default_factory is not _NONE)
        hidden = tuple(n for n, each in enumerate(known) if not each.init)
        code = _template(len(known), made, hidden, frozen, hasattr(cls, "__post_init__"))
        names = {f"a{n}": each.name for n, each in enumerate(known)}
        code = code.replace(
            co_varnames=tuple(names.get(name, name) for name in code.co_varnames),
            co_names=tuple(names.get(name, name) for name in code.co_names),
        )
        values = {"none": _NONE}
        values.update((f"f{n}", known[n].default_factory) for n in made)
        if frozen:
            values.update((f"s{n}", getattr(cls, each.name).__set__) for n, each in enumerate(known))
        given = [_NONE if each.default_factory is not _NONE else each.default for each in known if each.init]
        first = next((n for n, each in enumerate(known) if each.init and _is_optional(each)), len(given))
        cells = tuple(CellType(values[name]) for name in code.co_freevars)
        function = FunctionType(code, globals(), "__init__", tuple(given[first:]), cells)
        function.__qualname__, function.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
        return function

    def _is_optional(item):
        return item.default is not _NONE or item.default_factory is not _NONE

    def _equality(names):
        values = _getter(names)

        def __eq__(self, other):
            if other.__class__ is self.__class__:
                return values(self) == values(other)
            return NotImplemented

        return __eq__

    def _hash(names):
        values = _getter(names)

        def __hash__(self):
            return hash(values(self))

        return __hash__

    def _getter(names):
        return attrgetter(*names) if names else lambda _self: ()

    def _repr(self):
        if id(self) in _SHOWN:
            return "..."
        _SHOWN.add(id(self))
        try:
            shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
        finally:
            _SHOWN.discard(id(self))
        return f"{self.__class__.__qualname__}({shown})"

    _SHOWN = set()  # what is being shown, for what holds itself

    def _refuse(_self, name, *_value):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot change field {name!r}")

    def _state(self):
        return [getattr(self, each.name) for each in fields(self)]

    def _restore(self, state):
        for each, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, each.name, value)

    class _Standard:
        """What the functions of `dataclasses` look for in a class, made when they do."""

        def __init__(self, wanted, frozen, eq):
            self.wanted, self.frozen, self.eq = wanted, frozen, eq

        def __get__(self, instance, cls):
            import dataclasses

            listed = []
            for each in fields(cls):
                how = {"init": each.init, "repr": each.repr, "hash": each.hash, "compare": each.compare}
                if each.default_factory is not _NONE:
                    how["default_factory"] = each.default_factory
                elif each.default is not _NONE:
                    how["default"] = each.default
                listed.append((each.name, each.type, dataclasses.field(metadata=each.metadata, **how)))
            standard = dataclasses.make_dataclass(cls.__name__, listed, frozen=self.frozen, eq=self.eq)
            return getattr(standard, self.wanted)
