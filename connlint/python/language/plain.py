"""Between abstract values and plain Python: what functions of the standard library are called with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING, Final, TypeVar

from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Arguments,
    Dict,
    Handler,
    Known,
    List,
    Mark,
    Marks,
    OneOf,
    Tuple,
    Unknown,
    merge_marks,
)
from connlint.python.language.flow import Failed, Raised
from connlint.python.language.fuel import MOST_OPTIONS, OutOfFuel, TooLarge, check_result
from connlint.python.language.store import one_of

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_T = TypeVar("_T")
_DEEPEST: Final = 24
_MOST_PARTS: Final = 100_000


class NotPlain(Exception):
    """A value that is no exact Python value; `unknown` says why."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


def alternatives(value: Abstract) -> list[object]:
    """Every plain Python value that `value` can be; raises NotPlain when one cannot be told."""
    if isinstance(value, Known):
        return [value.value]
    return _Unfolding().alternatives(value, 0)


class _Unfolding:
    """One conversion, which gives up on values that share so much that they would unfold without end."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _MOST_PARTS

    def alternatives(self, value: Abstract, depth: int) -> list[object]:
        if isinstance(value, Known):
            return [value.value]
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            raise NotPlain(Unknown("it is too large"))
        if isinstance(value, OneOf):
            return _bounded([plain for option in value.choices for plain in self.alternatives(option, depth)])
        if isinstance(value, Tuple):
            self.left -= len(value.items)
            columns = [self.alternatives(item, depth + 1) for item in value.items]
            return [tuple(items) for items in _combined(columns)]
        if isinstance(value, List):
            return [_rebuilt(value.kind, items) for items in self.alternatives(value.content, depth + 1)]
        if isinstance(value, Dict):
            return self.dicts(value, depth)
        if isinstance(value, Unknown):
            raise NotPlain(value)
        if value is MISSING:
            raise NotPlain(Unknown("it is not there in one case"))
        raise NotPlain(Unknown("it is no plain value", value.where))

    def dicts(self, value: Dict, depth: int) -> list[object]:
        if value.rest is not None:
            raise NotPlain(Unknown("not all of its keys are known", value.marks))
        keys = list(value.known_keys())
        self.left -= len(keys)
        columns: list[list[object]] = []
        for key in keys:
            cell = value.cells[key]
            present = [option for option in cell.options if option is not MISSING]
            column: list[object] = [plain for option in present for plain in self.alternatives(option, depth + 1)]
            columns.append(column if len(present) == len(cell.options) else [*column, MISSING])
        return [
            {key: item for key, item in zip(keys, row, strict=True) if item is not MISSING}
            for row in _combined(columns)
        ]


def plain(value: Abstract) -> object:
    """The one plain Python value of an exact value; raises NotPlain for any other."""
    if isinstance(value, Known):
        return value.value
    found = alternatives(value)
    if len(found) != 1:
        raise NotPlain(Unknown("it can have several values", value.where))
    return found[0]


def _combined(columns: Sequence[Sequence[object]]) -> list[tuple[object, ...]]:
    return _bounded(list(islice(product(*columns), MOST_OPTIONS + 1)))


def _bounded(found: list[_T]) -> list[_T]:
    if len(found) > MOST_OPTIONS:
        raise NotPlain(Unknown("it can have too many values"))
    return found


def _rebuilt(kind: str, items: object) -> object:
    assert isinstance(items, tuple)
    if kind in ("set", "frozenset"):
        try:
            return frozenset(items) if kind == "frozenset" else set(items)
        except TypeError:
            raise NotPlain(Unknown("it holds something that no set can hold")) from None
    return list(items)


def hashable(value: Abstract) -> Hashable:
    """A value as the key of a dict; raises NotPlain when it is not known or cannot be one."""
    key = plain(value)
    try:
        hash(key)
    except TypeError:
        raise NotPlain(Unknown("it is no valid key", value.where)) from None
    return key


def lift(run: Interpreter, value: object, marks: Marks, depth: int = 0) -> Abstract:
    """A plain Python value as an abstract one; containers become new objects."""
    run.fuel.burn()
    if isinstance(value, Abstract):
        return value
    if depth > _DEEPEST:
        return Unknown("it is nested too deeply", marks)
    if type(value) is tuple:  # a named tuple stays whole, for its attributes
        return Tuple(tuple(lift(run, item, marks, depth + 1) for item in value), marks)
    if isinstance(value, (list, set, frozenset)):
        kind = "list" if isinstance(value, list) else "set" if isinstance(value, set) else "frozenset"
        items = value if isinstance(value, list) else sorted(value, key=repr)
        return run.make_list([lift(run, item, marks, depth + 1) for item in items], marks, kind)
    if isinstance(value, Mapping):
        return run.make_dict({key: lift(run, item, marks, depth + 1) for key, item in value.items()}, marks)
    return Known(value, marks)


def error_names(error: BaseException) -> tuple[str, ...]:
    """The dotted names of an exception's class and its bases."""
    return tuple(f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__ if cls is not object)


def names_of(cls: type[BaseException]) -> tuple[str, ...]:
    return tuple(f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__ if base is not object)


_CALLER_ERRORS: Final = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError, RuntimeError, ImportError, EOFError, SyntaxError,
)  # fmt: skip


def compute(
    run: Interpreter, name: str, function: Callable[..., object], values: Sequence[Abstract], mark: Mark
) -> Abstract:
    """Call a pure function on every combination of what `values` can be, and lift what it gives.

    What it raises, the evaluated code raises. `name` is how reasons speak of it. Extra exceptions are those of
    the standard library's own modules, all of them kinds of ValueError, OSError and the like.
    """
    marks = merge_marks(*(value.where for value in values)) or (mark,)
    try:
        rows = _combined([alternatives(value) for value in values])
    except NotPlain as error:
        run.may_fail((), f"{name}() may fail", mark)
        return Unknown(error.unknown.reason, merge_marks(error.unknown.marks, marks))
    results: list[Abstract] = []
    errors: list[Raised] = []
    for row in rows:
        run.fuel.burn()
        try:
            results.append(lift(run, check_result(function(*row)), marks))
        except TooLarge as error:
            results.append(Unknown(f"{name} makes {error}", marks))
        except (Failed, OutOfFuel):
            raise
        except MemoryError:
            results.append(Unknown(f"{name} needs too much memory", marks))
        except _CALLER_ERRORS as error:
            errors.append(Raised(error_names(error), f"{name} fails with {type(error).__name__}", mark))
    if not results:
        return run.fail(errors[0].names, errors[0].reason, mark)
    for raised in errors:
        run.may_fail(raised.names, raised.reason, mark)
    return one_of(results)


def pure(name: str, function: Callable[..., object]) -> Handler:
    """A handler that calls a function without side effects on plain values."""

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        if arguments.open:
            return Unknown(f"not all arguments of {name}() are known", (mark,))
        names = tuple(arguments.named)
        count = len(arguments.positional)

        def apply(*values: object) -> object:
            return function(*values[:count], **dict(zip(names, values[count:], strict=True)))

        return compute(run, name, apply, arguments.all, mark)

    return handler
