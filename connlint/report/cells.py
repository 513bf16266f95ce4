"""A line of source as a row of terminal cells: widths, tabs, control characters, masks and clipping."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from connlint.records import dataclass
from connlint.report.redact import MASK, merged

_TAB: Final = 4
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
_REPLACED: Final = "\ufffd"
# Characters that reorder the text around them would let a line look like another one than it is.
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown for each character of a line, and the cell each one begins at."""

    cells: tuple[str, ...]
    starts: tuple[int, ...]  # one more than there are characters

    @property
    def text(self) -> str:
        return "".join(self.cells)

    def column(self, offset: int) -> int:
        """The cell, from 0, of the character at `offset`; past the end the cells go on one by one."""
        last = len(self.cells)
        return self.starts[offset] if offset <= last else self.starts[last] + offset - last


def width(text: str) -> int:
    """How many cells `text` takes."""
    return sum(_widths(text))


def printable(text: str) -> str:
    """`text` on one line without anything that would steer a terminal."""
    return "".join(c if c >= " " and _is_plain(c) else _REPLACED if c != "\n" and c != "\t" else " " for c in text)


def printable_lines(text: str) -> str:
    """The same over several lines, whose ends stay."""
    return "\n".join(map(printable, text.split("\n")))


def row(line: str, hidden: Iterable[tuple[int, int]] = ()) -> Row:
    """Lay out `line`, the `hidden` ranges replaced by a mask of fixed width, so that it tells no length."""
    cells = [_cell(c) for c in line]
    widths = _widths(line)
    for start, end in merged(hidden):
        cells[start:end] = [MASK, *([""] * (end - start - 1))]
        widths[start:end] = [len(MASK), *([0] * (end - start - 1))]
    starts, at = [], 0
    for index, cell in enumerate(cells):
        starts.append(at)
        if cell == "\t":
            widths[index] = _TAB - at % _TAB
            cells[index] = " " * widths[index]
        at += widths[index]
    return Row(tuple(cells), (*starts, at))


def clipped(text: str, start: int, end: int) -> str:
    """The cells of `text` from `start` up to `end`; a wide character cut in two becomes a blank."""
    out, at = [], 0
    for character, cells in zip(text, _widths(text), strict=True):
        if at >= start and at + cells <= end:
            out.append(character)
        elif at < end and at + cells > start:
            out.append(" " * (min(at + cells, end) - max(at, start)))
        at += cells
    return "".join(out)


def _cell(character: str) -> str:
    if character == "\t":
        return character
    return character if character >= " " and _is_plain(character) else _REPLACED


def _is_plain(character: str) -> bool:
    if character < "\x7f":
        return True
    return character not in _REORDERING and unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")


def _widths(text: str) -> list[int]:
    """The cells of each character. An emoji sequence takes the two cells of its first character."""
    if text.isascii():
        return [1] * len(text)
    widths: list[int] = []
    joined = False
    for index, character in enumerate(text):
        cells = _width(character)
        if joined or ("\U0001f3fb" <= character <= "\U0001f3ff" and index and widths[-1] == 2):
            cells = 0
        elif character == _EMOJI_STYLE and widths and widths[-1] == 1:
            widths[-1] = 2
        joined = character == _JOINER
        widths.append(cells)
    return widths


def _width(character: str) -> int:
    if character < "\x7f":
        return 1
    category = unicodedata.category(character)
    if category in ("Mn", "Me") or character in (_JOINER, _EMOJI_STYLE) or (category == "Cf" and _is_plain(character)):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
