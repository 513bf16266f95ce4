"""python-dotenv in evaluated code: load_dotenv, dotenv_values, find_dotenv."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from connlint.project.tree import Unreadable
from connlint.python.bridge import folder_of
from connlint.python.domain import MISSING, Abstract, Arguments, Handler, Known, Mark, Unknown
from connlint.python.environment import doubt_variables, lookup, set_variable, variables
from connlint.python.files import LARGEST, File
from connlint.python.libraries import Assignment, LibraryError, dotenv
from connlint.python.operators import truth
from connlint.python.paths import locate
from connlint.source import Source
from connlint.value import Origin

if TYPE_CHECKING:
    from connlint.python.interpreter import Interpreter


def set_assignments(
    run: Interpreter, source: Source, assignments: Iterable[Assignment], mark: Mark, *, force: bool
) -> None:
    """Set the variables of a `.env` file; one that is set already stays, unless `force`."""
    held = variables(run)
    for assignment in assignments:
        if assignment.text is None or (not force and held.cells.get(assignment.name, MISSING) is not MISSING):
            continue
        set_variable(run, assignment.name, assigned(source, assignment), mark)


def assigned(source: Source, assignment: Assignment) -> Known:
    """The text of an assignment and its place in the file."""
    span = source.span(assignment.start, assignment.end)
    return Known(assignment.text, (Origin.at(span, f"{assignment.name} in {source.path}"),))


def find_file(run: Interpreter, arguments: Arguments, mark: Mark) -> Source | None:
    """The `.env` file that an argument names, or the one found from the running file's folder upwards."""
    given = arguments.get(0, "dotenv_path")
    if given is None and (stream := arguments.named.get("stream")) is not None:
        return stream.source if isinstance(stream, File) else None
    if given is None or (isinstance(given, Known) and not given.value):
        path = dotenv.find(run.finder.tree.is_file, folder_of(run))
    elif isinstance(given, Known) and isinstance(given.value, (str, PurePath)):
        path = locate(run, given.value)
        if path is None:
            run.note(mark, "a .env file outside the project is not read")
    else:
        run.note(mark, "which .env file is read is not known")
        return None
    if path is None or not run.finder.tree.is_file(path):
        return None
    try:
        return run.finder.tree.read(path, LARGEST)
    except Unreadable as error:
        doubt_variables(run, f"{path} is not read: {error}", mark)
        return None


def _flag(run: Interpreter, arguments: Arguments, name: str, default: bool) -> bool:
    value = arguments.named.get(name)
    known = truth(run, value) if value is not None else default
    if known is None:
        raise LibraryError(f"the keyword {name} is not known")
    return known


def load(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`load_dotenv(...)`: set what is not set yet, or all with `override`."""
    source = find_file(run, arguments, mark)
    if source is None:
        return Known(False, (mark,))
    try:
        override = _flag(run, arguments, "override", False)
        interpolate = _flag(run, arguments, "interpolate", True)
        loaded = dotenv.load(source.text, lookup(run), interpolate=interpolate, override=override)
    except LibraryError as error:
        doubt_variables(run, f"{source.path} is not read: {error.reason}", mark)
        return Unknown(error.reason, (mark,))
    set_assignments(run, source, loaded.values(), mark, force=override)
    return Known(bool(loaded), (mark,))


def _values(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    source = find_file(run, arguments, mark)
    if source is None:
        return run.make_dict({}, (mark,))
    try:
        found = dotenv.values(source.text, lookup(run), interpolate=_flag(run, arguments, "interpolate", True))
    except LibraryError as error:
        return Unknown(error.reason, (mark,))
    return run.make_dict({name: assigned(source, assignment) for name, assignment in found.items()}, (mark,))


def _find(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    name = arguments.get(0, "filename")
    if name is not None and not (isinstance(name, Known) and isinstance(name.value, str)):
        return run.unknown_of([name], "which file is looked for is not known", mark)
    filename = str(name.value) if isinstance(name, Known) else ".env"
    path = dotenv.find(run.finder.tree.is_file, folder_of(run), filename)
    return Known(f"{run.finder.tree.base}/{path}" if path is not None else "", (mark,))


HANDLERS: Final[Mapping[str, Handler]] = {
    "dotenv.load_dotenv": load,
    "dotenv.read_dotenv": load,
    "dotenv.dotenv_values": _values,
    "dotenv.find_dotenv": _find,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
