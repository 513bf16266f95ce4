"""dj_database_url in evaluated code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.shared import by_name, from_any_of, from_parts, some_unknown, text_of, versions_of
from connlint.python.language.domain import Abstract, Arguments, Dict, Handler, Known, Mark, Unknown
from connlint.python.language.operators import truth
from connlint.python.language.plain import lift
from connlint.python.libraries import LibraryError, database_url
from connlint.python.models.environment import get_variable

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_PACKAGE: Final = "dj-database-url"
_SCHEMES: Final = "dj_database_url.SCHEMES"
_UNSURE: Final = {"engine": "ENGINE", "ssl_require": "sslmode", "test_options": "TEST"}  # what each keyword decides
# Keywords that pass through untouched.
_PASSED: Final = frozenset({"conn_max_age", "conn_health_checks", "disable_server_side_cursors"})


def _parameters(run: Interpreter) -> tuple[str, ...] | None:
    """The parameters of parse by position; None where the versions there may be differ in them."""
    found = {database_url.parameters(version) for version in versions_of(run, _PACKAGE)}
    return found.pop() if len(found) == 1 else None


def _named(run: Interpreter, arguments: Arguments, first: tuple[str, ...]) -> dict[str, Abstract] | None:
    """All arguments by name, `first` the parameters before `engine`; None where that is not known."""
    names = _parameters(run)
    if arguments.open or (names is None and len(arguments.positional) > len(first) + 2):
        return None
    return by_name(arguments, (*first, *(names or ("url", "engine", "conn_max_age"))[1:]))


def _parse(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    given = _named(run, arguments, ("url",))
    url = given.pop("url", None) if given is not None else None
    if given is None or url is None:
        return Unknown("not all arguments of dj_database_url are known", (mark,))
    return parse_url(run, url, given, mark)


def parse_url(run: Interpreter, url: Abstract, keywords: Mapping[str, Abstract], mark: Mark) -> Abstract:
    """`dj_database_url.parse(url, **keywords)`; without the URL, what the keywords alone decide."""
    return run.each(url, lambda option: _each_engine(run, option, keywords, mark))


def _each_engine(run: Interpreter, url: Abstract, keywords: Mapping[str, Abstract], mark: Mark) -> Abstract:
    engine = keywords.get("engine")
    if engine is None:
        return _parse_one(run, url, keywords, mark)
    return run.each(engine, lambda option: _parse_one(run, url, {**keywords, "engine": option}, mark))


def _parse_one(run: Interpreter, url: Abstract, keywords: Mapping[str, Abstract], mark: Mark) -> Abstract:
    sources: dict[str, Abstract | None] = {"url": url, **keywords}
    text = text_of(url)
    reason = url.reason if isinstance(url, Unknown) else "the database URL is not known"
    other = [name for name in keywords if name not in _PASSED and name not in _UNSURE]
    if other:
        return Unknown(f"dj_database_url has no keyword {other[0]}", (mark,))
    plain, unsure = _plain_keywords(run, keywords)
    if text is not None:
        try:
            cases = [database_url.parse(text, **plain, version=v) for v in versions_of(run, _PACKAGE)]  # type: ignore[arg-type]  # the names are checked above; the values are the evaluated code's
        except LibraryError as error:
            run.may_fail(("builtins.ValueError", "builtins.Exception"), error.reason, mark)
            return Unknown(error.reason, (mark, *url.where))
        made = from_any_of(run, cases, sources, mark)
        return _with_unsure(run, _with_own_engine(run, made, text, plain), unsure, mark)
    if isinstance(url, Known):
        return Unknown(reason, (mark, *url.marks))
    parts = database_url.keywords(None, **{name: value for name, value in plain.items() if name in _PASSED})
    return some_unknown(run, from_parts(run, parts, sources, mark), reason, mark)


def _plain_keywords(run: Interpreter, keywords: Mapping[str, Abstract]) -> tuple[dict[str, object], list[str]]:
    """The keywords as the model takes them, and those of which it is not known what they come to."""
    plain: dict[str, object] = {}
    unsure = []
    for name, value in keywords.items():
        known = truth(run, value) if name != "engine" or isinstance(value, Known) else None
        if name in _PASSED:
            plain[name] = value
        elif known is None:
            unsure.append(name)
        elif name == "engine":
            plain[name] = text_of(value)
        else:
            plain[name] = known if name == "ssl_require" else value if known else None
    return plain, unsure


def _with_unsure(run: Interpreter, made: Dict, unsure: list[str], mark: Mark) -> Dict:
    """The same settings where what some keywords decide is not known; each decides one key."""
    for name in unsure if "CONN_MAX_AGE" in made.cells else ():
        unknown = Unknown(f"the keyword {name} is not known", (mark,))
        if name != "ssl_require":
            made.cells[_UNSURE[name]] = unknown
            continue
        options = made.cells.setdefault("OPTIONS", run.make_dict({}, (mark,)))
        if isinstance(options, Dict):
            options.cells["sslmode"] = unknown
    return made


def _with_own_engine(run: Interpreter, made: Dict, text: str, plain: Mapping[str, object]) -> Dict:
    """The same settings with the engine that the project has put into SCHEMES (before 2.0)."""
    schemes = run.specials.get(_SCHEMES)
    scheme = text.partition(":")[0]
    if isinstance(schemes, Dict) and not plain.get("engine"):
        made.cells["ENGINE"] = schemes.cells.get(scheme, schemes.rest or made.cells["ENGINE"])
    return made


def _config(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    given = _named(run, arguments, ("env", "default"))
    if given is None:
        return Unknown("not all arguments of dj_database_url are known", (mark,))
    name = given.pop("env", Known("DATABASE_URL", (mark,)))
    default = given.pop("default", None)
    return run.each(get_variable(run, name, default, mark), lambda option: _configured(run, option, given, mark))


def _configured(run: Interpreter, url: Abstract, keywords: Mapping[str, Abstract], mark: Mark) -> Abstract:
    if isinstance(url, Known) and not url.value:
        return run.make_dict({}, (mark,))  # the library warns and gives an empty dictionary
    return parse_url(run, url, keywords, mark)


def _schemes(run: Interpreter, mark: Mark) -> Abstract:
    """`SCHEMES`, which a project may extend."""
    if _SCHEMES not in run.specials:
        made = lift(run, database_url.ENGINES, (mark,))
        if isinstance(made, Dict):
            made.serial = 0  # it is there before any branch
        run.specials[_SCHEMES] = made
    return run.specials[_SCHEMES]


HANDLERS: Final[Mapping[str, Handler]] = {
    "dj_database_url.parse": _parse,
    "dj_database_url.config": _config,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "dj_database_url.DEFAULT_ENV": lambda run, mark: Known("DATABASE_URL", (mark,)),
    _SCHEMES: _schemes,
}
