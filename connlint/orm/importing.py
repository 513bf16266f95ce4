"""Which modules may query while they are imported, told from their bytes: most only define what queries later."""

from __future__ import annotations

import re
from typing import Final

_NEEDLES: Final = (b".objects.", b"connection.cursor(")
_BLOCKS: Final = (b"try:", b"if ", b"with ", b"else:", b"elif ", b"except", b"finally:", b"for ", b"while ")
_EVALUATING: Final = (
    b".get(", b".count(", b".first(", b".last(", b".exists(", b"list(", b" for ", b".aggregate(", b"get_current(", b"create(",
)  # fmt: skip
_MOST_LINES: Final = 120  # that are looked back on for what a line belongs to
_CALL: Final = re.compile(rb"^(?:[A-Za-z_]\w* *= *)?([a-z_]\w*)\(", re.MULTILINE)
_NOT_STATEMENTS: Final = (b"", b"#", b"@", b")", b"]", b"}", b"\n", b"\r")


def may_query(path: str, data: bytes) -> bool:
    """Whether a statement outside of functions may query, itself or by a function of the same module.

    What a WSGI or ASGI module calls is looked at in any case: it runs in each server process.
    """
    if path.endswith(("wsgi.py", "asgi.py")):
        return b"django" in data
    if not any(needle in data for needle in _NEEDLES):
        return False
    return any(_at_top(data, needle) for needle in _NEEDLES) or _calls_own(data)


def _at_top(data: bytes, needle: bytes) -> bool:
    at = data.find(needle)
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        first = data[start : start + 1]
        if first not in (b" ", b"\t"):
            if first not in _NOT_STATEMENTS:
                return True
        elif data[start : start + 5].strip() and _runs(data, start, data[start : data.find(b"\n", at)]):
            return True
        at = data.find(needle, at + 1)
    return False


def _runs(data: bytes, start: int, line: bytes) -> bool:
    """Whether the line at `start`, indented once, is run at import: below `try` or `if`, or in a class where it evaluates."""
    for _ in range(_MOST_LINES):
        if not start:
            return False
        start = data.rfind(b"\n", 0, start - 1) + 1
        if data[start : start + 1] in (b" ", b"\t", *_NOT_STATEMENTS):
            continue
        if data.startswith(b"class ", start):
            return any(each in line for each in _EVALUATING) and b"lambda" not in line
        return data.startswith(_BLOCKS, start)
    return False


def _calls_own(data: bytes) -> bool:
    """Whether a statement at the left edge calls a function of the module that speaks of a manager."""
    for match in _CALL.finditer(data):
        at = data.find(b"\ndef " + match[1] + b"(")
        if at >= 0:
            end = re.compile(rb"^[^\s#)\]}]", re.MULTILINE).search(data, at + 5)
            if any(needle in data[at : end.start() if end else len(data)] for needle in _NEEDLES):
                return True
    return False
