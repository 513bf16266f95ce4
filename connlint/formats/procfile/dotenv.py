"""The `.env` that honcho and foreman give to what a developer's Procfile starts.

Source: `parse` in honcho/environ.py (honcho 2.0): each line is split by shlex, white space between tokens is lost.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

from connlint.formats.document import Problem
from connlint.source import Source, Span
from connlint.value import Origin, Value

MOST_LINES: Final = 5_000
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_LINE: Final = re.compile(r"[^\r\n]+")


def parse_environment(source: Source) -> tuple[dict[str, Value], list[Problem]]:
    """The variables of the file, and the lines that honcho cannot read."""
    found: dict[str, Value] = {}
    problems: list[Problem] = []
    for count, match in enumerate(_LINE.finditer(source.text)):
        if count >= MOST_LINES:
            problems.append(Problem("too-large", f"only the first {MOST_LINES} lines are read", source.span(0, 0)))
            break
        line = match[0]
        try:
            tokens = list(shlex.shlex(line, posix=True))
        except ValueError:
            span = source.span(*match.span())
            problems.append(Problem("syntax", "a quotation in this line does not end", span))
            continue
        if len(tokens) >= 3 and tokens[1] == "=" and _NAME.match(tokens[0]):
            text = "".join(tokens[2:]).replace(r"\n", "\n").replace(r"\t", "\t")
            found[tokens[0]] = Value.exact(text, Origin.at(_place(source, match.start(), line, text)))
    return found, problems


def _place(source: Source, start: int, line: str, text: str) -> Span:
    """The characters of the value: itself where it stands so in the line, else all behind the `=`."""
    begin = line.index("=") + 1
    at = line.find(text, begin) if text else -1
    if at >= 0:
        return source.span(start + at, start + at + len(text))
    rest = line[begin:]
    return source.span(start + len(line) - len(rest.lstrip()), start + len(line.rstrip()))
