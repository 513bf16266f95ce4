"""What an expression can be, as far as connection handling asks: types of things, not their contents.

Something outside of the project is its dotted name; what a call of it returns has `()` appended, an item of it `[]`:
`concurrent.futures.ThreadPoolExecutor().submit` is the method of an executor however it was imported or named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from connlint.records import dataclass, field

if TYPE_CHECKING:
    from connlint.orm.frame import Frame

LONGEST_NAME: Final = 160  # characters of a dotted name; longer ones are fluent calls nobody asks about
MOST_ALTERNATIVES: Final = 8


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell."""


@dataclass(frozen=True, slots=True)
class External:
    """Something of the standard library or an installed package."""

    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project; `path` is empty for a folder without `__init__.py`."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project, by the place of its statement."""

    path: str
    line: int
    column: int
    name: str
    scope: Frame | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class; `holding`: attributes that are this object's own, where that matters."""

    of: Class | External
    holding: tuple[tuple[str, Thing], ...] = ()


@dataclass(frozen=True, slots=True)
class Func:
    """A function, method or lambda of the project, with the names around it and what it is bound to."""

    path: str
    line: int
    column: int
    name: str
    scope: Frame | None = field(default=None, repr=False)
    owner: Class | None = None
    bound: Thing | None = None


@dataclass(frozen=True, slots=True)
class Inherited:
    """A method that an instance has from classes outside of the project."""

    instance: Instance
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Super:
    """What `super()` is in a method of `owner`."""

    owner: Class
    bound: Thing


@dataclass(frozen=True, slots=True)
class Partial:
    """A callable with some arguments given; `context`: a generator that `contextmanager` made."""

    function: Thing
    arguments: tuple[Thing, ...]
    keywords: tuple[tuple[str, Thing], ...]
    context: bool = False


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A callable that runs within a context manager."""

    manager: Thing
    function: Thing


@dataclass(frozen=True, slots=True)
class Managed:
    """A callable around which something outside of the project closes connections, or runs it where they are closed."""

    function: Thing
    by: str


@dataclass(frozen=True, slots=True)
class Query:
    """A manager or queryset of a model; `kind` is its own class where the project wrote one."""

    model: Thing
    kind: Class | None = None


@dataclass(frozen=True, slots=True)
class QueryMethod:
    """A method of a manager or queryset."""

    query: Query
    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal that decides something: text, truth, None."""

    value: str | bool | None


@dataclass(frozen=True, slots=True)
class Items:
    """A container by what it holds; `keys` runs beside `values` for a dict with literal keys."""

    values: tuple[Thing, ...]
    keys: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """A name of a module that starts nothing: found out only when somebody needs it, so as not to parse the module."""

    module: Module
    name: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """What a function of the project returns, found out only when somebody needs it."""

    function: Func | Later
    arguments: tuple[Thing, ...] = ()


@dataclass(frozen=True, slots=True)
class Many:
    """One of several."""

    values: tuple[Thing, ...]


Thing: TypeAlias = (
    "Unknown | External | Module | Later | Class | Instance | Func | Inherited | Super | Partial | Wrapped | Managed | Query"
    " | QueryMethod | Constant | Items | Called | Many"
)

UNKNOWN: Final = Unknown()
NONE: Final = Constant(None)


def join(things: Iterable[Thing]) -> Thing:
    """One of these; what nobody knows adds nothing but takes truth away, and None counts only where nothing else is."""
    found: dict[Thing, None] = {}
    for thing in things:
        for each in alternatives(thing):
            found[each] = None
    known = [thing for thing in found if thing != UNKNOWN and thing != NONE]
    if UNKNOWN in found:
        known = [thing for thing in known if not (isinstance(thing, Constant) and isinstance(thing.value, bool))]
    if not known:
        return NONE if found and UNKNOWN not in found else UNKNOWN
    return known[0] if len(known) == 1 else Many(tuple(known[:MOST_ALTERNATIVES]))


def alternatives(thing: Thing) -> Iterator[Thing]:
    """Each possibility of a thing."""
    if isinstance(thing, Many):
        yield from thing.values
    else:
        yield thing


def external(name: str) -> Thing:
    """The thing outside of this name; unknown where the name grew beyond use."""
    return External(name) if len(name) <= LONGEST_NAME else UNKNOWN
