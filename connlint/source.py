"""A text with a name, and exact places in it.

Every number connlint prints leads back to a `Span`: the path of a file of the project and the
characters that say so. Offsets count code points of the decoded text, so they slice it directly;
lines and columns count from 1, as editors do.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file; `path` is relative to the project, with `/`."""

    path: str
    text: str
    damaged: bool = False  # some bytes were not UTF-8 and stand as U+FFFD
    _starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False, hash=False)

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Source:
        """Decode as UTF-8; bytes that are not UTF-8 become U+FFFD and set `damaged`."""
        try:
            text, damaged = data.decode("utf-8"), False
        except UnicodeDecodeError:
            text, damaged = data.decode("utf-8", "replace"), True
        return cls(path, text.removeprefix(_BYTE_ORDER_MARK), damaged)

    def span(self, start: int, end: int) -> Span:
        """The characters from offset `start` up to, not including, `end`."""
        return Span(self, start, end)

    def span_at(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """The span between two positions, lines and columns counted from 1."""
        return Span(self, self.offset(line, column), self.offset(end_line, end_column))

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; places past the end of a line or of the text are moved back to it."""
        starts = self._line_starts()
        index = min(max(line, 1), len(starts)) - 1
        end = starts[index + 1] if index + 1 < len(starts) else len(self.text)
        return min(starts[index] + max(column, 1) - 1, end)

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column, from 1, of an offset."""
        starts = self._line_starts()
        index = bisect_right(starts, offset) - 1
        return index + 1, offset - starts[index] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its line end; empty past the last one."""
        starts = self._line_starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    @property
    def line_count(self) -> int:
        """How many lines the text has; an empty text has one."""
        return len(self._line_starts())

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts.append(0)
            find, at = self.text.find, 0
            while (at := find("\n", at) + 1) > 0:
                self._starts.append(at)
        return self._starts


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source, `start` included, `end` not."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.position(self.end)[0]

    @property
    def end_column(self) -> int:
        return self.source.position(self.end)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def place(self) -> str:
        """`path:line`, the short form used in messages."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` by `text`; an empty span inserts."""

    span: Span
    text: str
