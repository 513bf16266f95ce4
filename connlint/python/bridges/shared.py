"""What the bridges to helper libraries share: casts, defaults, results with origins, failures.

A library's model takes plain values and says of each part of its answer which argument it comes from; here
evaluated arguments become plain ones, and answers get the marks of the argument that decided them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from connlint.facts.version import Version
from connlint.python.language import mappings
from connlint.python.language.classes import ENVIRONMENTS, find_in_class
from connlint.python.language.domain import (
    MISSING,
    REST,
    Abstract,
    Arguments,
    Bound,
    Class,
    Dict,
    External,
    Function,
    Instance,
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
from connlint.python.language.operators import overlaid
from connlint.python.language.pedigree import assumed
from connlint.python.language.plain import NotPlain, lift, plain
from connlint.python.language.store import one_of
from connlint.python.libraries import DEFAULT, FILE, SCHEME, LibraryError, Lookup, Part, Parts, Reading
from connlint.python.libraries.signatures import PARAMETERS
from connlint.python.models.environment import unset_note, variables
from connlint.records import dataclass

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_TYPES: Final[Mapping[str, object]] = {
    f"builtins.{kind.__name__}": kind for kind in (str, bytes, int, float, bool, list, tuple, dict, set)
}
# What the methods of an Env call in turn.
_INNER: Final = frozenset(
    {"get_value", "parse_value", "db_url_config", "cache_url_config", "scheme", "_get_value", "_get_from_environ",
     "_load_dotenv", "__getattr__", "__getattribute__"}
)  # fmt: skip
_LATEST: Final = 9_999  # stands for the last release of a series
# What the libraries raise for a variable that is missing or does not fit.
IMPROPER: Final = (
    "django.core.exceptions.ImproperlyConfigured", "environs.EnvError", "environs.EnvValidationError",
    "environs.exceptions.EnvError", "environs.exceptions.EnvValidationError",
    "decouple.UndefinedValueError", "builtins.ValueError", "builtins.Exception", "builtins.BaseException",
)  # fmt: skip


class Environment(Special):
    """An object of a library's Env class.

    `owner`: the object of a project's class that is derived from it, whose own attributes and methods count.
    """

    __slots__ = ("owner",)

    def __init__(self, serial: int, mark: Mark, cells: Mapping[Hashable, Abstract]) -> None:
        super().__init__(serial, (mark,), dict(cells.items()))
        self.owner: Instance | None = None

    def own(self, name: str) -> Abstract | None:
        """An attribute that the project's class or its object has itself."""
        if self.owner is None:
            return None
        return self.owner.cells.get(name) or find_in_class(self.owner.of, name)

    def changed(self) -> bool:
        """Whether the project's class changes how variables are read, beyond methods and attributes of its own."""
        names = (
            {str(name) for cls in self.owner.of.order if isinstance(cls, Class) for name in cls.cells}
            if self.owner
            else ()
        )
        return any(name in _INNER or (name.isupper() and name != "DB_SCHEMES") for name in names)


def delegate_environment(run: Interpreter, name: str, owner: Instance, mark: Mark) -> Abstract | None:
    """What an object of a project's class holds for the library's Env that it is derived from; None for others."""
    if name not in ENVIRONMENTS:
        return None
    made = run.call(External(name), Arguments(), mark)
    if isinstance(made, Environment):
        made.owner = owner
    return made


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


def is_function(cast: Abstract) -> bool:
    """Whether a cast is a function that can be called on a value that is not known."""
    if isinstance(cast, External):
        return cast.name not in _TYPES
    return isinstance(cast, (Function, Bound, Native, Class))


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


def held(run: Interpreter, name: str, below: Dict | None = None) -> Abstract:
    """What a variable holds: the environment's text, else that of the file a library keeps for itself, or MISSING."""
    value = mappings.read(run, variables(run), name)
    if below is None or MISSING not in value.options:
        return value
    return overlaid(mappings.read(run, below, name), value)


def lookup_in(run: Interpreter, below: Dict | None = None, fixed: Mapping[str, Abstract] | None = None) -> Lookup:
    """How a library's model asks for a variable; `fixed` are the cases that are looked at of those with several."""

    def find(name: str) -> str | None:
        value = fixed[name] if fixed is not None and name in fixed else held(run, name, below)
        if value is MISSING:
            return None
        if isinstance(value, Known) and isinstance(value.value, str):
            return value.value
        if isinstance(value, Unknown):
            raise LibraryError(value.reason)
        raise LibraryError(f"the variable {name} is not known exactly")

    return find


@dataclass(frozen=True, slots=True)
class Question:
    """A variable that a library is asked for."""

    variable: str
    default: Default
    read: Callable[[Lookup], Reading]
    mark: Mark
    files: Marks = ()  # of what a library finds in a file
    below: Dict | None = None  # the file a library keeps for itself
    also: str = ""  # a variable that may stand in for this one
    cast: Abstract | None = None  # what is made of the text


