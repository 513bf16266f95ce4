"""Types the values of postgresql.conf as PostgreSQL does: whole numbers with units, booleans, ranges.

Source: `parse_int`, `convert_to_base_unit` and `parse_bool` in src/backend/utils/misc/guc.c and utils/adt/bool.c (13-18).
A bare number counts the setting's own base unit: idle_session_timeout milliseconds, tcp_keepalives_idle seconds.
"""

from __future__ import annotations

import re
from typing import Final

from connlint.facts import Setting
from connlint.formats.units import LONGEST, c_integer

# Largest first; each is first rounded to whole ones of the next smaller unit, as the server does.
_TIMES: Final = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1), ("us", 0.001))
_BASES: Final = {"milliseconds": 1, "seconds": 1000}
_NUMBER = re.compile(
    r"[ \t\n\v\f\r]*([+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?))"
    r"[ \t\n\v\f\r]*([a-zA-Z]{0,3})[ \t\n\v\f\r]*"
)
_TRUE: Final = ("true", "yes", "on")
_FALSE: Final = ("false", "no", "off")


def typed(setting: Setting, text: str) -> int | bool | str | None:
    """The value in the unit of the facts table; None where PostgreSQL refuses it."""
    if setting.type == "bool":
        return _boolean(text)
    if setting.type == "str":
        return text
    number = _whole(setting, text)
    if number is None or (setting.least is not None and number < setting.least):
        return None
    return None if setting.most is not None and number > setting.most else number


def wanted(setting: Setting) -> str:
    """What the setting accepts, in words."""
    limits = f" from {setting.least} to {setting.most}" if setting.least is not None else ""
    if setting.type == "bool":
        return "on or off"
    if setting.type == "int":
        return f"a whole number{limits}"
    return f"a number of {setting.type}{limits}, or one with a unit out of us, ms, s, min, h, d"


def _boolean(text: str) -> bool | None:
    word = text.lower()
    if word in ("0", "1"):
        return word == "1"
    if not word or word == "o":
        return None
    if any(name.startswith(word) for name in _TRUE):
        return True
    return False if any(name.startswith(word) for name in _FALSE) else None


def _whole(setting: Setting, text: str) -> int | None:
    match = _NUMBER.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    digits, unit = match.groups()
    plain = digits.strip("+-")
    if plain.isdigit() or plain[:2] in ("0x", "0X"):
        number = c_integer(digits)
        value = None if number is None else float(number)
    else:
        value = float(digits)
    if value is None or abs(value) > 1e18:
        return None
    if not unit:
        return round(value)
    base = _BASES.get(setting.type)
    names = [name for name, _ in _TIMES]
    if base is None or unit not in names:
        return None
    at = names.index(unit)
    scaled = value * _TIMES[at][1] / base
    if at + 1 < len(_TIMES):
        step = _TIMES[at + 1][1] / base
        scaled = round(scaled / step) * step
    return round(scaled)
