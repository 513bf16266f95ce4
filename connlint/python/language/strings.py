"""Methods of strings, bytes and numbers, and formatting, with the size of what they make bounded first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from connlint.python.language.fuel import LONGEST, TooLarge

_WIDE: Final = re.compile(r"\d{6,}")

_STR: Final = frozenset(
    [
        "capitalize",
        "casefold",
        "center",
        "count",
        "encode",
        "endswith",
        "expandtabs",
        "find",
        "format",
        "format_map",
        "index",
        "isalnum",
        "isalpha",
        "isascii",
        "isdecimal",
        "isdigit",
        "isidentifier",
        "islower",
        "isnumeric",
        "isprintable",
        "isspace",
        "istitle",
        "isupper",
        "join",
        "ljust",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rjust",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "translate",
        "upper",
        "zfill",
        "maketrans",
    ]
)
_BYTES: Final = (_STR | {"decode", "hex", "fromhex"}) - {"encode", "format", "format_map", "casefold"}
_NUMBER: Final = frozenset({"bit_length", "bit_count", "is_integer", "as_integer_ratio", "hex", "conjugate"})
_PADDED: Final = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs"})


def find_method(value: object, name: str) -> Callable[..., object] | None:
    """A bounded form of a method of a string, bytes, number or pattern; None when there is none to offer."""
    if isinstance(value, str):
        return _string_method(value, name) if name in _STR else None
    if isinstance(value, bytes):
        return _bytes_method(value, name) if name in _BYTES else None
    if isinstance(value, (int, float)) and name in _NUMBER:
        return getattr(value, name, None)
    return None


def _string_method(value: str, name: str) -> Callable[..., object]:
    if name == "format":
        return lambda *args, **named: format_string(value, args, named)
    if name == "format_map":
        return lambda mapping: format_string(value, (), dict(mapping))
    return _checked(value, name)


def _bytes_method(value: bytes, name: str) -> Callable[..., object]:
    return _checked(value, name)


def _checked(value: str | bytes, name: str) -> Callable[..., object]:
    method: Callable[..., object] = getattr(value, name)

    def call(*arguments: object, **named: object) -> object:
        if name in _PADDED and any(isinstance(a, int) and a > LONGEST for a in (*arguments, *named.values())):
            raise TooLarge("a string that is too long")
        if name == "expandtabs" and value.count("\t" if isinstance(value, str) else b"\t") > 100:  # type: ignore[arg-type]  # the argument is of the same type as the text
            raise TooLarge("a string that is too long")
        if name == "replace" and len(arguments) >= 2:
            _check_replace(value, arguments[1])
        if name == "translate" and arguments and isinstance(arguments[0], dict):
            _check_replace(value, max(map(str, arguments[0].values()), key=len, default=""))
        if name == "join" and arguments:
            _check_join(value, arguments[0])
        return method(*arguments, **named)

    return call


def _check_replace(value: str | bytes, replacement: object) -> None:
    if isinstance(replacement, (str, bytes)) and (len(value) + 1) * max(len(replacement), 1) > LONGEST * 4:
        raise TooLarge("a string that is too long")


def _check_join(value: str | bytes, parts: object) -> None:
    if isinstance(parts, (list, tuple, set, frozenset, dict)):
        size = sum(len(part) for part in parts if isinstance(part, (str, bytes))) + len(value) * len(parts)
        if size > LONGEST:
            raise TooLarge("a string that is too long")


def format_string(template: str, arguments: tuple[object, ...], named: dict[str, object]) -> str:
    """`template.format(...)`; raises TooLarge for widths of six digits and more."""
    if _WIDE.search(template) or ("{" in template and _has_wide([*arguments, *named.values()], template)):
        raise TooLarge("a string that is too long")
    if "!" in template or "." in template or "[" in template:
        _check_fields(template)
    count = template.count("{")
    if count * _widest([*arguments, *named.values()]) > LONGEST:
        raise TooLarge("a string that is too long")
    return template.format(*arguments, **named)


def format_value(value: object, spec: str) -> str:
    """`format(value, spec)`; raises TooLarge for widths of six digits and more."""
    if _WIDE.search(spec):
        raise TooLarge("a string that is too long")
    return format(value, spec)


def check_percent(template: str | bytes, values: object) -> None:
    """Raise TooLarge when `template % values` could be far larger than its operands."""
    text = template if isinstance(template, str) else template.decode("latin-1")
    arguments = (
        values if isinstance(values, tuple) else tuple(values.values()) if isinstance(values, dict) else (values,)
    )
    if _WIDE.search(text) or ("*" in text and any(isinstance(a, int) and abs(a) > 99_999 for a in arguments)):
        raise TooLarge("a string that is too long")
    if text.count("%") * _widest(list(arguments)) > LONGEST:
        raise TooLarge("a string that is too long")


def _has_wide(values: list[object], template: str) -> bool:
    """Whether a nested field such as `{:{width}}` could make a giant width of an argument."""
    nested = re.search(r"\{[^{}]*\{", template) is not None
    return nested and any(
        (isinstance(v, int) and abs(v) > 99_999) or (isinstance(v, str) and _WIDE.search(v)) for v in values
    )


def _widest(values: list[object]) -> int:
    return max((len(v) if isinstance(v, (str, bytes, list, tuple, dict)) else 32 for v in values), default=1)


def _check_fields(template: str) -> None:
    """Refuse attribute access in a format string: it reaches into objects that evaluated code cannot see."""
    if re.search(r"\{[^{}]*\._", template):
        raise TooLarge("a format string that reaches into objects")
