"""python-dotenv in evaluated code: load_dotenv, dotenv_values, find_dotenv, get_key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from connlint.project.tree import Unreadable
from connlint.python.bridges.shared import by_name, folder_of, given_to, lookup_in
from connlint.python.language import mappings
from connlint.python.language.domain import REST, Abstract, Arguments, Dict, Handler, Known, Mark, Unknown
from connlint.python.language.operators import overlaid, truth
from connlint.python.language.pedigree import marked
from connlint.python.language.store import one_of
from connlint.python.libraries import Assignment, LibraryError, dotenv
from connlint.python.models.environment import doubt_variables, variables
from connlint.python.models.files import LARGEST, File
from connlint.python.models.paths import locate
from connlint.records import dataclass
from connlint.source import Source
from connlint.value import Origin

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

OUTSIDE: Final = "a .env file outside the project is not read"
_OPEN: Final = "which .env file is read is not known"


@dataclass(frozen=True, slots=True)
class Loading:
    """How the variables of a file are set: over those that are set already, and whether they surely are."""

    override: bool = False
    certain: bool = True


def set_texts(run: Interpreter, target: Dict, texts: Mapping[str, Abstract], mark: Mark, how: Loading) -> None:
    """Set variables in the environment, or in what a library keeps for itself."""
    for name, text in texts.items():
        before = mappings.read(run, target, name)
        new = marked(text, mark) if how.override else overlaid(marked(text, mark), before)
        run.store.write(target, name, new if how.certain else one_of([before, new]))


def set_unread(run: Interpreter, target: Dict, reason: str, mark: Mark, how: Loading) -> None:
    """Note that a file which is not read may set any variable; without `override` only those that are unset."""
    if how.override:
        run.note(mark, reason)
        mappings.blur(run, target, Unknown(reason, (mark,)))
    elif target is variables(run):
        doubt_variables(run, reason, mark)
    else:
        run.store.write(target, REST, Unknown(reason, (mark,)))


def assigned(source: Source, assignment: Assignment) -> Known:
    """The text of an assignment and its place in the file."""
    span = source.span(assignment.start, assignment.end)
    return Known(assignment.text, (Origin.at(span, f"{assignment.name} in {source.path}"),))


def open_file(run: Interpreter, path: str) -> Source | Unknown | None:
    """The file at a project-relative path; None when there is none, unknown when it cannot be read."""
    if not run.finder.tree.names_file(path):
        return None
    try:
        return run.finder.tree.read(path, LARGEST)
    except Unreadable as error:
        return Unknown(f"{path} is not read: {error}")


def file_at(run: Interpreter, given: Abstract, mark: Mark) -> Source | File | Unknown | None:
    """The file that a path, or an open file, stands for.

    One outside the project counts as one that is not there, as variables count as unset that nobody declares.
    """
    if isinstance(given, File):
        return given.source or given
    if not isinstance(given, Known) or not isinstance(given.value, (str, PurePath)):
        return Unknown(given.reason if isinstance(given, Unknown) else _OPEN)
    path = locate(run, given.value)
    if path is None and given.value:
        run.note(mark, OUTSIDE)
    return open_file(run, path) if path is not None else None


def _file(
    run: Interpreter, given: Mapping[str, Abstract], path: Abstract | None, mark: Mark
) -> Source | File | Unknown | None:
    """The file of `dotenv_path`, else of `stream`, else the one found from the running file's folder upwards."""
    if path is None or (isinstance(path, Known) and path.value is None):
        stream = given.get("stream")
        if stream is not None and not (isinstance(stream, Known) and stream.value is None):
            return file_at(run, stream, mark) if isinstance(stream, File) else Unknown(_OPEN)
        found = dotenv.find(run.finder.tree.names_file, folder_of(run))
        return open_file(run, found) if found is not None else None
    return file_at(run, path, mark)


def read_texts(
    run: Interpreter, file: Source | File, mark: Mark, *, interpolate: bool = True, override: bool = True
) -> dict[str, Abstract]:
    """The variables of a file; one that refers to a variable nobody knows is unknown. None stands for no text."""
    source = file if isinstance(file, Source) else Source("", str(file.content))
    try:
        found = dotenv.values(source.text, lookup_in(run), interpolate=interpolate, override=override)
        vague = ""
    except LibraryError as error:
        found = {assignment.name: assignment for assignment in dotenv.parse(source.text)}
        vague = error.reason
    texts: dict[str, Abstract] = {}
    for name, assignment in found.items():
        text = assigned(source, assignment) if isinstance(file, Source) else Known(assignment.text, file.marks)
        texts[name] = Unknown(vague, text.marks) if vague and "${" in (assignment.text or "") else text
    return texts


def loadable(texts: Mapping[str, Abstract]) -> dict[str, Abstract]:
    """Without the names that have no text."""
    return {name: text for name, text in texts.items() if not (isinstance(text, Known) and text.value is None)}


