"""A text with a name, and exact places in it.

Every number connlint prints leads back to a `Span`: the path of a file of the project and the
characters that say so. Offsets count code points of the decoded text, so they slice it directly;
lines and columns count from 1. A line ends with LF, CR LF or a lone CR, as editors and Python have it.
"""

from __future__ import annotations

from bisect import bisect_right

from connlint.records import dataclass, field

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
        """The offset of a position; a place past the end of a line or of the text becomes that end."""
        start, end = self._extent(min(max(line, 1), self.line_count))
        return end if line > self.line_count else min(start + max(column, 1) - 1, end)

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column, from 1, of an offset; one outside of the text is moved to its nearer end."""
        starts = self._line_starts()
        offset = min(max(offset, 0), len(self.text))
        index = bisect_right(starts, offset) - 1
        return index + 1, offset - starts[index] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its line end; empty past the last one."""
        if not 1 <= number <= self.line_count:
            return ""
        start, end = self._extent(number)
        return self.text[start:end]

    @property
    def line_count(self) -> int:
        """How many lines the text has; an empty text has one."""
        return len(self._line_starts())

    def _extent(self, number: int) -> tuple[int, int]:
        """Where line `number` starts and where its text ends, before its line end; without a copy of it."""
        starts = self._line_starts()
        start = starts[number - 1]
        if number == len(starts):
            return start, len(self.text)
        end = starts[number] - 1
        return start, end - 1 if self.text.startswith("\r\n", end - 1) else end

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts.append(0)
            text = self.text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in self.text else self.text
            find, at = text.find, 0
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
