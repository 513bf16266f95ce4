"""supervisor's ini dialect: Python's RawConfigParser with inline comments, with the place of each character.

Source: UnhosedConfigParser of supervisor 4.3 (supervisor/options.py) and `_read` of Python's configparser: a comment starts
with `;` or `#` at the start of a line or after white space, an indented line goes on with the value before it, sections
and options that are given again add to or replace the earlier ones, names of options ignore case.
"""

from __future__ import annotations

import re
from typing import Final

from connlint.formats.document import Problem
from connlint.formats.includes import MOST_PROBLEMS
from connlint.formats.words import Text
from connlint.records import dataclass, field
from connlint.source import Source, Span

MOST_LINES: Final = 100_000
_SECTION: Final = re.compile(r"\[(.+)\]")
_EQUALS: Final = re.compile("[=:]")
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))[;#]")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|[\r\n]|\Z)")


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """A name, in lower case, and its value: several lines joined by line ends."""

    name: str
    value: Text


@dataclass(slots=True, eq=False)
class Section:
    """A section of all files together; `span`: its first header."""

    name: str
    span: Span
    options: dict[str, Option] = field(default_factory=dict)

    def get(self, name: str) -> Text | None:
        option = self.options.get(name)
        return option.value if option is not None else None


def parse_into(sections: dict[str, Section], source: Source) -> list[Problem]:
    """Read a file into `sections`, as supervisord reads one after the other; what makes it stop is a fatal problem."""
    reader = _Reader(sections, source)
    for number, match in enumerate(_LINE.finditer(source.text)):
        if number > MOST_LINES:
            message = f"only the first {MOST_LINES} lines are read"
            reader.problems.append(Problem("too-large", message, source.span(0, 0)))
            break
        if not reader.line(match):
            break
    reader.flush()
    return reader.problems


@dataclass(slots=True, eq=False)
class _Reader:
    """Reads lines; the option they belong to is stored when it ends."""

    sections: dict[str, Section]
    source: Source
    problems: list[Problem] = field(default_factory=list)
    section: Section | None = None
    name: str = ""
    level: int = 0
    parts: list[tuple[int, int]] = field(default_factory=list)

    def line(self, match: re.Match[str]) -> bool:
        """Take in one line; False where supervisord gives up."""
        (start, end), commented = _content(match)
        if start == end:
            if self.name and not commented:
                self.parts.append((start, start))
            return True
        line = match[0]
        indent = len(line) - len(line.lstrip())
        if self.name and indent > self.level:
            self.parts.append((start, end))
            return True
        self.flush()
        self.level = indent
        content = self.source.text[start:end]
        header = _SECTION.match(content)
        if header is not None:
            span = self.source.span(start, start + header.end())
            self.section = self.sections.setdefault(header[1], Section(header[1], span))
            return True
        equals = _EQUALS.search(content)
        if self.section is None:
            self._refuse("a line before the first section", start, end)
            return False
        if equals is None or not content[: equals.start()].strip():
            self._refuse("a line that is neither a section nor an option", start, end)
        else:
            self.name = content[: equals.start()].strip().lower()
            value = content[equals.end() :]
            self.parts = [(end - len(value.lstrip()), end)]
        return True

    def _refuse(self, message: str, start: int, end: int) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem("syntax", message, self.source.span(start, end), fatal=True))

    def flush(self) -> None:
        """Store the option that ends here; empty lines at its end are not part of it."""
        if not self.name or self.section is None:
            return
        parts = self.parts
        while len(parts) > 1 and parts[-1][0] == parts[-1][1]:
            parts.pop()
        text: list[str] = []
        offsets: list[int] = []
        for start, end in parts:
            if text:
                text.append("\n")
                offsets.append(max(start - 1, 0))
            text.append(self.source.text[start:end])
            offsets.extend(range(start, end))
        self.section.options[self.name] = Option(self.name, Text("".join(text), self.source, offsets or [parts[0][0]]))
        self.name, self.parts = "", []


def _content(match: re.Match[str]) -> tuple[tuple[int, int], bool]:
    """Where the line's content stands, comments and white space taken off, and whether there was a comment."""
    line, base = match[0], match.start()
    stripped = line.strip()
    if stripped[:1] in ("#", ";") and stripped:
        return (base, base), True
    comment = _COMMENT.search(line)
    kept = line[: comment.start()] if comment else line
    start = base + len(kept) - len(kept.lstrip())
    end = base + len(kept.rstrip())
    return (start, max(start, end)), comment is not None
