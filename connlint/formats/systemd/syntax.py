"""The lines of a unit file: sections, assignments, comments and continuations, with the place of each character.

Source: src/shared/conf-parser.c of systemd 252 to 257 (config_parse, parse_line), and systemd.syntax(7). A backslash
at the end of a line joins the next one, with a space in its place; comment lines in between are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.formats.document import Problem
from connlint.formats.words import Text
from connlint.records import dataclass
from connlint.source import Source, Span

WHITESPACE: Final = " \t\n\r"
_BREAK: Final = re.compile("\r\n|[\n\r]")
MOST_ASSIGNMENTS: Final = 5_000
LONGEST_LINE: Final = 1_048_576  # LONG_LINE_MAX of systemd, in characters here


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """`key = value` in a section; the value is stripped, and its escapes and specifiers are still in it."""

    section: str
    key: str
    key_span: Span
    value: Text


@dataclass(frozen=True, slots=True, eq=False)
class UnitFile:
    """The assignments of one file in order, and what systemd complains about in it."""

    source: Source
    assignments: tuple[Assignment, ...]
    problems: tuple[Problem, ...]


def parse_unit(source: Source) -> UnitFile:
    """The assignments of a unit file or drop-in; never raises. A bad section header is fatal: systemd stops there."""
    section = ""
    found: list[Assignment] = []
    problems: list[Problem] = []
    for line in _logical_lines(source):
        text = strip(line)
        if not text.text or text.text.startswith(
            ("{{", "{%")
        ):  # the latter: lines of a template, gone when systemd reads it
            continue
        if text.text.startswith("["):
            if not text.text.endswith("]"):
                message = "this section header does not end with ], so systemd reads the file no further"
                problems.append(Problem("syntax", message, text.span(), fatal=True))
                break
            section = text.text[1:-1]
            continue
        key, equals, _ = text.text.partition("=")
        if not equals:
            problems.append(Problem("syntax", "a line without = says nothing to systemd", text.span()))
        elif not section:
            problems.append(Problem("syntax", "an assignment outside of a section is ignored", text.span()))
        else:
            name, value = strip(text.cut(0, len(key))), strip(text.cut(len(key) + 1))
            found.append(Assignment(section, name.text, name.span(), value))
        if len(found) > MOST_ASSIGNMENTS:
            problems.append(
                Problem("too-large", f"only the first {MOST_ASSIGNMENTS} settings are read", source.span(0, 0))
            )
            break
    return UnitFile(source, tuple(found), tuple(problems))


def strip(text: Text) -> Text:
    """Without the white space at both ends; an empty rest keeps the place where the text would stand."""
    start = len(text.text) - len(text.text.lstrip(WHITESPACE))
    end = len(text.text.rstrip(WHITESPACE))
    if start >= end:
        return Text("", text.source, (text.span(len(text.text)).start,))
    return text.cut(start, end)


def _logical_lines(source: Source) -> Iterator[Text]:
    """The lines with continuations joined: a space stands for the backslash."""
    joined: list[tuple[int, int]] = []  # stretches of the file, each ended by a backslash
    size = 0
    for start, end in _lines(source.text):
        content = source.text[start:end]
        if content.lstrip(WHITESPACE)[:1] in ("#", ";") and content.strip(WHITESPACE):
            continue
        size += end - start
        if _is_continued(content) and size < LONGEST_LINE:
            joined.append((start, end))
            continue
        yield _joined(source, joined, (start, end))
        joined, size = [], 0
    if joined:
        yield _joined(source, joined, (len(source.text), len(source.text)))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BREAK.finditer(text):
        yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _is_continued(line: str) -> bool:
    """Whether an odd number of backslashes stands at its end."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _joined(source: Source, joined: list[tuple[int, int]], last: tuple[int, int]) -> Text:
    if not joined:
        return Text.of(source.span(*last))
    offsets = [offset for start, end in (*joined, last) for offset in range(start, end)]
    text = "".join(source.text[start : end - 1] + " " for start, end in joined)
    return Text(text + source.text[slice(*last)], source, offsets)
