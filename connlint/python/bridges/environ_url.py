"""django-environ's database and cache URLs in evaluated code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.shared import IMPROPER, from_any_of, from_parts, some_unknown, text_of
from connlint.python.language.domain import Abstract, Arguments, Dict, Handler, Known, Mark, Special, Unknown
from connlint.python.language.plain import NotPlain, lift, plain
from connlint.python.libraries import LibraryError, environ_url

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_SCHEMES: Final = "environ.Env.DB_SCHEMES"
_CACHE_SCHEMES: Final = "environ.Env.CACHE_SCHEMES"


def parsed_url(
    run: Interpreter, method: str, url: Abstract, other: Abstract | None, mark: Mark, own: Abstract | None = None
) -> Abstract:
    """What `env.db` and `env.cache` make of the text of a URL; `other` is the `engine` or `backend` given.

    `own`: the DB_SCHEMES of a derived class.
    """
    keyword = "engine" if method.startswith("db") else "backend"
    named = own if own is not None else run.specials.get(_SCHEMES)

    def one(option: Abstract, given: Abstract) -> Abstract:
        text = text_of(option)
        if text is None and not (isinstance(option, Known) and option.value is None):
            reason = option.reason if isinstance(option, Unknown) else "the URL is not known"
            return some_unknown(run, run.make_dict({}, (mark, *option.where)), reason, mark)
        try:
            sources = {"url": option, keyword: given}
            if keyword == "engine":
                return _database(run, text, given, sources, _plain_schemes(named), mark)
            return _cache(run, text, given, sources, mark)
        except LibraryError as error:
            run.may_fail(IMPROPER, error.reason, mark)
            return Unknown(error.reason, (mark, *option.where))

    def both(option: Abstract) -> Abstract:
        return run.each(other if other is not None else Known(None), lambda given: one(option, given))

    return run.each(url, both)


def _database(
    run: Interpreter,
    text: str | None,
    engine: Abstract,
    sources: Mapping[str, Abstract | None],
    schemes: Mapping[str, str],
    mark: Mark,
) -> Abstract:
    known = isinstance(engine, Known)
    made = from_parts(run, environ_url.db_url(text, text_of(engine), schemes=schemes), sources, mark)
    if not known:
        reason = engine.reason if isinstance(engine, Unknown) else "the engine is not known"
        if not made.cells:
            return Unknown(reason, (mark,))
        made.cells["ENGINE"] = Unknown(reason, (mark, *engine.where))
    return made


def _cache(
    run: Interpreter, text: str | None, backend: Abstract, sources: Mapping[str, Abstract | None], mark: Mark
) -> Abstract:
    """The backend of a redis URL is django-redis's where that is installed; where nobody says, it is either."""
    if not isinstance(backend, Known) or _CACHE_SCHEMES in run.specials:
        raise LibraryError("the backend of the cache is not known")
    stated = run.packages.states("django-redis")
    cases = [
        environ_url.cache_url(text or "", text_of(backend), django_redis=installed)
        for installed in ((True, False) if stated is None else (stated,))
    ]
    return from_any_of(run, cases, sources, mark)


def schemes(run: Interpreter, mark: Mark) -> Abstract:
    """`Env.DB_SCHEMES`, which a project may extend."""
    if _SCHEMES not in run.specials:
        made = lift(run, environ_url.DB_SCHEMES, (mark,))
        if isinstance(made, Dict):
            made.serial = 0  # it is there before any branch
        run.specials[_SCHEMES] = made
    return run.specials[_SCHEMES]


def _plain_schemes(held: Abstract | None) -> Mapping[str, str]:
    if held is None:
        return environ_url.DB_SCHEMES
    try:
        found = plain(held)
    except NotPlain as error:
        raise LibraryError(error.unknown.reason) from None
    return {str(scheme): str(engine) for scheme, engine in found.items()} if isinstance(found, dict) else {}


def cache_schemes(run: Interpreter, mark: Mark) -> Abstract:
    """`Env.CACHE_SCHEMES`; whoever touches it may change it."""
    if _CACHE_SCHEMES not in run.specials:
        run.specials[_CACHE_SCHEMES] = Special(run.store.number(), (mark,))
    return run.specials[_CACHE_SCHEMES]


def _config(method: str, keyword: str) -> Handler:
    """`Env.db_url_config(url, engine)` and `Env.cache_url_config(url, backend)`."""

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        url = arguments.get(0, "url")
        if url is None or arguments.open:
            return Unknown("the URL is not known", (mark,))
        return parsed_url(run, method, url, arguments.get(1, keyword), mark)

    return handler


_CLASSES: Final = ("environ.Env", "environ.FileAwareEnv")
HANDLERS: Final[Mapping[str, Handler]] = {
    **{f"{cls}.db_url_config": _config("db", "engine") for cls in _CLASSES},
    **{f"{cls}.cache_url_config": _config("cache", "backend") for cls in _CLASSES},
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    **{f"{cls}.DB_SCHEMES": schemes for cls in _CLASSES},
    **{f"{cls}.CACHE_SCHEMES": cache_schemes for cls in _CLASSES},
}