def ask(run: Interpreter, question: Question) -> Abstract:
    """The answer, with the marks of what decided it; where the variable is one of several, of each of them.

    A variable that is unset and has no default fails as the library does; any other failure may be one.
    """
    return run.each(held(run, question.variable, question.below), lambda option: answer(run, question, option))


def answer(run: Interpreter, question: Question, option: Abstract) -> Abstract:
    """The answer where the variable holds `option`, MISSING for one that is unset."""
    mark = question.mark
    if isinstance(option, Unknown) and question.cast is not None and is_function(question.cast):
        return run.call(question.cast, Arguments((option,)), mark)
    try:
        reading = question.read(lookup_in(run, question.below, {question.variable: option}))
    except LibraryError as error:
        unset = option is MISSING and (not question.also or held(run, question.also, question.below) is MISSING)
        return refuse(run, MISSING if unset else option, question.default.value is not None, error, mark)
    text = option if reading.variable == question.variable else held(run, reading.variable, question.below)
    return marked_reading(run, reading, question.default, mark, question.files, text)


def refuse(run: Interpreter, text: Abstract, has_default: bool, error: LibraryError, mark: Mark) -> Abstract:
    """What a LibraryError comes to in evaluated code; `text` is what the variable holds."""
    if not has_default and text is MISSING:
        return run.fail(IMPROPER, error.reason, mark)
    run.may_fail(IMPROPER, error.reason, mark)
    return Unknown(error.reason, merge_marks(text.where, (mark,)))


def marked_reading(
    run: Interpreter, reading: Reading, default: Default, mark: Mark, files: Marks = (), text: Abstract | None = None
) -> Abstract:
    """A reading as an abstract value; `text` is what its variable holds."""
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
    where = (text if text is not None else held(run, reading.variable)).where
    return lift(run, value, merge_marks(where, (mark,)))


def from_parts(run: Interpreter, parts: Parts, sources: Mapping[str, Abstract | None], mark: Mark) -> Dict:
    """A dictionary that a library builds, each leaf with the marks of the argument it comes from."""
    return from_any_of(run, [parts], sources, mark)


def from_any_of(run: Interpreter, cases: Sequence[Parts], sources: Mapping[str, Abstract | None], mark: Mark) -> Dict:
    """The same, where it is one of several: of the versions of a library there may be."""
    made = run.make_dict({}, (mark,))
    for key in dict.fromkeys(key for parts in cases for key in parts):
        inner = [part for parts in cases if isinstance(part := parts.get(key), dict)]
        if len(inner) == len(cases):
            made.cells[key] = from_any_of(run, inner, sources, mark)
            continue
        found: list[Part | Parts | None] = []
        for parts in cases:
            if parts.get(key) not in found:
                found.append(parts.get(key))
        made.cells[key] = one_of(_leaf(run, part, sources, mark) for part in found)
    return made


def _leaf(run: Interpreter, part: Part | Parts | None, sources: Mapping[str, Abstract | None], mark: Mark) -> Abstract:
    if part is None:
        return MISSING
    if isinstance(part, dict):
        return from_parts(run, part, sources, mark)
    source = sources.get(part.source)
    if isinstance(part.value, Abstract):
        return part.value
    if source is not None and not isinstance(source, (Dict, List)):
        return lift(run, part.value, merge_marks(source.where, (mark,)))
    return lift(run, part.value, (mark,))


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


def given_to(function: str, arguments: Arguments) -> dict[str, Abstract]:
    """All arguments of a call by name; `function` is one of `signatures.PARAMETERS`."""
    return by_name(arguments, PARAMETERS[function])


def by_name(arguments: Arguments, names: Sequence[str]) -> dict[str, Abstract]:
    """All arguments by name, those given by position called `names`."""
    return {**dict(zip(names, arguments.positional, strict=False)), **arguments.named}


def at_least(run: Interpreter, package: str, version: tuple[int, ...]) -> bool | None:
    """Whether the project installs `version` of a package or a later one; None where its files leave that open."""
    wanted = Version(version)
    pinned = versions_of(run, package)
    if None not in pinned:
        found = {Version(one) >= wanted for one in pinned if one is not None}
        return found.pop() if len(found) == 1 else None
    least = Version.parse(run.packages.bounds.get(package, (None, None))[0] or "")
    return True if least is not None and least >= wanted else None


def versions_of(run: Interpreter, package: str) -> list[tuple[int, ...] | None]:
    """The versions of a package there may be; None for the newest one.

    Those that are pinned; else the newest below an upper bound, since that is what gets installed.
    """
    stated = run.packages.versions.get(package)
    if stated is not None and stated.alternatives:
        pinned = [Version.parse(str(text)) for text in stated.alternatives]
        return [None if version is None else version.parts for version in pinned]
    below = Version.parse(run.packages.bounds.get(package, (None, None))[1] or "")
    if below is None or not any(below.parts):
        return [None]
    parts = list(below.parts)
    while not parts[-1]:
        parts.pop()
    return [(*parts[:-1], parts[-1] - 1, _LATEST)]


def folder_of(run: Interpreter) -> str:
    """The project-relative folder of the file whose code is running."""
    return run.frames[-1].unit.path.rpartition("/")[0] if run.frames else ""
