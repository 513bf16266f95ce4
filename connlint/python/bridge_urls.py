"""dj_database_url in evaluated code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridge import from_parts, positional_names, some_unknown, text_of
from connlint.python.domain import Abstract, Arguments, Dict, Handler, Known, Mark, Unknown
from connlint.python.environment import get_variable
from connlint.python.libraries import LibraryError, database_url
from connlint.python.operators import truth

if TYPE_CHECKING:
    from connlint.python.interpreter import Interpreter

_PARSE: Final = database_url.parameters()


def _parse(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    given = positional_names(arguments, _PARSE)
    url = given.pop("url", None)
    if url is None or arguments.open:
        return Unknown("the database URL is not known", (mark,))
    return parse_url(run, url, given, mark)


def parse_url(run: Interpreter, url: Abstract, keywords: Mapping[str, Abstract], mark: Mark) -> Abstract:
    """`dj_database_url.parse(url, **keywords)`; without the URL, what the keywords alone decide."""
    return run.each(url, lambda option: _parse_one(run, option, keywords, mark))


def _parse_one(run: Interpreter, url: Abstract, keywords: Mapping[str, Abstract], mark: Mark) -> Abstract:
    sources: dict[str, Abstract | None] = {"url": url, **keywords}
    text = text_of(url)
    reason = url.reason if isinstance(url, Unknown) else "the database URL is not known"
    ssl = keywords.get("ssl_require")
    unsure = ssl is not None and truth(run, ssl) is None
    if unsure:
        keywords = {name: value for name, value in keywords.items() if name != "ssl_require"}
    try:
        plain = _plain_keywords(run, keywords)
        if text is not None:
            made = from_parts(run, database_url.parse(text, **plain), sources, mark)  # type: ignore[arg-type]
            return _with_unsure_ssl(run, made, mark) if unsure else made
    except LibraryError as error:
        if text is not None:
            run.may_fail(("builtins.ValueError", "builtins.Exception"), error.reason, mark)
        reason = error.reason
    if isinstance(url, Known):
        return Unknown(reason, (mark, *url.marks))
    kept = {name: value for name, value in keywords.items() if name in _PASSED}
    parts = database_url.keywords(None, **kept)
    return some_unknown(run, from_parts(run, parts, sources, mark), reason, mark)


def _with_unsure_ssl(run: Interpreter, made: Abstract, mark: Mark) -> Abstract:
    """The same settings where only `ssl_require` is not known, which decides OPTIONS["sslmode"] and nothing else."""
    if isinstance(made, Dict):
        options = made.cells.setdefault("OPTIONS", run.make_dict({}, (mark,)))
        if isinstance(options, Dict):
            options.cells["sslmode"] = Unknown("whether ssl_require holds is not known", (mark,))
    return made


_PASSED: Final = frozenset({"conn_max_age", "conn_health_checks", "disable_server_side_cursors"})


def _plain_keywords(run: Interpreter, keywords: Mapping[str, Abstract]) -> dict[str, object]:
    """The keywords as the model takes them: some pass through untouched, of some only the truth counts."""
    plain: dict[str, object] = {}
    for name, value in keywords.items():
        if name in _PASSED:
            plain[name] = value
        elif name == "engine":
            engine = value.value if isinstance(value, Known) else _unclear(name)
            plain[name] = engine
        elif name == "ssl_require":
            known = truth(run, value)
            plain[name] = known if known is not None else _unclear(name)
        elif name == "test_options":
            known = truth(run, value)
            plain[name] = None if known is False else value if known else _unclear(name)
        else:
            raise LibraryError(f"dj_database_url has no keyword {name}")
    return plain


def _unclear(name: str) -> object:
    raise LibraryError(f"the keyword {name} is not known")


def _config(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    given = positional_names(arguments, ("env", "default", *_PARSE[1:]))
    if arguments.open:
        return Unknown("not all arguments are known", (mark,))
    name = given.pop("env", Known("DATABASE_URL", (mark,)))
    default = given.pop("default", None)
    return run.each(get_variable(run, name, default, mark), lambda option: _configured(run, option, given, mark))


def _configured(run: Interpreter, url: Abstract, keywords: Mapping[str, Abstract], mark: Mark) -> Abstract:
    if isinstance(url, Known) and not url.value:
        return run.make_dict({}, (mark,))  # the library warns and gives an empty dictionary
    if isinstance(url, Dict):
        return url
    return parse_url(run, url, keywords, mark)


HANDLERS: Final[Mapping[str, Handler]] = {
    "dj_database_url.parse": _parse,
    "dj_database_url.config": _config,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "dj_database_url.DEFAULT_ENV": lambda run, mark: Known("DATABASE_URL", (mark,)),
}
