"""Finds the option a line of my.cnf means, and types its value, as MySQL and MariaDB do.

Source: mysys/my_getopt.c (`findopt`, `handle_options`, `setval`, `eval_num_suffix`), and `mariadbd --verbose --help` of
10.11 for each case. `-` and `_` are the same, so is case in MariaDB, unique prefixes of a name are enough, and there are the prefixes skip-,
disable-, enable-, loose-, maximum- and autoset-.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from itertools import takewhile
from typing import Final

from connlint.facts import Product, Setting, product
from connlint.formats.units import LONGEST, decimal
from connlint.records import dataclass

_PREFIXES: Final = ("skip", "disable", "enable", "maximum", "loose", "autoset")
_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)?")
_SUFFIXES: Final = {"k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}
_ON: Final = ("1", "on", "true")
_OFF: Final = ("0", "off", "false")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The options a line may set, one when its name is unique, and the text it sets it to; None where it has none."""

    names: tuple[str, ...]
    value: str | None
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed value; `warning` tells what the server changes about it, `refusal` why it does not start."""

    value: int | float | bool | str | None = None
    warning: str = ""
    refusal: str = ""


def meaning(key: str, value: str | None, table: Product) -> Meaning | None:
    """What `key = value` sets; None when it is no option the table knows, or does not set the option's value."""
    name = key.replace("-", "_").lower()
    loose = False
    for _ in range(len(_PREFIXES)):
        found = _find(name, table)
        if found:
            return Meaning(found, value, loose)
        prefix, _, rest = name.partition("_")
        if prefix not in _PREFIXES or not rest:
            return None
        if prefix in ("maximum", "autoset"):
            return None
        loose = loose or prefix == "loose"
        name = rest
        if prefix != "loose" and (found := _find(name, table)):
            zero = value == "0"
            return Meaning(found, "1" if zero == (prefix != "enable") else "0", loose)
    return None


def _find(name: str, table: Product) -> tuple[str, ...]:
    """The option of this name, or all that start so."""
    if name in table.names:
        return (name,)
    ordered = _ordered(table.name)
    at = bisect_left(ordered, name)
    return tuple(takewhile(lambda known: known.startswith(name), ordered[at:])) if name else ()


@cache
def _ordered(name: str) -> tuple[str, ...]:
    return tuple(sorted(product(name).names))


def typed(setting: Setting, text: str | None) -> Typed:
    """The value of an option in the unit of the facts table."""
    if setting.type == "bool":
        return _boolean(text)
    if text is None:
        return Typed(refusal="needs a value")
    if setting.type == "enum":
        return _choice(setting, text)
    if setting.type == "float":
        number = decimal(text.lstrip() or "0")
        return Typed(refusal="is a number") if number is None else _limited(setting, number)
    return _whole(setting, text)


def _boolean(text: str | None) -> Typed:
    if text is None or text.lower() in _ON:
        return Typed(True)
    return Typed(False, "" if text.lower() in _OFF else "is on or off; anything else counts as off")


def _choice(setting: Setting, text: str) -> Typed:
    word = text.lower()
    found = [word] if word in setting.values else [value for value in setting.values if word and value.startswith(word)]
    if len(found) == 1:
        return Typed(found[0])
    number = int(text[:LONGEST] or "0") if text.isascii() and (text.isdigit() or not text) else len(setting.values)
    if number < len(setting.values):
        return Typed(setting.values[number])
    return Typed(refusal=f"is one of {', '.join(setting.values)}")


def _whole(setting: Setting, text: str) -> Typed:
    match = _NUMBER.match(text[: LONGEST + 1])
    digits = match[1] if match and match[1] else "0"
    suffix = text[match.end() : match.end() + 1].lower() if match and match[1] else text[:1].lower()
    if suffix and suffix not in _SUFFIXES:
        return Typed(refusal="is a whole number, if need be with one of the suffixes K, M, G, T, P, E")
    number = int(digits)
    signed = setting.least is not None and setting.least < 0
    if (number < 0 and not signed) or abs(number) >= 1 << 64:
        return Typed(refusal="is a number from 0")
    if number < 0:
        return _limited(setting, number)
    return _limited(setting, (number << _SUFFIXES.get(suffix, 0)) & ((1 << 64) - 1))


def _limited(setting: Setting, number: int | float) -> Typed:
    if setting.least is not None and number < setting.least:
        return Typed(setting.least, f"is raised to {setting.least}")
    if setting.most is not None and number > setting.most:
        return Typed(setting.most, f"is lowered to {setting.most}")
    return Typed(number)
