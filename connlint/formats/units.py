"""Numbers, durations and sizes as the servers' C parsers read them, and what people write instead."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 64  # characters; no number a server accepts is longer, and int() of a long one is slow

_BLANKS = " \t\n\v\f\r"
_C_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LEADING = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")

# What people write after a number of seconds where a server wants the bare number.
_SECONDS: Final = {
    "ms": 0.001, "msec": 0.001, "millis": 0.001,
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
}  # fmt: skip


def c_integer(text: str) -> int | None:
    """What C's `strtol(text, &end, 0)` gives when all of `text` is used: 0x hexadecimal, 0 octal. None if not.

    None too for a number of more than `LONGEST` digits, which C would cut to the largest it has.
    """
    match = _C_INTEGER.fullmatch(text)
    if match is None:
        return None
    sign, digits = match.groups()
    if len(digits) > LONGEST:
        return None
    if digits[:2] in ("0x", "0X"):
        number = int(digits[2:], 16)
    elif digits[0] == "0":
        if digits.strip("01234567"):
            return None
        number = int(digits, 8)
    else:
        number = int(digits)
    return -number if sign == "-" else number


def fits(number: int, bits: int = 32) -> bool:
    """Whether a signed integer of `bits` bits can hold `number`."""
    return -(1 << (bits - 1)) <= number < 1 << (bits - 1)


def atoi(text: str) -> tuple[int, bool]:
    """What C's `atoi` gives, and whether `text` is that number and nothing else."""
    match = _LEADING.match(text[: LONGEST + 1])
    if match is None:
        return 0, False
    return int(match[1]), match.end() == len(text)


def decimal(text: str) -> int | float | None:
    """A number as C's `strtod` reads it when all of `text` is used; an int when it is whole. None if it is none."""
    if len(text) > LONGEST:
        return None
    if _DECIMAL.fullmatch(text):
        number = float(text)
    elif text[:2] in ("0x", "0X"):
        try:
            number = float.fromhex(text)
        except (ValueError, OverflowError):
            return None
    else:
        return None
    return whole(number) if abs(number) < float("inf") else None


def whole(number: float) -> int | float:
    """The int that equals `number`, if one does."""
    return int(number) if number.is_integer() else number


def seconds_meant(text: str) -> int | float | None:
    """The seconds meant by `10min` or `30 s`, which people write where a bare number is wanted. None if unclear."""
    match = _DURATION.fullmatch(text.strip(_BLANKS)[: LONGEST + 1])
    unit = _SECONDS.get(match[2] if match[2] == "M" else match[2].lower()) if match else None
    return whole(round(float(match[1]) * unit, 6)) if match and unit is not None else None
