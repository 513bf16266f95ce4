"""Models of os.path and pathlib. Whether a file exists is answered by the project's tree, and by it alone."""

from __future__ import annotations

import fnmatch
import os.path
import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import Abstract, Arguments, Handler, Known, Mark, Native, Unknown, merge_marks
from connlint.python.language.plain import compute, lift, names_of, pure
from connlint.value import Origin

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_OUTSIDE: Final = "whether a file outside the project exists is not known"
_HERE: Final = "the working directory is taken to be the project's root"


def locate(run: Interpreter, path: object) -> str | None:
    """The project-relative form of a path that evaluated code speaks of; None when it is outside or no path."""
    if isinstance(path, PurePath):
        path = str(path)
    return run.finder.tree.locate(path) if isinstance(path, str) and path else None


def _tested(test: Callable[[Interpreter, str], object], reason: str) -> Handler:
    """A handler that asks the tree about each path its first argument can be."""

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        path = arguments.get(0, "path")
        if path is None:
            return run.fail(names_of(TypeError), "the path is missing", mark)

        def one(option: Abstract) -> Abstract:
            if not isinstance(option, Known):
                return run.unknown_of([option], "the path is not known", mark)
            if not isinstance(option.value, (str, PurePath)):
                return run.fail(names_of(TypeError), "it is no path", mark)
            located = locate(run, option.value)
            if located is None or run.finder.tree.leads_out(located):
                return Unknown(reason, (mark,))
            return lift(run, test(run, located), merge_marks(option.marks, (mark,)))

        return run.each(path, one)

    return handler


_exists = _tested(lambda run, path: run.finder.tree.exists(path), _OUTSIDE)
_is_file = _tested(lambda run, path: run.finder.tree.is_file(path), _OUTSIDE)
_is_dir = _tested(lambda run, path: run.finder.tree.is_dir(path), _OUTSIDE)
_listdir = _tested(lambda run, path: list(run.finder.tree.listdir(path)), "a folder outside the project is not read")


