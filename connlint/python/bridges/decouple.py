"""python-decouple in evaluated code: config, AutoConfig, Config, Csv, Choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.dotenv import assigned, open_file
from connlint.python.bridges.shared import (
    IMPROPER,
    Callback,
    Default,
    Question,
    answer,
    cast_of,
    folder_of,
    given_to,
    held,
    is_function,
    plain_or_raise,
    text_of,
)
from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Arguments,
    Handler,
    Known,
    Mark,
    Marks,
    Native,
    Special,
    Unknown,
)
from connlint.python.language.pedigree import assumed
from connlint.python.language.plain import NotPlain, plain
from connlint.python.libraries import LibraryError, Lookup, Reading, decouple
from connlint.python.libraries.casts import apply
from connlint.python.libraries.truth import strtobool
from connlint.python.models.environment import unset_note
from connlint.python.models.paths import locate
from connlint.source import Source

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_REPOSITORY: Final = ".repository"
_MISSING_FILE: Final = ("builtins.FileNotFoundError", "builtins.OSError", "builtins.Exception")


class Repository(Special):
    """What a `Config` reads beside the environment: a file, or nothing; `reason` why it is not known."""

    __slots__ = ("held", "reason", "source")

    def __init__(
        self, serial: int, mark: Mark, source: Source | None, held: decouple.Repository, reason: str = ""
    ) -> None:
        super().__init__(serial, (mark,))
        self.source = source
        self.held = held
        self.reason = reason


class Config(Special):
    """A `Config(repository)`, or `decouple.config` and other objects of AutoConfig, which look for their file once.

    A cell holds the repository as soon as it is known. `folder` is where an AutoConfig looks: where it is None, the
    folder of the code that calls it first.
    """

    __slots__ = ("folder",)

    def __init__(self, serial: int, mark: Mark, repository: Abstract = MISSING, folder: str | None = None) -> None:
        super().__init__(serial, (mark,), {} if repository is MISSING else {_REPOSITORY: repository})
        self.folder = folder

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "get":
            return Native(name, self.call)
        return super().attribute(run, name, mark)

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        given = given_to("decouple.Config.get", arguments)
        option = given.get("option")
        if option is None or arguments.open:
            return Unknown("which variable is read is not known", (mark,))
        if _REPOSITORY not in self.cells:
            folder = self.folder if self.folder is not None else folder_of(run)
            path = decouple.find_file(run.finder.tree.names_file, folder)
            run.store.write(self, _REPOSITORY, _read(run, path, mark))
        value, cast = _given(run, given.get("default")), _given(run, given.get("cast"))

        def one(name: Abstract, repository: Abstract) -> Abstract:
            text = text_of(name)
            if text is None:
                return run.unknown_of([name], "which variable is read is not known", mark)
            if not isinstance(repository, Repository):
                return run.unknown_of([repository], "what the configuration reads is not known", mark)
            return _ask(run, repository, text, value, cast, mark)

        return run.each(option, lambda name: run.each(self.cells[_REPOSITORY], lambda held: one(name, held)))


def _ask(
    run: Interpreter, repository: Repository, name: str, value: Abstract | None, cast: Abstract | None, mark: Mark
) -> Abstract:
    found = repository.held.get(name)
    files: Marks = ()
    if repository.source is not None and found is not None:
        files = assigned(repository.source, found).marks
    default = Default.of(value, decouple.UNDEFINED)

    def read(lookup: Lookup) -> Reading:
        if lookup(name) is None and repository.reason:
            raise LibraryError(repository.reason)
        kind = cast_of(run, cast, mark) if cast is not None else decouple.UNDEFINED
        return decouple.read(lookup, repository.held, name, default.given, kind)

    def one(text: Abstract) -> Abstract:
        if text is MISSING and repository.reason:
            run.may_fail(IMPROPER, repository.reason, mark)
            unknown = Unknown(repository.reason, (mark,))
            return run.call(cast, Arguments((unknown,)), mark) if cast is not None and is_function(cast) else unknown
        if text is MISSING and found is None and value is not None:
            return _defaulted(run, name, value, cast, mark)
        return answer(run, Question(name, default, read, mark, files, cast=cast), text)

    return run.each(held(run, name), one)


def _given(run: Interpreter, value: Abstract | None) -> Abstract | None:
    """An argument, where it is not the library's own sign for one that is left out."""
    return None if value is not None and value is run.specials.get("decouple.undefined") else value


def _defaulted(run: Interpreter, name: str, default: Abstract, cast: Abstract | None, mark: Mark) -> Abstract:
    """A default, to which the cast is applied as well."""
    if cast is None:
        return assumed(default, unset_note(name))

    def one(option: Abstract) -> Abstract:
        try:
            value = plain(option)
        except NotPlain as error:
            return run.call(cast, Arguments((option,)), mark) if is_function(cast) else error.unknown

        def read(lookup: Lookup) -> Reading:
            return decouple.read(lookup, decouple.EMPTY, name, value, cast_of(run, cast, mark))

        return answer(run, Question(name, Default(option, value), read, mark), MISSING)

    return run.each(default, one)


