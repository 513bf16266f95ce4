"""A file that stands inside another one, such as pgbouncer.ini in a ConfigMap: readers read it as a text of its own.

Every span they make of it lies in the outer file, so what they find is shown where somebody can change it.
"""

from __future__ import annotations

from collections.abc import Sequence

from connlint.formats.words import Text
from connlint.records import dataclass, field
from connlint.source import Source, Span

__all__ = ["Excerpt", "excerpt"]


@dataclass(frozen=True, slots=True)
class Excerpt(Source):
    """The inner text; the character at index i of it stands at `offsets[i]` of `outer`, never before the one before."""

    outer: Source = field(default_factory=lambda: Source("", ""), repr=False)
    offsets: Sequence[int] = field(default=(), repr=False, compare=False, hash=False)

    def span(self, start: int, end: int) -> Span:
        """Where the characters from `start` up to, not including, `end` stand in the outer file."""
        first = self._outside(start)
        if end <= start:
            return self.outer.span(first, first)
        return self.outer.span(first, max(self._outside(end - 1) + 1, first))

    def span_at(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """The same for two positions of the inner text, lines and columns counted from 1."""
        return self.span(self.offset(line, column), self.offset(end_line, end_column))

    def _outside(self, at: int) -> int:
        if not self.offsets:
            return 0
        return self.offsets[at] if 0 <= at < len(self.offsets) else self.offsets[-1] + 1 if at > 0 else self.offsets[0]


def excerpt(text: Text) -> Source:
    """A text of a file as a source of its own; `path` is the outer file's."""
    return Excerpt(text.source.path, text.text, False, text.source, text.offsets)