def _never(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return Unknown("links and mounts are not looked at", (mark,))


def _absolute(run: Interpreter) -> Callable[[object], object]:
    base = run.finder.tree.base

    def absolute(path: object) -> object:
        if isinstance(path, PurePath):
            return PurePosixPath(posixpath.normpath(posixpath.join(base, str(path))))
        return posixpath.normpath(posixpath.join(base, path))  # type: ignore[call-overload]  # TypeError is the code's own

    return absolute


def _abspath(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return compute(run, "abspath", _absolute(run), arguments.positional[:1], mark)


def _relpath(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    absolute = _absolute(run)

    def relative(path: object, start: object = ".") -> object:
        return posixpath.relpath(str(absolute(path)), str(absolute(start)))

    return compute(run, "relpath", relative, arguments.all[:2], mark)


def _cwd(as_path: bool) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        base = run.finder.tree.base
        origin = Origin.assumed(_HERE, mark.unit.span(mark.node))
        return Known(PurePosixPath(base) if as_path else base, (origin,))

    return handler


def _path(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return compute(run, "Path", PurePosixPath, arguments.positional, mark)


def _fspath(value: object) -> str:
    return str(value) if isinstance(value, PurePath) else os.fspath(value)  # type: ignore[call-overload]  # TypeError is the evaluated code's


def _plain_join(*parts: object) -> str:
    return posixpath.join(*(_fspath(part) for part in parts))


def _on_text(function: Callable[[str], object]) -> Callable[[object], object]:
    return lambda path: function(_fspath(path))


def _glob(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    def find(pattern: object) -> list[str]:
        return glob(run, _fspath(pattern))

    return compute(run, "glob", find, arguments.positional[:1], mark)


def glob(run: Interpreter, pattern: str) -> list[str]:
    """The files and folders of the project that match a pattern of one or more levels, sorted."""
    tree = run.finder.tree
    located = tree.locate(pattern)
    if located is None:
        return []
    found = [""]
    for part in located.split("/"):
        step: list[str] = []
        for folder in found[:1000]:
            names = [part] if not any(c in part for c in "*?[") else tree.listdir(folder)
            step += [posixpath.join(folder, name) for name in names if fnmatch.fnmatchcase(name, part)]
        found = step
    prefix = f"{tree.base}/" if pattern.startswith("/") else ""
    return [prefix + path for path in sorted(found) if tree.exists(path)]


_VALUES: Final = frozenset({"name", "stem", "suffix", "suffixes", "parent", "parts", "anchor", "root", "drive"})
_METHODS: Final = frozenset(
    [
        "joinpath",
        "with_name",
        "with_suffix",
        "with_stem",
        "as_posix",
        "as_uri",
        "is_absolute",
        "relative_to",
        "match",
        "__str__",
        "__fspath__",
        "is_relative_to",
    ]
)


def path_attribute(run: Interpreter, value: Known, name: str, mark: Mark) -> Abstract | None:
    """An attribute or method of a path; None when paths have no such thing."""
    if name in _VALUES:
        return compute(run, name, lambda path: getattr(path, name), (value,), mark)
    if name == "parents":
        return compute(run, name, lambda path: tuple(path.parents), (value,), mark)
    if name in _METHODS:
        return Native(name, _method(value, lambda path, *rest: getattr(path, name)(*rest)))
    files = _FILE_METHODS.get(name)
    if files is not None:
        return Native(name, lambda run, a, mark: files(run, Arguments((value, *a.positional), a.named, a.open), mark))
    if name in ("open", "read_text", "read_bytes"):
        from connlint.python.models.files import read_path

        return Native(name, lambda run, a, mark: read_path(run, value, name, a, mark))
    if name in ("mkdir", "touch", "unlink", "write_text", "chmod"):
        return Native(name, _nothing)
    return Unknown(f"the method {name} of a path is not modelled", (mark,)) if hasattr(Path, name) else None


def _nothing(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return Known(None, (mark,))


def _method(value: Known, function: Callable[..., object]) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return compute(run, "the path", function, (value, *arguments.positional), mark)

    return handler


def _resolve(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return compute(run, "resolve", _absolute(run), arguments.positional[:1], mark)


def _iterdir(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    path = arguments.positional[0]
    assert isinstance(path, Known)
    located = locate(run, path.value)
    if located is None:
        return Unknown("a folder outside the project is not read", (mark,))
    made = [Known(PurePosixPath(str(path.value), name), (mark,)) for name in run.finder.tree.listdir(located)]
    return run.make_list(made, (mark,), "iterator")


def _path_glob(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    def find(path: object, pattern: object) -> Abstract:
        found = glob(run, posixpath.join(str(path), str(pattern)))
        return run.make_list([Known(PurePosixPath(name), (mark,)) for name in found], (mark,), "iterator")

    return compute(run, "glob", find, arguments.positional[:2], mark)


def _expand_user(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    path = arguments.get(0, "path")
    if isinstance(path, Known) and not str(path.value).startswith("~"):
        return path
    return Unknown("the home folder is not known", (mark,))


def _expand_vars(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    path = arguments.get(0, "path")
    if isinstance(path, Known) and "$" not in str(path.value):
        return path
    return Unknown("variables in a path are not followed", (mark,))


_FILE_METHODS: Final[Mapping[str, Handler]] = {
    "exists": _exists,
    "is_file": _is_file,
    "is_dir": _is_dir,
    "resolve": _resolve,
    "absolute": _resolve,
    "iterdir": _iterdir,
    "glob": _path_glob,
    "expanduser": _expand_user,
    "is_symlink": _never,
    "is_mount": _never,
}

HANDLERS: Final[Mapping[str, Handler]] = {
    "os.path.join": pure("join", _plain_join),
    "os.path.dirname": pure("dirname", _on_text(posixpath.dirname)),
    "os.path.basename": pure("basename", _on_text(posixpath.basename)),
    "os.path.normpath": pure("normpath", _on_text(posixpath.normpath)),
    "os.path.splitext": pure("splitext", _on_text(posixpath.splitext)),
    "os.path.split": pure("split", _on_text(posixpath.split)),
    "os.path.isabs": pure("isabs", _on_text(posixpath.isabs)),
    "os.path.commonpath": pure("commonpath", posixpath.commonpath),
    "os.path.abspath": _abspath,
    "os.path.realpath": _abspath,
    "os.path.relpath": _relpath,
    "os.path.expanduser": _expand_user,
    "os.path.expandvars": _expand_vars,
    "os.path.exists": _exists,
    "os.path.lexists": _exists,
    "os.path.isfile": _is_file,
    "os.path.isdir": _is_dir,
    "os.path.islink": _never,
    "os.path.ismount": _never,
    "os.access": _exists,
    "os.listdir": _listdir,
    "os.fspath": pure("fspath", _fspath),
    "os.getcwd": _cwd(False),
    "os.makedirs": _nothing,
    "os.mkdir": _nothing,
    "glob.glob": _glob,
    "glob.iglob": _glob,
    "pathlib.Path": _path,
    "pathlib.Path.cwd": _cwd(True),
    "pathlib.Path.exists": _exists,
}


def _text(value: str) -> Callable[[Interpreter, Mark], Abstract]:
    return lambda run, mark: Known(value, (mark,))


CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "os.sep": _text("/"),
    "os.path.sep": _text("/"),
    "os.pathsep": _text(":"),
    "os.linesep": _text("\n"),
    "os.pardir": _text(".."),
    "os.curdir": _text("."),
    "os.devnull": _text("/dev/null"),
}
