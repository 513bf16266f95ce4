"""The instructions of a Dockerfile: parser directives, continued lines, comments and heredocs, as buildkit reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.formats.document import Problem
from connlint.formats.words import Text
from connlint.records import dataclass
from connlint.source import Span

_DIRECTIVE: Final = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(\S.*?)[ \t]*\r?$")
_HEREDOC: Final = re.compile(r"(?:^|(?<=\s))\d*<<(-?)[ \t]*(['\"]?)([^\s<'\"]+)\2(?=\s|$)")
_FLAG: Final = re.compile(r"--([A-Za-z][A-Za-z-]*)(?:=(\S*))?(?=\s|$)")
_WITH_HEREDOCS: Final = frozenset({"ADD", "COPY", "RUN"})
_LARGEST: Final = 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class Heredoc:
    name: str
    body: Text
    literal: bool  # its name is quoted: variables stay as they are


@dataclass(frozen=True, slots=True)
class Instruction:
    """`keyword` in capitals; `flags` are its `--name=value`; `rest` what follows them, continued lines joined."""

    keyword: str
    flags: tuple[tuple[str, str], ...]
    rest: Text
    heredocs: tuple[Heredoc, ...]
    escape: str = "\\"  # what takes the meaning off the next character

    @property
    def span(self) -> Span:
        return self.rest.span()

    def flag(self, name: str) -> str:
        """The value of a flag; empty where it is not given."""
        return next((value for key, value in self.flags if key == name), "")


def instructions(text: Text) -> tuple[list[Instruction], list[Problem]]:
    """What a Dockerfile says, in order."""
    if len(text.text) > _LARGEST:
        message = f"the Dockerfile has more than {_LARGEST} characters; it is not read"
        return [], [Problem("too-large", message, text.span(0, 0))]
    reader = _Reader(text)
    return list(reader.read()), reader.problems


class _Reader:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.lines = _lines(text.text)
        self.at = 0
        self.escape = "\\"
        self.problems: list[Problem] = []

    def read(self) -> Iterator[Instruction]:
        self._directives()
        while self.at < len(self.lines):
            line = self._logical()
            stripped = line.text.lstrip()
            if not stripped.strip():
                continue
            line = line.cut(len(line.text) - len(stripped))
            keyword = re.match(r"\S+", line.text)
            if keyword is not None:
                yield self._instruction(keyword[0].upper(), line, keyword.end())

    def _directives(self) -> None:
        for number, (start, end) in enumerate(self.lines):
            found = _DIRECTIVE.match(self.text.text[start:end].lstrip("\ufeff"))
            if found is None:
                return
            self.at = number + 1
            if found[1].lower() == "escape":
                if found[2] in ("\\", "`"):
                    self.escape = found[2]
                else:
                    span = self.text.span(start, end)
                    message = "the escape character is neither a backslash nor a backquote; docker refuses the file"
                    self.problems.append(Problem("bad-value", message, span, fatal=True))

    def _logical(self) -> Text:
        """One instruction's line, continued over others; comments and empty lines between them are left out."""
        pieces: list[tuple[int, int]] = []
        while self.at < len(self.lines):
            start, end = self.lines[self.at]
            self.at += 1
            line = self.text.text[start:end]
            blank = line.strip()
            if blank.startswith("#") or (pieces and not blank):
                if not pieces:
                    break
                continue
            kept = line.rstrip(" \t")
            continues = kept.endswith(self.escape) and not kept.endswith(self.escape * 2)
            pieces.append((start, start + len(kept) - 1 if continues else end))
            if not continues:
                break
        offsets = [offset for start, end in pieces for offset in self.text.offsets[start:end]]
        return Text("".join(self.text.text[start:end] for start, end in pieces), self.text.source, offsets)

    def _instruction(self, keyword: str, line: Text, end: int) -> Instruction:
        flags: list[tuple[str, str]] = []
        at = _past_blanks(line.text, end)
        while (flag := _FLAG.match(line.text, at)) is not None:
            flags.append((flag[1].lower(), flag[2] or ""))
            at = _past_blanks(line.text, flag.end())
        length = len(line.text.rstrip())
        rest = line.cut(min(at, length), length)
        heredocs: list[Heredoc] = []
        if keyword in _WITH_HEREDOCS and "<<" in rest.text:
            for found in _HEREDOC.finditer(rest.text):
                heredocs.append(self._heredoc(found[3], found[1] == "-", bool(found[2]), rest))
        return Instruction(keyword, tuple(flags), rest, tuple(heredocs), self.escape)

    def _heredoc(self, name: str, chomps: bool, literal: bool, rest: Text) -> Heredoc:
        pieces: list[tuple[int, int]] = []
        while self.at < len(self.lines):
            start, end = self.lines[self.at]
            while chomps and self.text.text.startswith("\t", start):
                start += 1
            self.at += 1
            if self.text.text[start:end] == name:
                break
            following = self.lines[self.at][0] if self.at < len(self.lines) else len(self.text.text)
            pieces.append((start, following))
        else:
            message = "this heredoc is never closed; docker refuses the file"
            self.problems.append(Problem("syntax", message, rest.span(), fatal=True))
        offsets = [offset for start, end in pieces for offset in self.text.offsets[start:end]]
        body = "".join(self.text.text[start:end] for start, end in pieces)
        return Heredoc(name, Text(body, self.text.source, offsets), literal)


def _lines(text: str) -> list[tuple[int, int]]:
    """Where each line starts and ends, its line end left out."""
    found, at = [], 0
    while at <= len(text):
        end = text.find("\n", at)
        stop = len(text) if end < 0 else end
        found.append((at, stop - 1 if stop > at and text[stop - 1] == "\r" else stop))
        if end < 0:
            break
        at = end + 1
    return found


def _past_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
