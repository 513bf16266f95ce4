"""Magic variables: uWSGI replaces `%n`, `%d`, `%k` in the whole text of a file before it looks at its syntax.

Source: core/utils.c, magic_sub(), and core/uwsgi.c, config_magic_table_fill(). The replacement knows neither
comments nor line ends: `%` at the end of a line swallows the line end. `%(` stays for the placeholders.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import islice
from typing import Final

from connlint.records import dataclass, field
from connlint.source import Source, Span
from connlint.value import Origin, Value

_MAGIC = re.compile(r"%([^(])", re.DOTALL)
MOST_TEXT: Final = 1_000_000  # characters of one file
MOST_LINES: Final = 100_000
MOST_MAGIC: Final = 50_000  # per cent signs in one file
_ESCAPE: Final = "\x1b"

_UNKNOWN: Final = {
    "b": "the path of the uWSGI binary",
    "g": "the group uWSGI runs under",
    "G": "the group uWSGI runs under",
    "h": "the host's name",
    "i": "the file's inode",
    "I": "the file's inode",
    "j": "a hash of the file's path",
    "J": "a hash of the file's path",
    "o": "the path uWSGI was given",
    "O": "the path uWSGI was given",
    "t": "the time of the start",
    "T": "the time of the start",
    "u": "the user uWSGI runs under",
    "U": "the user uWSGI runs under",
    "V": "the version of uWSGI",
}
# They name the first file, but only when uWSGI was given it with an option such as --ini.
_OF_FIRST_FILE: Final = "DSPCENX"


@dataclass(frozen=True, slots=True)
class Magic:
    """What one magic variable stands for: a text, or a reason why it is unknown."""

    text: str = ""
    doubt: str = ""
    origins: tuple[Origin, ...] = ()
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int  # in the expanded text
    end: int
    source_start: int
    source_end: int
    magic: Magic


@dataclass(frozen=True, slots=True)
class Expanded:
    """A file's text with its magic variables replaced, and the way back to its places."""

    source: Source
    text: str
    _pieces: list[_Piece] = field(default_factory=list, repr=False)
    _starts: list[int] = field(default_factory=list, repr=False)

    def span(self, start: int, end: int) -> Span:
        """The place in the file that the characters `start` to `end` come from."""
        if not self._pieces:
            return self.source.span(start, end)
        return self.source.span(self._back(start, False), self._back(end, True))

    def magic(self, start: int, end: int) -> tuple[Magic, ...]:
        """The magic variables that the characters `start` to `end` come from."""
        first = max(bisect_right(self._starts, start) - 1, 0)
        found = []
        for piece in islice(self._pieces, first, None):
            if piece.start >= end:
                break
            if piece.end > start:
                found.append(piece.magic)
        return tuple(found)

    def _back(self, offset: int, is_end: bool) -> int:
        index = bisect_right(self._starts, offset - 1 if is_end else offset) - 1
        if index < 0:
            return offset
        piece = self._pieces[index]
        if offset < piece.end or (is_end and offset == piece.end):
            return piece.source_end if is_end else piece.source_start
        return piece.source_end + offset - piece.end


def too_much(source: Source) -> str:
    """Why a text is no configuration but an attack or an accident; empty when it may be one."""
    if len(source.text) > MOST_TEXT:
        return f"there are more than {MOST_TEXT} characters"
    if source.text.count("\n") > MOST_LINES:
        return f"there are more than {MOST_LINES} lines"
    return f"there are more than {MOST_MAGIC} per cent signs" if source.text.count("%") > MOST_MAGIC else ""


def expand(source: Source, table: Mapping[str, Magic]) -> Expanded:
    """Replace the magic variables of `table`; one that is not in it becomes nothing, as in uWSGI."""
    text = source.text
    if "%" not in text:
        return Expanded(source, text)
    parts: list[str] = []
    pieces: list[_Piece] = []
    length = at = 0
    for match in _MAGIC.finditer(text):
        before = text[at : match.start()]
        magic = table.get(match[1], Magic())
        shown = match[0] if magic.doubt else magic.text
        parts += (before, shown)
        length += len(before)
        pieces.append(_Piece(length, length + len(shown), match.start(), match.end(), magic))
        length += len(shown)
        at = match.end()
    parts.append(text[at:])
    return Expanded(source, "".join(parts), pieces, [piece.start for piece in pieces])


def magic_table(path: str, section: str, base: str, directory: str | None, cpus: Value | None) -> dict[str, Magic]:
    """The magic variables while the file at the project-relative `path` is read.

    `base` is the absolute folder that stands for the project, `directory` the project-relative folder that uWSGI
    is started in, None when unknown, `cpus` the number of CPUs.
    """
    full = posixpath.join(base, path)
    folder, name = posixpath.split(full)
    stem, dot, extension = name.rpartition(".")
    here = (Origin.assumed("the project's folder stands for the one it is deployed to"),)
    table = {
        "%": Magic("%"),
        "[": Magic(_ESCAPE),
        "p": Magic(full, origins=here),
        "d": Magic(folder.rstrip("/") + "/", origins=here),
        "s": Magic(name),
        "n": Magic(stem if dot else name),
        "e": Magic(extension if dot else ""),
        "x": Magic(section),
        "k": _cpus(cpus),
    }
    table |= {letter: Magic(doubt=f"it contains {what}") for letter, what in _UNKNOWN.items()}
    table |= {letter: Magic(doubt="it depends on how uWSGI was given the file") for letter in _OF_FIRST_FILE}
    table["v"] = (
        Magic(doubt="it contains the folder uWSGI is started in")
        if directory is None
        else Magic(posixpath.join(base, directory).rstrip("/"), origins=here)
    )
    inside = posixpath.dirname(path)
    outer = Magic(doubt="it contains the name of the folder the project is deployed to")
    table["c"] = Magic(posixpath.basename(inside)) if inside else outer
    table |= {str(number): outer for number in range(10)}
    return table


def _cpus(cpus: Value | None) -> Magic:
    if cpus is not None and cpus.is_exact:
        return Magic(str(cpus.only), origins=cpus.origins)
    return Magic(doubt="the number of CPUs is not known", origins=cpus.origins if cpus else (), value=cpus)
