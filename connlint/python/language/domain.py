"""The abstract values that evaluated code works on.

A value is known exactly, one of several, or unknown with a reason. Values are immutable and carry marks, the
places they come from; mutable containers are objects with an identity whose content lives in cells, and cells
are written only through the store, which can undo and join what branches did to them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from connlint.python.modules import Unit
from connlint.records import dataclass, field
from connlint.value import Certainty, Origin

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_MOST_MARKS: Final = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in evaluated code that a value comes from."""

    unit: Unit
    node: ast.AST
    note: str = ""
    certainty: Certainty = Certainty.EXACT

    def origin(self) -> Origin:
        return Origin(self.certainty, self.unit.span(self.node), self.note)


Marks: TypeAlias = "tuple[Mark | Origin, ...]"


def merge_marks(*groups: Marks) -> Marks:
    """The marks of several values in order, each once, the first few kept."""
    filled = [group for group in groups if group]
    if len(filled) == 1:
        return filled[0]
    return tuple(dict.fromkeys(mark for group in filled for mark in group))[:_MOST_MARKS]


def origins_of(marks: Marks) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(mark.origin() if isinstance(mark, Mark) else mark for mark in marks))


class Abstract:
    """Anything evaluated code can hold."""

    __slots__ = ()

    @property
    def options(self) -> tuple[Abstract, ...]:
        """The possibilities: several for a choice, itself for all else."""
        return (self,)

    @property
    def where(self) -> Marks:
        return ()


@dataclass(frozen=True, slots=True)
class Known(Abstract):
    """An immutable Python value: a string, number, path, pattern..."""

    value: object
    marks: Marks = ()

    @property
    def where(self) -> Marks:
        return self.marks


@dataclass(frozen=True, slots=True)
class Unknown(Abstract):
    """Something that cannot be told; `reason` names things and places, never values."""

    reason: str
    marks: Marks = ()
    truth: bool | None = None  # whether it counts as true, where that alone is known
    most: int | float | None = None  # no number above this, where that alone is known

    @property
    def where(self) -> Marks:
        return self.marks


@dataclass(frozen=True, slots=True)
class Tuple(Abstract):
    items: tuple[Abstract, ...]
    marks: Marks = ()

    @property
    def where(self) -> Marks:
        return self.marks


@dataclass(frozen=True, slots=True)
class _Missing(Abstract):
    """No value: the key or name is not there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()

# The serial numbers of the objects made within one branch: such an object exists in that branch's world only.
Births: TypeAlias = "tuple[int, int]"


@dataclass(frozen=True, slots=True)
class OneOf(Abstract):
    """One of several values. `births[i]`, where known, says in which branch option i was made."""

    choices: tuple[Abstract, ...]
    births: tuple[Births | None, ...]

    @property
    def options(self) -> tuple[Abstract, ...]:
        return self.choices

    @property
    def where(self) -> Marks:
        return merge_marks(*(choice.where for choice in self.choices))


class _Key:
    """A cell's name that no evaluated code can spell."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


ITEMS: Final = _Key("items")  # of a list or set: a Tuple, one of several, or unknown
REST: Final = _Key("rest")  # of a dict: there when further keys may exist; its value stands for theirs


@dataclass(slots=True, eq=False)
class Object(Abstract):
    """Something with an identity. `cells` may be read by all, and is written by the store alone."""

    serial: int
    marks: Marks = ()
    cells: dict[Hashable, Abstract] = field(default_factory=dict)

    @property
    def where(self) -> Marks:
        return self.marks


@dataclass(slots=True, eq=False)
class List(Object):
    """A list; its content is one cell, a Tuple when known."""

    kind: str = "list"  # list, set, frozenset, deque, iterator

    @property
    def content(self) -> Abstract:
        return self.cells[ITEMS]


@dataclass(slots=True, eq=False)
class Dict(Object):
    """A dict, a namespace or the attributes of an instance."""

    factory: Abstract | None = None  # of a defaultdict
    kind: str = "dict"  # dict, module, class, scope
    fallback: Abstract | None = None  # of a namespace: what a name may be that an unknown star import gives

    def known_keys(self) -> Iterator[Hashable]:
        return (key for key in self.cells if key is not REST)

    @property
    def rest(self) -> Abstract | None:
        return self.cells.get(REST)


@dataclass(slots=True, eq=False)
class Module(Object):
    """A module of the project; `names` is filled when something of it is needed first."""

    name: str = ""
    path: str = ""
    is_package: bool = False
    names: Dict | None = None
    unit: Unit | None = None
    state: str = "found"  # found, loading, loaded, failed
    reason: str = ""  # why it failed