def _csv(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    try:
        if arguments.open:
            raise LibraryError("not all arguments are known")
        given = given_to("decouple.Csv", arguments)
        keywords: dict[str, object] = {
            key: cast_of(run, value, mark) if key in ("cast", "post_process") else plain_or_raise(value)
            for key, value in given.items()
        }
        return Callback(run.store.number(), decouple.Csv(**keywords), mark)  # type: ignore[arg-type]  # a wrong one raises the TypeError below
    except (LibraryError, TypeError):
        return Unknown("how the text is split is not known", (mark,))


def _choices(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    try:
        if arguments.open:
            raise LibraryError("not all arguments are known")
        given = given_to("decouple.Choices", arguments)
        keywords = {
            key: cast_of(run, value, mark) if key == "cast" else tuple(plain_or_raise(value))  # type: ignore[arg-type]  # what is no sequence raises the TypeError below
            for key, value in given.items()
        }
        return Callback(run.store.number(), decouple.Choices(**keywords), mark)  # type: ignore[arg-type]  # a wrong one raises the TypeError below
    except (LibraryError, TypeError):
        return Unknown("what the choices are is not known", (mark,))


def _auto(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`AutoConfig(search_path)`."""
    given = given_to("decouple.AutoConfig", arguments).get("search_path", Known(None))

    def one(option: Abstract) -> Abstract:
        if isinstance(option, Known) and not option.value:
            return Config(run.store.number(), mark)
        if not isinstance(option, Known) or arguments.open:
            reason = run.unknown_of([option], "the folder that decouple looks in is not known", mark).reason
            return Config(run.store.number(), mark, _unread(run, reason, mark))
        folder = locate(run, option.value)
        if folder is None:
            run.note(mark, "the folder that decouple looks in lies outside the project")
            return Config(run.store.number(), mark, _read(run, None, mark))
        return Config(run.store.number(), mark, folder=folder)

    return run.each(given, one)


def _config(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`Config(repository)`."""
    given = given_to("decouple.Config", arguments).get("repository")
    if given is None or arguments.open:
        return Unknown("what the configuration reads is not known", (mark,))
    return Config(run.store.number(), mark, given)


def _repository(parse: Callable[[str], decouple.Repository]) -> Handler:
    """RepositoryEnv(source) and RepositoryIni(source)."""

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        given = given_to("decouple.RepositoryEnv", arguments).get("source")
        if given is None or arguments.open:
            return _unread(run, "the file that decouple reads is not known", mark)

        def one(option: Abstract) -> Abstract:
            located = locate(run, option.value) if isinstance(option, Known) else None
            if located is None:
                run.may_fail(_MISSING_FILE, "the file may be missing", mark)
                reason = "the file that decouple reads lies outside the project"
                if not isinstance(option, Known):
                    reason = run.unknown_of([option], "the file that decouple reads is not known", mark).reason
                return _unread(run, reason, mark)
            if not run.finder.tree.names_file(located):
                run.fail(_MISSING_FILE, f"there is no file {located}", mark)
                return _unread(run, f"there is no file {located}", mark)
            return _read(run, located, mark, parse)

        return run.each(given, one)

    return handler


def _unread(run: Interpreter, reason: str, mark: Mark) -> Repository:
    """A repository of which nothing is known: every variable that is not set may be in it."""
    run.note(mark, reason)
    return Repository(run.store.number(), mark, None, decouple.EMPTY, reason)


def _read(
    run: Interpreter, path: str | None, mark: Mark, parse: Callable[[str], decouple.Repository] | None = None
) -> Repository:
    """The repository in a file, which by default its name says how to read; None for no file."""
    file = open_file(run, path) if path is not None else None
    if path is None or file is None:
        return Repository(run.store.number(), mark, None, decouple.EMPTY)
    if isinstance(file, Unknown):
        return _unread(run, file.reason, mark)
    if parse is None:
        parse = decouple.parse_ini if path.endswith(".ini") else decouple.parse_env
    try:
        return Repository(run.store.number(), mark, file, parse(file.text))
    except LibraryError as error:
        run.may_fail(("configparser.Error", "builtins.Exception"), error.reason, mark)
        return _unread(run, f"{path} is not read: {error.reason}", mark)


def _secret(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """RepositorySecret(source): a folder with one file for each variable, which the platform makes."""
    return _unread(run, "secrets that the platform mounts are not read", mark)


def _shared(run: Interpreter, mark: Mark) -> Abstract:
    if "decouple.config" not in run.specials:
        run.specials["decouple.config"] = Config(0, mark)  # it is there before any branch
    return run.specials["decouple.config"]


def _strtobool(value: object) -> object:
    return value if isinstance(value, bool) else bool(apply(strtobool, value))


HANDLERS: Final[Mapping[str, Handler]] = {
    "decouple.Csv": _csv,
    "decouple.Choices": _choices,
    "decouple.AutoConfig": _auto,
    "decouple.Config": _config,
    "decouple.RepositoryEnv": _repository(decouple.parse_env),
    "decouple.RepositoryIni": _repository(decouple.parse_ini),
    "decouple.RepositorySecret": _secret,
    "decouple.RepositoryEmpty": lambda run, arguments, mark: _read(run, None, mark),
    "decouple.strtobool": lambda run, arguments, mark: run.call(
        Callback(run.store.number(), _strtobool, mark), arguments, mark
    ),
}


def _undefined(run: Interpreter, mark: Mark) -> Abstract:
    if "decouple.undefined" not in run.specials:
        run.specials["decouple.undefined"] = Special(run.store.number(), (mark,))
    return run.specials["decouple.undefined"]


CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "decouple.config": _shared,
    "decouple.undefined": _undefined,
}
