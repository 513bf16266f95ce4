"""os.environ: the variables that are set, those that the code sets, and defaults that hold while one is unset."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.language import mappings
from connlint.python.language.domain import (
    MISSING,
    REST,
    Abstract,
    Arguments,
    Dict,
    Handler,
    Known,
    Mark,
    Native,
    Special,
    Unknown,
)
from connlint.python.language.operators import has_key
from connlint.python.language.pedigree import assumed, marked
from connlint.python.language.plain import NotPlain, alternatives, names_of, plain
from connlint.python.language.store import one_of
from connlint.python.language.watched import Watched
from connlint.python.libraries import LibraryError, Lookup
from connlint.value import ABSENT, Value

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

NAME: Final = "os.environ"


def from_value(value: Value, reason: str) -> Abstract:
    """A declared value as an abstract one, its origins kept."""
    if value.alternatives:
        return one_of(MISSING if v is ABSENT else Known(v, value.origins) for v in value.alternatives)
    return Unknown(value.reason or reason, value.origins)


def variables(run: Interpreter) -> Dict:
    """The one mapping behind os.environ; every variable that is not in it is unset."""
    held = run.specials.get("the variables")
    if not isinstance(held, Dict):
        cells: dict[Hashable, Abstract] = {
            name: from_value(value, f"the variable {name} is not known") for name, value in run.environment.items()
        }
        held = run.specials["the variables"] = Dict(0, (), Watched(cells))  # it is there before any branch
    return held


def asked_for(run: Interpreter) -> frozenset[Hashable] | None:
    """The variables that the evaluation hung on so far, set or not; None where it has looked at all of them."""
    held = run.specials.get("the variables")
    cells = held.cells if isinstance(held, Dict) else None
    if not isinstance(cells, Watched):
        return frozenset()
    return None if cells.whole else frozenset(cells.asked)


def unset_note(name: str) -> str:
    return f"default in code, used while {name} is unset"


def get_variable(run: Interpreter, name: Abstract, default: Abstract | None, mark: Mark) -> Abstract:
    """`os.environ.get(name, default)`: the default's origins say that they hold while the variable is unset."""
    try:
        names = alternatives(name)
    except NotPlain as error:
        return run.unknown_of([error.unknown], "which variable is read is not known", mark)
    held = variables(run)
    found: list[Abstract] = []
    for one in names:
        note = unset_note(str(one))
        fallback = assumed(default if default is not None else Known(None, (mark,)), note)
        value = mappings.read(run, held, one) if isinstance(one, str) else MISSING
        found += [fallback if option is MISSING else option for option in value.options]
    return one_of(found)


def require_variable(run: Interpreter, name: Abstract, mark: Mark) -> Abstract:
    """`os.environ[name]`: fails with KeyError while the variable is unset."""
    try:
        text = plain(name)
    except NotPlain as error:
        run.may_fail(names_of(KeyError), "the variable may be unset", mark)
        return run.unknown_of([error.unknown], "which variable is read is not known", mark)
    value = mappings.read(run, variables(run), text) if isinstance(text, str) else MISSING
    if value is MISSING:
        return run.fail(names_of(KeyError), f"the variable {text} is not set", mark)
    return mappings.present(value)


class Environ(Special):
    """os.environ itself."""

    __slots__ = ()

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "get":
            return Native("get", _get)
        if name == "setdefault":
            return Native("setdefault", _setdefault)
        if name == "pop":
            return Native("pop", _pop)
        held = variables(run)
        return run.attribute(held, name, mark)

    def item(self, run: Interpreter, key: Abstract, mark: Mark) -> Abstract:
        return require_variable(run, key, mark)

    def set_item(self, run: Interpreter, key: Abstract, value: Abstract, mark: Mark) -> None:
        mappings.set_item(run, variables(run), key, value, mark)

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        return has_key(variables(run), key)

    def mapping(self, run: Interpreter) -> Dict | None:
        return variables(run)

    def iterate(self, run: Interpreter, mark: Mark) -> Abstract:
        return mappings.keys_of(variables(run), mark)


def _get(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    name = arguments.get(0, "key")
    if name is None or arguments.open:
        return Unknown("which variable is read is not known", (mark,))
    return get_variable(run, name, arguments.get(1, "default"), mark)


def _setdefault(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    name, default = arguments.get(0, "key"), arguments.get(1, "default")
    if name is None or default is None:
        return Unknown("which variable is set is not known", (mark,))
    value = get_variable(run, name, default, mark)
    mappings.set_item(run, variables(run), name, value, mark)
    return value


def _pop(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    name, default = arguments.get(0, "key"), arguments.get(1, "default")
    if name is None:
        return Unknown("which variable is read is not known", (mark,))
    found = get_variable(run, name, default, mark) if default else require_variable(run, name, mark)
    if isinstance(name, Known) and name.value in variables(run).cells:
        mappings.delete_item(run, variables(run), name, mark)
    return found


def _putenv(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return Known(None, (mark,))


def lookup(run: Interpreter) -> Lookup:
    """How the models of helper libraries ask for a variable."""
    held = variables(run)

    def find(name: str) -> str | None:
        value = mappings.read(run, held, name)
        if value is MISSING:
            return None
        if isinstance(value, Known) and isinstance(value.value, str):
            return value.value
        raise LibraryError(f"the variable {name} is not known exactly")

    return find


def marks_of_variable(run: Interpreter, name: str) -> Abstract:
    """What the mapping holds for a variable, for the sake of its marks."""
    return variables(run).cells.get(name, MISSING)


def set_variable(run: Interpreter, name: str, value: Abstract, mark: Mark) -> None:
    """Set a variable as code that reads a .env file does."""
    run.store.write(variables(run), name, marked(value, mark))


def doubt_variables(run: Interpreter, reason: str, mark: Mark) -> None:
    """A file that sets variables was not read: none that is unset so far is known to stay so."""
    run.note(mark, reason)
    run.store.write(variables(run), REST, Unknown(reason, (mark,)))


def _environ(run: Interpreter, mark: Mark) -> Abstract:
    if NAME not in run.specials:
        run.specials[NAME] = Environ(run.store.number())
    return run.specials[NAME]


HANDLERS: Final[Mapping[str, Handler]] = {"os.getenv": _get, "os.putenv": _putenv}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {NAME: _environ, "os.environb": _environ}
