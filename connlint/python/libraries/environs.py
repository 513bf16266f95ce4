"""environs: what `Env` answers for a variable, method by method, and what its `.env` reader sets.

Modelled on environs 15.2 with marshmallow 4. Its `.env` reader is `dotenv.values`: a name with a text is
loaded unless it was loaded before (or `override=True`), and the real environment wins when a variable is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from connlint.python.libraries import DEFAULT, ENVIRON, LibraryError, Lookup, Reading
from connlint.python.libraries.casts import apply, loads
from connlint.records import dataclass

NOTSET: Final = object()
# From this version on, `read_env` fills the instance and leaves `os.environ` alone (environs 15.0.0); before,
# it set the variables of the process.
INSTANCE_ONLY_SINCE: Final = (15, 0)

_TRUE: Final = frozenset({"t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1"})
_FALSE: Final = frozenset({"f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0"})
_LOG_LEVELS: Final = {
    "CRITICAL": 50,
    "FATAL": 50,
    "ERROR": 40,
    "WARNING": 30,
    "WARN": 30,
    "INFO": 20,
    "DEBUG": 10,
    "NOTSET": 0,
}
_EXPANDED: Final = re.compile(r"(?<!\\)\$\{([A-Za-z0-9_]+)(?::-([^}:]*))?\}")
_DEEPEST: Final = 50  # `${...}` inside the text of a `${...}`
_MOST_STEPS: Final = 500  # variables asked for while one text is expanded; more is a cycle or a bomb
_LONGEST: Final = 100_000  # characters of an expanded text


@dataclass(frozen=True, slots=True)
class Env:
    """An `environs.Env(expand_vars=..., prefix=...)`; `prefixed("X_")` gives one with a longer prefix."""

    prefix: str = ""
    expand_vars: bool = False

    def prefixed(self, prefix: str) -> Env:
        """The environment inside `with env.prefixed(prefix):`."""
        return Env(self.prefix + prefix, self.expand_vars)


def read(env: Env, lookup: Lookup, method: str, name: str, default: object = NOTSET, **keywords: object) -> Reading:
    """What `env.<method>(name, default, **keywords)` answers; `method` "__call__" is `env(name)`.

    A default that is used is returned as it was given, the same object. `dj_db_url` answers with the URL's
    text, of a default as well, to be given to `database_url.parse` with the remaining keywords. `subcast` and
    its like are real builtin types or functions of a text, which are called. `validate` is ignored: a project
    whose validation fails does not start. Raises `LibraryError` where the library raises and for the methods
    that are not modelled (date, datetime, time, decimal, uuid, url, enum, dj_cache_url, dj_email_url).
    """
    asked = env.prefix + name
    text, variable = _Reader(env, lookup, name).find(asked, default if method == "dj_db_url" else NOTSET)
    if text is NOTSET:
        if default is NOTSET or method == "dj_db_url":
            raise LibraryError(f"{asked} is not set and has no default")
        return Reading(default, DEFAULT, asked)
    if method == "dj_db_url":
        found = lookup(asked) is not None
        if not isinstance(text, str):
            raise LibraryError(f"{asked} is not the text of a URL")
        return Reading(text, ENVIRON if found else DEFAULT, variable)
    value = cast(method, str(text), **keywords)
    if value is None and default is not None:  # `null` in JSON is refused, unless the default is None
        raise LibraryError(f"{asked} may not be null")
    return Reading(value, ENVIRON, variable)


class _Reader:
    """One search for a variable, with a bound on the variables that `${...}` leads to.

    Errors name the variable that was asked for alone, since a password may hold a `${...}` too.
    """

    def __init__(self, env: Env, lookup: Lookup, name: str) -> None:
        self.expand = env.expand_vars
        self.lookup = lookup
        self.asked = env.prefix + name
        self.steps = 0

    def find(self, name: str, default: object, depth: int = 0) -> tuple[object, str]:
        """The text, or the default, or NOTSET, and the variable whose text it is."""
        self.steps += 1
        if self.steps > _MOST_STEPS or depth > _DEEPEST:
            raise LibraryError(f"what {self.asked} refers to never ends")
        found = self._text(name, depth)
        value: object = default if found is None else found
        variable = self.asked if found is None else name
        if not self.expand or not isinstance(value, str):
            return value, variable
        if len(value) > _LONGEST:
            raise LibraryError(f"{self.asked} has more than {_LONGEST} characters to expand")
        whole = _EXPANDED.fullmatch(value)
        if whole:
            if whole[2] is not None:
                default = whole[2]
            elif value == default:
                default = NOTSET
            return self.find(whole[1], default, depth + 1)
        if _EXPANDED.search(value):
            return self._expanded(value, depth + 1), variable
        return value.replace("\\$", "$"), variable

    def _text(self, name: str, depth: int) -> str | None:
        try:
            return self.lookup(name)
        except LibraryError:
            if not depth:
                raise
            raise LibraryError(f"what {self.asked} refers to is not known") from None

    def _expanded(self, value: str, depth: int) -> object:
        parts = []
        length = start = 0
        for match in _EXPANDED.finditer(value):
            inner, _ = self.find(match[1], NOTSET if match[2] is None else match[2], depth)
            if not isinstance(inner, str):
                return NOTSET
            parts += [value[start : match.start()], inner]
            start = match.end()
            length += len(inner)
            if length > _LONGEST:
                raise LibraryError(f"{self.asked} expands to more than {_LONGEST} characters")
        return "".join([*parts, value[start:]])


def cast(method: str, text: str, **keywords: object) -> object:
    """What `env.<method>` makes of the text of a variable; `LibraryError` where it raises or is not modelled.

    A path is a `PurePosixPath`, a log level its number, a duration a `timedelta`.
    """
    keywords.pop("validate", None)
    if method == "list":
        return _list(text, **keywords)
    if method == "dict":
        return _dict(text, **keywords)
    if method == "timedelta":
        return _timedelta(text, **keywords)
    keywords.pop("subcast", None)  # taken and ignored by the methods that are no lists
    if keywords:
        raise LibraryError(f"{next(iter(keywords))} of env.{method}() is not modelled")
    if method not in _CASTS:
        raise LibraryError(f"env.{method}() of environs is not modelled")
    return _CASTS[method](text)


def _integer(text: str) -> object:
    return apply(int, text)


def _float(text: str) -> object:
    number = apply(float, text)
    if number != number or number in (float("inf"), float("-inf")):
        raise LibraryError("float does not accept infinity or nan")
    return number


def _boolean(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise LibraryError("the text is none of the truth values of environs")


def _log_level(text: str) -> object:
    try:
        return apply(int, text)
    except LibraryError:
        if text.upper() not in _LOG_LEVELS:
            raise LibraryError("the text is not a log level") from None
    return _LOG_LEVELS[text.upper()]


def _path(text: str) -> object:
    from pathlib import PurePosixPath

    return PurePosixPath(text)


def _same(text: str) -> object:
    return text


_CASTS: Final[Mapping[str, Callable[[str], object]]] = {
    "__call__": _same,
    "str": _same,
    "int": _integer,
    "bool": _boolean,
    "float": _float,
    "json": loads,
    "log_level": _log_level,
    "path": _path,
}
_FIELDS: Final[Mapping[object, Callable[[str], object]]] = {
    str: _same,
    bytes: _same,
    tuple: _same,
    list: _same,
    set: _same,
    int: _integer,
    float: _float,
    bool: _boolean,
}


def _element(subcast: object, text: str) -> object:
    """One element by its marshmallow field, else by calling `subcast`."""
    if not subcast:
        return text
    if isinstance(subcast, type):
        if subcast in _FIELDS:
            return _FIELDS[subcast](text)
        if subcast.__module__ in ("datetime", "decimal", "uuid"):
            raise LibraryError(f"the subcast {subcast.__name__} is not modelled")
    return apply(subcast, text) if callable(subcast) else text


def _split(text: str, delimiter: object, most: int = -1) -> list[str]:
    if not isinstance(delimiter, str) or not delimiter:
        raise LibraryError("the delimiter is not a text")
    return text.split(delimiter, most)


def _list(text: str, subcast: object = None, delimiter: object = ",", **other: object) -> list[object]:
    if other:
        raise LibraryError(f"{next(iter(other))} of env.list() is not modelled")
    return [_element(subcast, item) for item in _split(text, delimiter)] if text else []


def _dict(
    text: str,
    subcast_keys: object = None,
    subcast_values: object = None,
    delimiter: object = ",",
    key_value_delimiter: object = "=",
    **other: object,
) -> dict[object, object]:
    other.pop("subcast", None)
    if other:
        raise LibraryError(f"{next(iter(other))} of env.dict() is not modelled")
    result: dict[object, object] = {}
    for item in _split(text, delimiter):
        if not text:
            break
        key, *value = _split(item, key_value_delimiter, 1)
        if not value:
            raise LibraryError("an item of the dictionary has no delimiter between key and value")
        try:
            result[_element(subcast_keys, key.strip())] = _element(subcast_values, value[0].strip())
        except TypeError:
            raise LibraryError("a key of the dictionary is not hashable") from None
    return result


_UNITS: Final = (
    ("weeks", "w"),
    ("days", "d"),
    ("hours", "h"),
    ("minutes", "m"),
    ("seconds", "s"),
    ("milliseconds", "ms"),
    ("microseconds", "[µu]s"),
)
_DURATION: Final = r"\s*" + "".join(rf"(?:(-?\d+)\s*{unit}\s*)?" for _, unit in _UNITS)


def _timedelta(text: str, precision: object = "seconds", **other: object) -> object:
    """`7h 7s` or a number of seconds; the ISO format is not modelled."""
    from datetime import timedelta

    other.pop("subcast", None)
    if precision != "seconds" or any(value is not None for value in other.values()) or len(text) > 200:
        raise LibraryError("this duration of environs is not modelled")
    match = re.match(_DURATION + "$", text)
    try:
        if match and any(match.groups()):
            amounts = zip(_UNITS, match.groups(), strict=True)
            return timedelta(**{name: int(amount) for (name, _), amount in amounts if amount})
        return timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        raise LibraryError("the text is not a duration") from None


def file_aware(
    lookup: Lookup, read_file: Callable[[str], str], suffix: str = "_FILE", strip_whitespace: bool = False
) -> Lookup:
    """The lookup of `FileAwareEnv`: where `NAME_FILE` is set, the text of the file it names.

    `read_file` takes the path as written and raises `LibraryError` when the file cannot be read.
    """

    def find(name: str) -> str | None:
        path = lookup(name + suffix)
        if not path:
            return lookup(name)
        text = read_file(path)
        return text.strip() if strip_whitespace else text

    return find