def _read_dotenv(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`read_dotenv(dotenv, override)` of django-dotenv, which goes by the same name.

    It looks in the folder of its caller alone, or in the one it is given; what it makes of `$` and `\\` is not modelled.
    """
    given = by_name(arguments, ("dotenv", "override"))
    override = _flag(run, given, "override", False)
    how = Loading(override is not False)
    path = given.get("dotenv", Known(f"{run.finder.tree.base}/{folder_of(run)}/.env"))

    def one(option: Abstract) -> Abstract:
        if isinstance(option, Known) and run.finder.tree.is_dir(locate(run, option.value) or ""):
            option = Known(f"{option.value}/.env")
        file = file_at(run, option, mark)
        if arguments.open or override is None or isinstance(file, Unknown):
            reason = file.reason if isinstance(file, Unknown) else "how the .env file is read is not known"
            set_unread(run, variables(run), reason, mark, how)
        elif file is not None:
            texts = loadable(read_texts(run, file, mark, interpolate=False))
            unknown = Unknown("what django-dotenv makes of $ and \\ is not modelled", (mark,))
            plain = {
                name: unknown if any(c in str(getattr(text, "value", "$")) for c in "$\\") else text
                for name, text in texts.items()
            }
            set_texts(run, variables(run), plain, mark, how)
        return Known(None, (mark,))

    return run.each(path, one)


def _flag(run: Interpreter, given: Mapping[str, Abstract], name: str, default: bool) -> bool | None:
    value = given.get(name)
    return truth(run, value) if value is not None else default


def load(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`load_dotenv(...)`: set what is not set yet, or all with `override`."""
    given = given_to("dotenv.load_dotenv", arguments)
    path = given.get("dotenv_path")
    return run.each(path if path is not None else Known(None), lambda one: _load(run, given, one, arguments.open, mark))


def _load(run: Interpreter, given: Mapping[str, Abstract], path: Abstract, is_open: bool, mark: Mark) -> Abstract:
    override, interpolate = _flag(run, given, "override", False), _flag(run, given, "interpolate", True)
    how = Loading(override is not False)
    file = _file(run, given, path, mark)
    enabled = is_enabled(run)
    if enabled is False or (file is None and not is_open):
        return Known(False, (mark,))
    if is_open or override is None or interpolate is None:
        file = Unknown("how the .env file is read is not known")
    if isinstance(file, Unknown) or file is None:
        reason = file.reason if file is not None else _OPEN
        set_unread(run, variables(run), reason, mark, how)
        return Unknown(reason, (mark,))
    texts = loadable(read_texts(run, file, mark, interpolate=interpolate is not False, override=how.override))
    set_texts(run, variables(run), texts, mark, Loading(how.override, enabled is True))
    return Known(bool(texts), (mark,)) if enabled else Unknown("whether a .env file is read is not known", (mark,))


def is_enabled(run: Interpreter) -> bool | None:
    """Whether python-dotenv loads files at all (PYTHON_DOTENV_DISABLED, from 1.2 on); None when that is not known."""
    try:
        text = lookup_in(run)("PYTHON_DOTENV_DISABLED")
    except LibraryError as error:
        rest = variables(run).rest  # a file that was not read hardly sets this
        return True if isinstance(rest, Unknown) and rest.reason == error.reason else None
    return text is None or text.casefold() not in ("1", "true", "t", "yes", "y")


def _values(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`dotenv_values(...)`: the variables of a file as a dictionary; the environment stays as it is."""
    given = given_to("dotenv.dotenv_values", arguments)
    interpolate = _flag(run, given, "interpolate", True)
    if arguments.open or interpolate is None:
        return Unknown("how the .env file is read is not known", (mark,))

    def one(path: Abstract) -> Abstract:
        file = _file(run, given, path, mark)
        if isinstance(file, Unknown):
            return run.make_dict({REST: Unknown(file.reason, (mark,))}, (mark,))
        texts = read_texts(run, file, mark, interpolate=interpolate) if file is not None else {}
        return run.make_dict(texts, (mark,))

    return run.each(given.get("dotenv_path", Known(None)), one)


def _get_key(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`get_key(dotenv_path, key_to_get)`: the text of one variable of a file, or None."""
    given = given_to("dotenv.get_key", arguments)
    key = given.get("key_to_get")
    if arguments.open or key is None:
        return Unknown("which variable is read is not known", (mark,))
    held = _values(run, Arguments((given.get("dotenv_path", Known(None)),)), mark)
    return run.each(
        held,
        lambda option: (
            mappings.look_up(run, option, key, Known(None, (mark,)), mark) if isinstance(option, Dict) else option
        ),
    )


def _find(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`find_dotenv(filename, raise_error_if_not_found, usecwd)`: the path of the file, or an empty text."""
    given = given_to("dotenv.find_dotenv", arguments)
    use_cwd, must = _flag(run, given, "usecwd", False), _flag(run, given, "raise_error_if_not_found", False)
    if arguments.open or use_cwd is None:
        return Unknown("where a file is looked for is not known", (mark,))

    def one(name: Abstract) -> Abstract:
        if not (isinstance(name, Known) and isinstance(name.value, (str, PurePath))):
            return run.unknown_of([name], "which file is looked for is not known", mark)
        tree = run.finder.tree
        path = dotenv.find(tree.names_file, "" if use_cwd else folder_of(run), str(name.value))
        if path is not None:
            return Known(f"{tree.base}/{path}", (mark,))
        if must is not False:
            return run.fail(("builtins.OSError", "builtins.Exception"), "there is no such .env file", mark)
        return Known("", (mark,))

    return run.each(given.get("filename", Known(".env")), one)


HANDLERS: Final[Mapping[str, Handler]] = {
    "dotenv.load_dotenv": load,
    "dotenv.read_dotenv": _read_dotenv,
    "dotenv.dotenv_values": _values,
    "dotenv.find_dotenv": _find,
    "dotenv.get_key": _get_key,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