@dataclass(frozen=True, slots=True)
class Lazy(Abstract):
    """A name imported from a project module that nothing has needed yet."""

    module: str
    name: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class External(Abstract):
    """Something that is not part of the project, by its dotted name: `os.environ`, `environ.Env`."""

    name: str
    marks: Marks = ()

    @property
    def where(self) -> Marks:
        return self.marks


def _nothing() -> ast.Lambda:
    empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(args=empty, body=ast.Constant(value=None))


@dataclass(slots=True, eq=False)
class Function(Object):
    """A function or lambda of the project. `scopes` are the enclosing function scopes, innermost first."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda = field(default_factory=_nothing)
    unit: Unit | None = None
    module: Dict | None = None
    scopes: tuple[Dict, ...] = ()
    defaults: Mapping[str, Abstract] = field(default_factory=dict)
    owner: Class | None = None
    is_generator: bool = False

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")


@dataclass(slots=True, eq=False)
class Class(Object):
    """A class of the project; its attributes are its cells."""

    name: str = ""
    order: tuple[Abstract, ...] = ()  # method resolution order: itself first, then Class and External
    fields: tuple[str, ...] = ()  # of a dataclass, in order
    is_enum: bool = False


@dataclass(slots=True, eq=False)
class Instance(Object):
    """An object of a project class; its attributes are its cells."""

    of: Class = field(default_factory=lambda: Class(0))
    base: Abstract | None = None  # what it holds for a modelled base class, such as dict


@dataclass(frozen=True, slots=True)
class Bound(Abstract):
    """A function together with the object it was taken from."""

    function: Function
    receiver: Abstract


@dataclass(frozen=True, slots=True)
class Method(Abstract):
    """A method of a built-in value: `"a,b".split`."""

    receiver: Abstract
    name: str


@dataclass(frozen=True, slots=True)
class Wrapped(Abstract):
    """A descriptor in a class body: property, staticmethod, classmethod, setter."""

    kind: str
    function: Abstract


@dataclass(frozen=True, slots=True)
class Super(Abstract):
    """What `super()` gives: attributes of `receiver`, looked up after `after` in its class's order."""

    after: Class
    receiver: Abstract


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call passes. `open` says that further, unknown arguments may be there."""

    positional: tuple[Abstract, ...] = ()
    named: Mapping[str, Abstract] = field(default_factory=dict)
    open: bool = False

    def get(self, index: int, name: str) -> Abstract | None:
        """The argument at a position or by name; None when it is not passed."""
        if index < len(self.positional):
            return self.positional[index]
        return self.named.get(name)

    @property
    def all(self) -> tuple[Abstract, ...]:
        return (*self.positional, *self.named.values())


Handler: TypeAlias = "Callable[[Interpreter, Arguments, Mark], Abstract]"


@dataclass(frozen=True, slots=True)
class Native(Abstract):
    """A callable that connlint models."""

    name: str
    handler: Handler = field(compare=False)


class Special(Object):
    """An object of a modelled library: os.environ, an environ.Env, a ConfigParser."""

    __slots__ = ()

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        return Unknown(f"{name} is not modelled", (mark,))

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return Unknown("the call is not modelled", (mark,))

    def item(self, run: Interpreter, key: Abstract, mark: Mark) -> Abstract:
        return Unknown("the subscript is not modelled", (mark,))

    def set_item(self, run: Interpreter, key: Abstract, value: Abstract, mark: Mark) -> None:
        return None

    def set_attribute(self, run: Interpreter, name: str, value: Abstract, mark: Mark) -> None:
        return None

    def operate(self, run: Interpreter, sign: str, other: Abstract, mark: Mark) -> Abstract:
        return Unknown(f"{sign} is not modelled for it", (mark,))

    def text(self, mark: Mark) -> Abstract:
        return Unknown("the text of an object is not known", (mark,))

    def enter(self, run: Interpreter, mark: Mark) -> Abstract:
        return self

    def leave(self, run: Interpreter) -> None:
        return None

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        return None

    def mapping(self, run: Interpreter) -> Dict | None:
        """The keys and values, of an object that is a mapping."""
        return None

    def equals(self, other: Abstract) -> bool | None:
        return True if self is other else None

    def iterate(self, run: Interpreter, mark: Mark) -> Abstract:
        return Unknown("what it holds is not known", (mark,))
