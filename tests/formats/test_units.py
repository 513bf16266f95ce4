"""Numbers as C reads them."""

from __future__ import annotations

import ctypes
import ctypes.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.formats.units import LONGEST, atoi, c_integer, decimal, fits, seconds_meant


@pytest.mark.parametrize(
    ("text", "number"),
    [("10", 10), (" -7", -7), ("+5", 5), ("0x1F", 31), ("010", 8), ("0", 0), ("08", None), ("", None), ("5 ", None),
     ("5x", None), ("0x", None), ("\u0665", None), ("9" * 1000, None)],
)  # fmt: skip
def test_c_integer(text: str, number: int | None) -> None:
    assert c_integer(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.5", 1.5), (".5", 0.5), ("5.", 5), ("1e2", 100), ("-3", -3), ("0x10", 16), ("0x1p3", 8), ("1e400", None),
     ("inf", None), ("nan", None), ("", None), (".", None), ("5s", None), (" 5", None), ("0xg", None)],
)  # fmt: skip
def test_decimal(text: str, number: float | None) -> None:
    assert decimal(text) == number
    assert number is None or isinstance(decimal(text), int) == float(number).is_integer()


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("10", (10, True)),
        ("10min", (10, False)),
        ("abc", (0, False)),
        (" -5", (-5, True)),
        ("", (0, False)),
        ("5 ", (5, False)),
    ],
)
def test_atoi(text: str, result: tuple[int, bool]) -> None:
    assert atoi(text) == result


def test_fits() -> None:
    assert [fits(n) for n in (2**31 - 1, 2**31, -(2**31), -(2**31) - 1)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10min", 600), ("1.5 h", 5400), ("30s", 30), ("250ms", 0.25), ("2d", 172800), ("5m", 300), ("5M", None),
     ("10", None), ("min", None), ("5 parsecs", None)],
)  # fmt: skip
def test_seconds_meant(text: str, seconds: float | None) -> None:
    assert seconds_meant(text) == seconds


@pytest.mark.skipif(ctypes.util.find_library("c") is None, reason="there is no C library to compare with")
@given(st.text(st.sampled_from(" \t+-0179xXafg"), max_size=LONGEST))
def test_the_c_library_agrees(text: str) -> None:
    strtol = ctypes.CDLL(ctypes.util.find_library("c")).strtol
    strtol.restype, strtol.argtypes = ctypes.c_long, [ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int]
    end = ctypes.c_char_p()
    number = strtol(text.encode(), ctypes.byref(end), 0)
    ours = c_integer(text)
    if not text or end.value:
        assert ours is None
    elif abs(number) < 2**63 - 1:
        assert ours == number
