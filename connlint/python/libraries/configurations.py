"""django-configurations: what its `values` classes make of a variable or a default.

Modelled on django-configurations 2.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connlint.python.libraries import DEFAULT, ENVIRON, LibraryError, Lookup, Part, Parts, Reading
from connlint.python.libraries.casts import apply, literal
from connlint.python.libraries.database_url import parameters, parse

_TRUE: Final = frozenset({"yes", "y", "true", "1"})
_FALSE: Final = frozenset({"no", "n", "false", "0", ""})
_SEQUENCES: Final[Mapping[str, Callable[[list[object]], object]]] = {
    "ListValue": list,
    "TupleValue": tuple,
    "SetValue": set,
    "SingleNestedListValue": list,
    "SingleNestedTupleValue": tuple,
}


def read(kind: str, lookup: Lookup, name: str, default: object = None, **keywords: object) -> Reading:
    """The setting `name = values.<kind>(default, **keywords)` of a `Configuration` class.

    `keywords` are those of the class: `environ`, `environ_name`, `environ_prefix`, `environ_required`,
    `separator`, `seq_separator`, `converter`, `alias`, and for DatabaseURLValue those of
    `dj_database_url.parse`. A default is treated as the class does: most keep it as it is. For
    DatabaseURLValue the value is `Parts`, `{alias: settings}`. Raises `LibraryError` where the class raises
    and for the classes that are not modelled (paths, validated texts, other URLs, an own subclass).
    """
    if kind not in _KINDS:
        raise LibraryError(f"values.{kind} is not modelled")
    if kind == "DatabaseURLValue":
        keywords = {"environ_prefix": None, "environ_name": "DATABASE_URL", **keywords}
    if kind == "SecretValue":
        keywords = {**keywords, "environ": True, "environ_required": True}
    initial = _default(kind, default, keywords)
    variable = _variable(name, keywords)
    text = lookup(variable) if keywords.get("environ", True) else None
    if text is not None:
        value = _KINDS[kind](text, keywords)
        if kind == "SecretValue" and not value:
            raise LibraryError(f"the secret {variable} is empty")
        return Reading(value, ENVIRON, variable)
    if keywords.get("environ", True) and keywords.get("environ_required"):
        raise LibraryError(f"{variable} must be set")
    return Reading(initial, DEFAULT, variable)


def _variable(name: str, keywords: Mapping[str, object]) -> str:
    """The name of the variable: the prefix (DJANGO), then `environ_name` or the setting's in upper case."""
    prefix = keywords.get("environ_prefix", "DJANGO")
    given = keywords.get("environ_name") or name.upper()
    if not isinstance(given, str) or not (prefix is None or isinstance(prefix, str)):
        raise LibraryError("the name of the variable is not known")
    return f"{prefix.removesuffix('_')}_{given}" if prefix and prefix != "_" else given


def _default(kind: str, default: object, keywords: Mapping[str, object]) -> object:
    if kind == "SecretValue" and default is not None:
        raise LibraryError("a SecretValue takes no default")
    if kind == "BooleanValue" and default not in (True, False):
        raise LibraryError("the default of a BooleanValue is not a boolean")
    if kind in _SEQUENCES:
        return _default_sequence(kind, default, keywords)
    if kind == "DictValue":
        return {} if default is None else apply(dict, default)
    if kind == "DatabaseURLValue":
        if default is not None and not isinstance(default, str):
            raise LibraryError("the default of a DatabaseURLValue is not a URL")
        return {} if default is None else _database(default, keywords)
    return default


def _default_sequence(kind: str, default: object, keywords: Mapping[str, object]) -> object:
    if default is None:
        return _SEQUENCES[kind]([])
    items = apply(list, default)
    if keywords.get("converter") is not None:
        if kind.startswith("SingleNested"):
            raise LibraryError(f"the converter of a {kind} is not modelled")
        items = [apply(keywords["converter"], item) for item in items] if isinstance(items, list) else items
    return apply(_SEQUENCES[kind], items)


def _same(text: str, _: Mapping[str, object]) -> object:
    return text


def _boolean(text: str, _: Mapping[str, object]) -> object:
    folded = text.strip().lower()
    if folded in _TRUE or folded in _FALSE:
        return folded in _TRUE
    raise LibraryError("the text is none of the truth values of BooleanValue")


def _integer(text: str, _: Mapping[str, object]) -> object:
    return apply(int, text)


def _positive(text: str, _: Mapping[str, object]) -> object:
    number = apply(int, text)
    if isinstance(number, int) and number >= 0:
        return number
    raise LibraryError("the number is negative")


def _float(text: str, _: Mapping[str, object]) -> object:
    return apply(float, text)


def _split(text: str, separator: object) -> list[str]:
    if not isinstance(separator, str) or not separator:
        raise LibraryError("the separator is not a text")
    return [part for part in (part.strip() for part in text.strip().split(separator)) if part]


def _items(text: str, keywords: Mapping[str, object]) -> list[object]:
    items = _split(text, keywords.get("separator", ","))
    converter = keywords.get("converter")
    return list(items) if converter is None else [apply(converter, item) for item in items]


def _list(text: str, keywords: Mapping[str, object]) -> object:
    return _items(text, keywords)


def _tuple(text: str, keywords: Mapping[str, object]) -> object:
    return tuple(_items(text, keywords))


def _set(text: str, keywords: Mapping[str, object]) -> object:
    return apply(set, _items(text, keywords))


def _nested_list(text: str, keywords: Mapping[str, object]) -> object:
    return [_items(part, keywords) for part in _split(text, keywords.get("seq_separator", ";"))]


def _nested_tuple(text: str, keywords: Mapping[str, object]) -> object:
    return tuple(tuple(_items(part, keywords)) for part in _split(text, keywords.get("seq_separator", ";")))


def _dict(text: str, _: Mapping[str, object]) -> object:
    if not text:
        return {}
    try:
        value = literal(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise LibraryError("the text is not a dictionary")
    return value


def _database(text: str, keywords: Mapping[str, object]) -> object:
    alias = keywords.get("alias", "default")
    chosen = {name: keywords[name] for name in parameters()[1:] if name in keywords}
    if not isinstance(alias, str):
        raise LibraryError("the alias of a DatabaseURLValue is not known")
    if not isinstance(chosen.get("engine"), (str, type(None))) or not isinstance(
        chosen.get("ssl_require", False), bool
    ):
        raise LibraryError("engine or ssl_require of a DatabaseURLValue is not known")
    settings: Parts = parse(text, **chosen)  # type: ignore[arg-type]  # the two typed ones were just checked
    result: dict[str, Part | Parts] = {alias: settings}
    return result


_KINDS: Final[Mapping[str, Callable[[str, Mapping[str, object]], object]]] = {
    "Value": _same,
    "SecretValue": _same,
    "BooleanValue": _boolean,
    "IntegerValue": _integer,
    "PositiveIntegerValue": _positive,
    "FloatValue": _float,
    "ListValue": _list,
    "TupleValue": _tuple,
    "SetValue": _set,
    "SingleNestedListValue": _nested_list,
    "SingleNestedTupleValue": _nested_tuple,
    "DictValue": _dict,
    "DatabaseURLValue": _database,
}
