"""django-environ: what `Env` answers for a variable, what its `.env` reader sets, and its `Path`.

Modelled on django-environ 0.14.0.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Final

from connlint.python.libraries import DEFAULT, ENVIRON, SCHEME, Assignment, LibraryError, Lookup, Reading
from connlint.python.libraries.casts import apply, loads
from connlint.records import dataclass, field

NOTSET: Final = object()
_TRUE: Final = frozenset({"true", "on", "ok", "y", "yes", "1"})
_MOST_PROXIES: Final = 50  # a longer chain of $NAME is a cycle, on which the library recurses without end
_URL_METHODS: Final = {
    "db": "DATABASE_URL",
    "db_url": "DATABASE_URL",
    "cache": "CACHE_URL",
    "cache_url": "CACHE_URL",
}
_PLAIN_METHODS: Final[Mapping[str, object]] = {
    "str": str,
    "bytes": str,
    "bool": bool,
    "int": int,
    "float": float,
    "json": loads,
}


@dataclass(frozen=True, slots=True)
class Env:
    """An `environ.Env(**scheme)` and the attributes a project may set on it.

    `scheme` maps names to a cast or to (cast, default).
    """

    scheme: Mapping[str, object] = field(default_factory=dict)
    prefix: str = ""
    smart_cast: bool = True
    escape_proxy: bool = False


def get_value(
    env: Env, lookup: Lookup, var: str, cast: object = None, default: object = NOTSET, parse_default: bool = False
) -> Reading:
    """What `env(var, cast, default, parse_default)` answers.

    `cast` is None, a real builtin type (`int`, `bool`, `list`, ...), `[type]`, `(type,)`, a dictionary with
    `value`, `key` and `cast`, or any other function of a text, which is called. A default that is used is
    returned as it was given, the same object, unless `parse_default` or a leading `$` asks for more. Raises
    `LibraryError` where the library raises: no variable and no default, a cast that fails, a cycle of `$NAME`.
    """
    return _Search(env, lookup, env.prefix + var).resolve(var, cast, default, parse_default, DEFAULT, 0)


def read(
    env: Env, lookup: Lookup, method: str, var: str | None = None, default: object = NOTSET, **keywords: object
) -> Reading:
    """What `env.<method>(var, default=default, **keywords)` answers.

    `method` is str, bytes, bool, int, float, json, list, tuple, dict or url (a `ParseResult`). For `db`, `db_url`, `cache` and
    `cache_url`, which need no `var`, the reading's value is the text of the URL, to be given to `environ_url`
    with `engine` or `backend` (for a database it may be None). Raises `LibraryError` for any other method.
    """
    if method in _URL_METHODS:
        return _url(env, lookup, method, var or _URL_METHODS[method], default)
    if var is None:
        raise LibraryError(f"env.{method}() needs the name of a variable")
    if method in ("list", "tuple", "dict"):
        return get_value(env, lookup, var, _container(method, keywords.pop("cast", None)), default)
    if method == "url":
        return get_value(env, lookup, var, _parsed, default, parse_default=True)
    if method not in _PLAIN_METHODS:
        raise LibraryError(f"env.{method}() of django-environ is not modelled")
    reading = get_value(env, lookup, var, _PLAIN_METHODS[method], default)
    if method == "str":
        return _text(reading, keywords)
    if method == "bytes" and isinstance(reading.value, str):
        return Reading(_encoded(reading.value, keywords.get("encoding", "utf8")), reading.source, reading.variable)
    return reading


def _parsed(text: object) -> object:
    from urllib.parse import urlparse

    return urlparse(text) if isinstance(text, str) else apply(urlparse, text)


def _container(method: str, cast: object) -> object:
    if method == "list":
        return [cast] if cast else list
    if method == "tuple":
        return (cast,) if cast else tuple
    return dict if cast is None else cast


def _text(reading: Reading, keywords: Mapping[str, object]) -> Reading:
    """The two extras of `env.str`: line ends written as escapes, and a list of what is allowed."""
    if keywords.get("multiline"):
        if not isinstance(reading.value, str):
            raise LibraryError(f"{reading.variable} is not a text")
        lines = reading.value.replace("\\r\\n", "\n").replace("\\n", "\n")
        return Reading(lines, reading.source, reading.variable)
    choices = keywords.get("choices", NOTSET)
    if choices is not NOTSET and not (isinstance(choices, (list, tuple, set, dict)) and reading.value in choices):
        raise LibraryError(f"{reading.variable} is not one of its choices")
    return reading


def _encoded(text: str, encoding: object) -> bytes:
    if str(encoding).lower().replace("_", "-") not in ("utf8", "utf-8", "ascii", "latin-1"):
        raise LibraryError("the encoding is not modelled")
    try:
        return text.encode(str(encoding))
    except UnicodeError:
        raise LibraryError("the text cannot be encoded") from None


def _url(env: Env, lookup: Lookup, method: str, var: str, default: object) -> Reading:
    database = method.startswith("db")
    reading = get_value(env, lookup, var, None if database else str, default)
    if database and (reading.value is None or isinstance(reading.value, str)):
        return reading
    proxied = (lookup(env.prefix + var) or default or "") if not database else ""
    if not isinstance(reading.value, str) or (isinstance(proxied, str) and proxied[:1] == "$"):
        raise LibraryError(f"{env.prefix}{var} is not the text of a URL")  # the library fails on a proxied one
    return reading


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for the variable `asked`; errors name it alone, since what follows a `$` may be a password."""

    env: Env
    lookup: Lookup
    asked: str

    def resolve(self, var: str, cast: object, default: object, parse_default: bool, origin: str, depth: int) -> Reading:
        if depth > _MOST_PROXIES:
            raise LibraryError(f"the $NAME in {self.asked} leads back to itself")
        name = self.env.prefix + var
        cast, default, origin = _from_scheme(self.env, name, cast, default, origin)
        text = self.text(name, depth)
        if text is None and default is NOTSET:
            what = f"the $NAME in {self.asked}" if depth else self.asked
            raise LibraryError(f"{what} is not set and has no default")
        value, source = (default, origin) if text is None else (text, ENVIRON)
        variable = self.asked if text is None else name
        mark: str | bytes = b"$" if isinstance(value, bytes) else "$"
        if isinstance(value, bytes) and value[:1] == mark:
            raise LibraryError(f"the default of {self.asked} names a variable in bytes")
        if isinstance(value, str) and value[:1] == mark:
            inner = self.resolve(value.lstrip("$"), cast, default, False, origin, depth + 1)
            value, source, variable = inner.value, inner.source, inner.variable
        return Reading(self.cast(value, mark, cast, default, parse_default), source, variable)

    def text(self, name: str, depth: int) -> str | None:
        try:
            return self.lookup(name)
        except LibraryError:
            if not depth:
                raise
            raise LibraryError(f"what the $NAME in {self.asked} stands for is not known") from None

    def cast(self, value: object, mark: str | bytes, cast: object, default: object, parse_default: bool) -> object:
        if self.env.escape_proxy and isinstance(value, (str, bytes)):
            value = _unescaped_proxy(value, mark)
        if default is None and value == "":
            value = None
        if value == default and not (parse_default and value is not None):
            return value
        if self.env.smart_cast and cast is None and default is not None and default is not NOTSET:
            cast = _type_of(default)
        return parse_value(value, cast)


