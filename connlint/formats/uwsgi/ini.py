"""The ini dialect of uWSGI, which is its own: repeated keys count, and only whole lines are comments.

Source: core/ini.c, uwsgi_ini_config(). Blanks are spaces, tabs and carriage returns. The last character of a
section line is dropped, whatever it is. A key without a value has the empty one. A NUL ends a line's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.formats.uwsgi.row import Row, row_at
from connlint.formats.uwsgi.text import Expanded

_BLANKS: Final = " \t\r"
_LINE = re.compile(r"^[ \t\r]*([^ \t\r\n;#][^\n]*)", re.MULTILINE)  # neither blank nor a comment


def ini_rows(expanded: Expanded, section: str) -> Iterator[Row]:
    """The options of one section, wherever in the file its parts are."""
    text = expanded.text
    current = ""
    for line in _LINE.finditer(text):
        start, stop = _stripped(text, line.start(1), _c_end(text, *line.span(1)))
        if start == stop:
            continue
        if text[start] == "[":
            current = text[start + 1 : stop - 1]
        elif current == section:
            yield _option(expanded, section, start, stop)


def ini_sections(expanded: Expanded) -> frozenset[str]:
    """The names of the sections there are."""
    lines = (line.strip(_BLANKS) for line in expanded.text.split("\n"))
    return frozenset(line[1:-1] for line in lines if line.startswith("["))


def _option(expanded: Expanded, section: str, start: int, stop: int) -> Row:
    equals = expanded.text.find("=", start, stop)
    if equals < 0:
        return row_at(expanded, section, (start, stop), None, "")
    key = _stripped(expanded.text, start, equals)
    value = _stripped(expanded.text, equals + 1, stop)
    return row_at(expanded, section, key, value)


def _c_end(text: str, start: int, end: int) -> int:
    zero = text.find("\0", start, end)
    return end if zero < 0 else zero


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _BLANKS:
        start += 1
    while end > start and text[end - 1] in _BLANKS:
        end -= 1
    return start, end
