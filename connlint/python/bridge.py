"""What the bridges to helper libraries share: casts, defaults, results with origins, failures.

A library's model takes plain values and says of each part of its answer which argument it comes from; here
evaluated arguments become plain ones, and answers get the marks of the argument that decided them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connlint.python.domain import (
    REST,
    Abstract,
    Arguments,
    Bound,
    Class,
    Dict,
    External,
    Function,
    Known,
    List,
    Mark,
    Marks,
    Native,
    Special,
    Tuple,
    Unknown,
    merge_marks,
)
from connlint.python.environment import get_variable, marks_of_variable, unset_note
from connlint.python.libraries import DEFAULT, FILE, SCHEME, LibraryError, Parts, Reading
from connlint.python.pedigree import assumed
from connlint.python.plain import NotPlain, lift, plain

if TYPE_CHECKING:
    from connlint.python.interpreter import Interpreter

_TYPES: Final[Mapping[str, object]] = {
    f"builtins.{kind.__name__}": kind for kind in (str, bytes, int, float, bool, list, tuple, dict, set)
}
# What the libraries raise for a variable that is missing or does not fit.
IMPROPER: Final = (
    "django.core.exceptions.ImproperlyConfigured", "environs.EnvError", "environs.EnvValidationError",
    "decouple.UndefinedValueError", "builtins.ValueError", "builtins.Exception", "builtins.BaseException",
)  # fmt: skip


class Callback(Special):
    """A library's own cast object, such as decouple's Csv, for use as a cast."""

    __slots__ = ("function",)

    def __init__(self, serial: int, function: Callable[[object], object], mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.function = function

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        try:
            value = plain(arguments.positional[0]) if arguments.positional else ""
            return lift(run, self.function(value), arguments.positional[0].where if arguments.positional else (mark,))
        except NotPlain as error:
            return error.unknown
        except LibraryError as error:
            return run.fail(IMPROPER, error.reason, mark)


def cast_of(run: Interpreter, value: Abstract | None, mark: Mark) -> object:
    """A cast as the libraries' models take it: a builtin type, a container of casts, or a function."""
    if value is None or (isinstance(value, Known) and value.value is None):
        return None
    if isinstance(value, External) and value.name in _TYPES:
        return _TYPES[value.name]
    if isinstance(value, Callback):
        return value.function
    if isinstance(value, List) and isinstance(value.content, Tuple):
        return [cast_of(run, item, mark) for item in value.content.items]
    if isinstance(value, Tuple):
        return tuple(cast_of(run, item, mark) for item in value.items)
    if isinstance(value, Dict):
        return {key: cast_of(run, value.cells[key], mark) for key in value.known_keys()}
    if isinstance(value, (Function, Bound, Native, Class, External, Special)):
        return _caller(run, value, mark)
    if isinstance(value, Known):
        return value.value
    raise LibraryError("the cast is not known")


def _caller(run: Interpreter, function: Abstract, mark: Mark) -> Callable[[object], object]:
    def call(text: object) -> object:
        given = text if isinstance(text, Abstract) else lift(run, text, (mark,))
        result = run.call(function, Arguments((given,)), mark)
        if isinstance(result, Unknown):
            raise LibraryError(result.reason)
        try:
            return plain(result)
        except NotPlain:
            return result

    return call


@dataclass(frozen=True, slots=True)
class Default:
    """A default as evaluated code gives it, and as the library's model is given it."""

    value: Abstract | None
    given: object

    @classmethod
    def of(cls, value: Abstract | None, absent: object) -> Default:
        if value is None:
            return cls(None, absent)
        try:
            return cls(value, plain(value))
        except NotPlain:
            return cls(value, value)


def ask(
    run: Interpreter, variable: str, default: Default, read: Callable[[], Reading], mark: Mark, files: Marks = ()
) -> Abstract:
    """The answer of a library asked for a variable, with the marks of what decided it.

    A variable that is unset and has no default fails as the library does; any other failure may be one.
    """
    try:
        reading = read()
    except LibraryError as error:
        return refuse(run, variable, default.value is not None, error, mark)
    return marked_reading(run, reading, default, mark, files)


def refuse(run: Interpreter, variable: str, has_default: bool, error: LibraryError, mark: Mark) -> Abstract:
    """What a LibraryError comes to in evaluated code."""
    unset = get_variable(run, Known(variable), None, mark)
    if not has_default and isinstance(unset, Known) and unset.value is None:
        return run.fail(IMPROPER, error.reason, mark)
    run.may_fail(IMPROPER, error.reason, mark)
    return Unknown(error.reason, (mark,))


def marked_reading(run: Interpreter, reading: Reading, default: Default, mark: Mark, files: Marks = ()) -> Abstract:
    """A reading as an abstract value."""
    value = reading.value
    if reading.source in (DEFAULT, SCHEME):
        note = unset_note(reading.variable)
        if isinstance(value, Abstract):
            return assumed(value, note)
        own = default.value
        if own is not None and type(value) is type(default.given) and value == default.given:
            return assumed(own, note)
        marks = own.where if own is not None else ()
        return assumed(lift(run, value, marks or (mark,)), note)
    if reading.source == FILE:
        return lift(run, value, files or (mark,))
    return lift(run, value, merge_marks(marks_of_variable(run, reading.variable).where, (mark,)))


def from_parts(run: Interpreter, parts: Parts, sources: Mapping[str, Abstract | None], mark: Mark) -> Abstract:
    """A dictionary that a library builds, each leaf with the marks of the argument it comes from."""
    made = run.make_dict({}, (mark,))
    for key, part in parts.items():
        if isinstance(part, dict):
            made.cells[key] = from_parts(run, part, sources, mark)
            continue
        source = sources.get(part.source)
        value = part.value
        if isinstance(value, Abstract):
            made.cells[key] = value
        elif source is not None and not isinstance(source, (Dict, List)):
            made.cells[key] = lift(run, value, merge_marks(source.where, (mark,)))
        else:
            made.cells[key] = lift(run, value, (mark,))
    return made


def some_unknown(run: Interpreter, known: Abstract, reason: str, mark: Mark) -> Abstract:
    """A dictionary of which only some keys are known."""
    if isinstance(known, Dict):
        known.cells[REST] = Unknown(reason, (mark,))
    return known


def text_of(value: Abstract | None) -> str | None:
    """The text of an exact string, else None."""
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def plain_or_raise(value: Abstract) -> object:
    """A plain value; LibraryError when it is not known."""
    try:
        return plain(value)
    except NotPlain as error:
        raise LibraryError(error.unknown.reason) from None


def positional_names(arguments: Arguments, names: Sequence[str]) -> dict[str, Abstract]:
    """All arguments by name, those given by position called `names`."""
    return {**dict(zip(names, arguments.positional, strict=False)), **arguments.named}


def folder_of(run: Interpreter) -> str:
    """The project-relative folder of the file whose code is running."""
    return run.frames[-1].unit.path.rpartition("/")[0] if run.frames else ""