def _unescaped_proxy(value: str | bytes, mark: str | bytes) -> str | bytes:
    """`\\$` as `$`; the library fails when a text stands for a default in bytes."""
    if isinstance(value, str) and isinstance(mark, str):
        return value.replace("\\$", mark)
    if isinstance(value, bytes) and isinstance(mark, bytes):
        return value.replace(b"\\$", mark)
    raise LibraryError("the default is in bytes and the variable is not")


def _from_scheme(env: Env, name: str, cast: object, default: object, origin: str) -> tuple[object, object, str]:
    """Cast and default with what the constructor says about the variable."""
    if name not in env.scheme:
        return cast, default, origin
    declared = env.scheme[name]
    if isinstance(declared, (tuple, list)) and len(declared) == 2:
        if default is NOTSET:
            default, origin = declared[1], SCHEME
        return cast or declared[0], default, origin
    pair = isinstance(declared, dict) and len(declared) == 2  # which the library takes for (cast, default)
    if isinstance(declared, (str, bytes)) or (pair and (not cast or default is NOTSET)):
        raise LibraryError("what the scheme says is not a cast")
    return cast or declared, default, origin


def _type_of(default: object) -> object:
    """The type that smart casting takes from a default; an evaluator's own object has none."""
    kind = type(default)
    if kind in (str, bytes, bool, int, float, list, tuple, dict):
        return kind
    raise LibraryError("the type of the default, which is the cast, is not known")


def parse_value(value: object, cast: object) -> object:
    """What `Env.parse_value(value, cast)` returns; `LibraryError` where it raises."""
    if cast is None:
        return value
    if cast is bool:
        return _boolean(value)
    if isinstance(cast, (list, tuple)) and not cast:
        raise LibraryError("an empty list is not a cast")
    if isinstance(cast, list):
        return [apply(cast[0], item) for item in _items(value, ",")]
    if isinstance(cast, tuple):
        return tuple(apply(cast[0], item) for item in _items(value, ",", "()"))
    if isinstance(cast, dict):
        return _dictionary(value, cast)
    if cast is list:
        return _items(value, ",")
    if cast is tuple:
        return tuple(_items(value, ",", "()"))
    if cast is dict:
        return dict(_pair(item.split("=", 1)) for item in _items(value, ","))
    return _float(value) if cast is float else apply(cast, value)


def _boolean(value: object) -> bool:
    try:
        return apply(int, value) != 0
    except LibraryError:
        if not isinstance(value, (str, bytes)) or len(value) > 1_000:  # a long text may be a number for older Pythons
            raise
    return value.lower().strip() in _TRUE


