"""python-decouple in evaluated code: config, AutoConfig, Config, Csv, Choices."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.project.tree import Unreadable
from connlint.python.bridge import Callback, Default, ask, cast_of, folder_of, plain_or_raise, text_of
from connlint.python.bridge_dotenv import assigned
from connlint.python.domain import Abstract, Arguments, Handler, Known, Mark, Marks, Native, Special, Unknown
from connlint.python.environment import doubt_variables, lookup, unset_note
from connlint.python.files import LARGEST
from connlint.python.libraries import LibraryError, Reading, decouple
from connlint.python.paths import locate
from connlint.python.pedigree import assumed
from connlint.python.plain import NotPlain, plain
from connlint.source import Source

if TYPE_CHECKING:
    from connlint.python.interpreter import Interpreter


class Config(Special):
    """`decouple.config` or a `Config(...)`; `path` is its file, None where it is looked for."""

    __slots__ = ("folder", "path", "repositories")

    def __init__(self, serial: int, mark: Mark, path: str | None = None, folder: str | None = None) -> None:
        super().__init__(serial, (mark,))
        self.path = path
        self.folder = folder
        self.repositories: dict[str, tuple[Source | None, decouple.Repository]] = {}

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "get":
            return Native(name, self.call)
        return super().attribute(run, name, mark)

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        option = arguments.get(0, "option")
        if option is None or arguments.open:
            return Unknown("which variable is read is not known", (mark,))
        return run.each(option, lambda one: self._ask(run, one, arguments, mark))

    def _ask(self, run: Interpreter, option: Abstract, arguments: Arguments, mark: Mark) -> Abstract:
        name = text_of(option)
        if name is None:
            return run.unknown_of([option], "which variable is read is not known", mark)
        value, cast = _given(run, arguments.get(1, "default")), _given(run, arguments.get(2, "cast"))
        source, repository = self._file(run, mark)
        found = repository.get(name)
        files: Marks = assigned(source, found).marks if source is not None and found is not None else ()
        default = Default.of(value, decouple.UNDEFINED)
        if value is not None and found is None and _unset(run, name):
            return _defaulted(run, name, value, cast, mark)

        def reading() -> Reading:
            kind = cast_of(run, cast, mark) if cast is not None else decouple.UNDEFINED
            return decouple.read(lookup(run), repository, name, default.given, kind)

        return ask(run, name, default, reading, mark, files)

    def _file(self, run: Interpreter, mark: Mark) -> tuple[Source | None, decouple.Repository]:
        path = self.path
        if path is None:
            path = decouple.find_file(
                run.finder.tree.is_file, self.folder if self.folder is not None else folder_of(run)
            )
        if not path:
            return None, decouple.EMPTY
        if path not in self.repositories:
            parse = decouple.parse_ini if posixpath.splitext(path)[1] == ".ini" else decouple.parse_env
            try:
                source = run.finder.tree.read(path, LARGEST)
                self.repositories[path] = source, parse(source.text)
            except (Unreadable, LibraryError) as error:
                doubt_variables(run, f"{path} is not read: {error}", mark)
                return None, decouple.EMPTY
        return self.repositories[path]


def _given(run: Interpreter, value: Abstract | None) -> Abstract | None:
    """An argument, where it is not the library's own sign for one that is left out."""
    return None if value is not None and value is run.specials.get("decouple.undefined") else value


def _unset(run: Interpreter, name: str) -> bool:
    try:
        return lookup(run)(name) is None
    except LibraryError:
        return False


def _defaulted(run: Interpreter, name: str, default: Abstract, cast: Abstract | None, mark: Mark) -> Abstract:
    """A default, to which the cast is applied as well."""
    if cast is None:
        return assumed(default, unset_note(name))

    def one(option: Abstract) -> Abstract:
        try:
            value = plain(option)
        except NotPlain as error:
            return error.unknown
        given = Default(option, value)

        def reading() -> Reading:
            return decouple.read(lambda name: None, decouple.EMPTY, name, value, cast_of(run, cast, mark))

        return ask(run, name, given, reading, mark)

    return run.each(default, one)


def _csv(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    try:
        given = dict(zip(("cast", "delimiter", "strip", "post_process"), arguments.positional, strict=False))
        given.update(arguments.named)
        keywords: dict[str, object] = {
            key: cast_of(run, value, mark) if key in ("cast", "post_process") else plain_or_raise(value)
            for key, value in given.items()
        }
        return Callback(run.store.number(), decouple.Csv(**keywords), mark)  # type: ignore[arg-type]
    except (LibraryError, TypeError):
        return Unknown("how the text is split is not known", (mark,))


def _choices(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    try:
        given = dict(zip(("flat", "cast", "choices"), arguments.positional, strict=False)) | dict(arguments.named)
        keywords = {
            key: cast_of(run, value, mark) if key == "cast" else tuple(plain_or_raise(value))  # type: ignore[arg-type]
            for key, value in given.items()
        }
        return Callback(run.store.number(), decouple.Choices(**keywords), mark)  # type: ignore[arg-type]
    except (LibraryError, TypeError):
        return Unknown("what the choices are is not known", (mark,))


def _auto(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    given = arguments.get(0, "search_path")
    folder = locate(run, given.value) if isinstance(given, Known) and given.value is not None else None
    if given is not None and folder is None and not (isinstance(given, Known) and given.value is None):
        run.note(mark, "which file decouple reads is not known")
        folder = ""
    return Config(run.store.number(), mark, folder=folder)


def _config(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    repository = arguments.get(0, "repository")
    path = text_of(repository)
    if path is None:
        return run.unknown_of([repository] if repository else [], "what the configuration reads is not known", mark)
    return Config(run.store.number(), mark, path=path)


def _repository(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """RepositoryEnv and RepositoryIni: stood for by the path of their file."""
    given = arguments.get(0, "source")
    located = locate(run, given.value) if isinstance(given, Known) else None
    if located is None:
        run.note(mark, "the file that decouple reads is not known, or it lies outside the project")
        return Known("", (mark,))
    if not run.finder.tree.is_file(located):
        return run.fail(
            ("builtins.FileNotFoundError", "builtins.OSError", "builtins.Exception"), "the file is missing", mark
        )
    return Known(located, (mark,))


def _shared(run: Interpreter, mark: Mark) -> Abstract:
    if "decouple.config" not in run.specials:
        run.specials["decouple.config"] = Config(run.store.number(), mark)
    return run.specials["decouple.config"]


HANDLERS: Final[Mapping[str, Handler]] = {
    "decouple.Csv": _csv,
    "decouple.Choices": _choices,
    "decouple.AutoConfig": _auto,
    "decouple.Config": _config,
    "decouple.RepositoryEnv": _repository,
    "decouple.RepositoryIni": _repository,
    "decouple.RepositoryEmpty": lambda run, arguments, mark: Known("", (mark,)),
    "decouple.strtobool": lambda run, arguments, mark: run.call(_bool(run, mark), arguments, mark),
}


def _bool(run: Interpreter, mark: Mark) -> Abstract:
    return Callback(run.store.number(), decouple.boolean, mark)


def _undefined(run: Interpreter, mark: Mark) -> Abstract:
    if "decouple.undefined" not in run.specials:
        run.specials["decouple.undefined"] = Special(run.store.number(), (mark,))
    return run.specials["decouple.undefined"]


CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "decouple.config": _shared,
    "decouple.undefined": _undefined,
}