def _items(value: object, separator: str, brackets: str = "") -> list[str]:
    if not isinstance(value, str):
        raise LibraryError("the value is no text that could be split")
    if brackets:
        value = value.strip("(").strip(")")
    return [item for item in value.split(separator) if item]


def _pair(parts: list[str]) -> tuple[str, str]:
    if len(parts) != 2:
        raise LibraryError("an item of the dictionary has no '='")
    return parts[0], parts[1]


def _dictionary(value: object, cast: Mapping[object, object]) -> dict[object, object]:
    """`key=value;key=value` with the casts for keys, for all values and for single ones."""
    single = cast.get("cast", {})
    if not isinstance(single, dict):
        raise LibraryError("the casts of single keys are not a dictionary")
    result: dict[object, object] = {}
    for item in _items(value, ";"):
        name, *rest = item.split("=")
        if not rest:
            raise LibraryError("an item of the dictionary has no '='")
        kind = single.get(name, cast.get("value", str))
        try:
            result[apply(cast.get("key", str), name)] = parse_value(rest[0], kind)
        except TypeError:
            raise LibraryError("a key of the dictionary is not hashable") from None
    return result


def _float(value: object) -> object:
    """Digits and separators only; the last comma or point is the decimal one."""
    if not isinstance(value, str):
        raise LibraryError("float does not accept this value")
    parts = re.split(r"[,.]", re.sub(r"[^\d,.-]", "", value))
    return apply(float, parts[0] if len(parts) == 1 else f"{''.join(parts[:-1])}.{parts[-1]}")


_NOT_SPACE: Final = re.compile(r"\S")
_LINE: Final = re.compile(r"(?:export )?([A-Za-z_0-9]+)=(.*)\Z")


def read_env(text: str, *, parse_comments: bool = False) -> tuple[Assignment, ...]:
    """The variables of a `.env` file in order, as `Env.read_env` reads them.

    The last assignment of a name counts. A variable that is already set wins unless `overwrite=True`. The
    keywords of `read_env` that name variables count before the file, and the file's text for the same name
    replaces them. Lines that are no assignment are left out, as the library only logs them. Raises
    `LibraryError` for a text that no environment can hold.
    """
    if "\0" in text:
        raise LibraryError("the .env file holds a NUL, which no environment takes")
    found = []
    start = 0
    for line in text.splitlines(keepends=True):
        match = _LINE.match(line.splitlines()[0]) if line else None
        if match:
            found.append(_assignment(match, start, parse_comments))
        start += len(line)
    return tuple(found)


def _assignment(match: re.Match[str], line_start: int, parse_comments: bool) -> Assignment:
    value, start = match[2], match.start(2)
    if parse_comments:
        value, start = _without_comment(value, start)
    elif len(value) > 1 and value[0] == value[-1] == "'":
        value, start = value[1:-1], start + 1
    end = start + len(value)
    if len(value) > 1 and value[0] == value[-1] == '"':
        start, end = start + 1, end - 1
        value = re.sub(r"\\(.)", _unescaped, value[1:-1])
    return Assignment(match[1], value, line_start + match.start(1), line_start + start, line_start + end)


def _unescaped(match: re.Match[str]) -> str:
    return match[0] if match[1] in "rnt" else match[1]


def _without_comment(value: str, start: int) -> tuple[str, int]:
    """The text in single quotes that only a comment follows, else everything before the first `#`."""
    opening = len(value) - len(value.lstrip())
    if value[opening : opening + 1] == "'":
        closing = len(value)
        while (closing := value.rfind("'", opening + 1, closing)) != -1:
            after = _NOT_SPACE.search(value, closing + 1)
            if not after or after[0] == "#":
                return value[opening + 1 : closing], start + opening + 1
    return value.split("#", 1)[0], start


def file_aware(lookup: Lookup, read_file: Callable[[str], str]) -> Lookup:
    """The lookup of `FileAwareEnv`: where `NAME_FILE` is set, the text of the file it names.

    `read_file` takes the path as written and raises `LibraryError` when the file cannot be read.
    """

    def find(name: str) -> str | None:
        path = lookup(f"{name}_FILE")
        return read_file(path) if path else lookup(name)

    return find


def path(start: str, *parts: str, is_file: bool = False) -> str:
    """The root of `environ.Path(start, *parts, is_file=...)`, of `.path(...)` and of calling one.

    `start` must be absolute: a relative one depends on the working directory.
    """
    joined = posixpath.join(posixpath.dirname(start) if is_file else start, *parts)
    if not joined.startswith("/"):
        raise LibraryError("a relative environ.Path depends on the working directory")
    return posixpath.normpath(joined)


def path_minus(root: str, other: int | str) -> str:
    """The root of `path - other`: so many folders up, or without the characters of a text at its end."""
    if isinstance(other, int):
        return path(root, "../" * min(other, len(root)))
    if not root.endswith(other):
        raise LibraryError("the text is not at the end of the path")
    return path(root.rstrip(other))
