"""Places as the protocol counts them: lines and columns from 0, a column in the units that client and server agreed on.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#positionEncodingKind:
UTF-16 code units unless something else was negotiated. Lines end as those of `Source` do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lsprotocol import types

from connlint.source import Source, Span

_WIDTHS: Final = {
    types.PositionEncodingKind.Utf8: lambda text: len(text.encode("utf-8", "surrogatepass")),
    types.PositionEncodingKind.Utf16: lambda text: len(text) + sum(each > "\uffff" for each in text),
    types.PositionEncodingKind.Utf32: len,
}


class Units:
    """The unit of columns; `encoding` is one of the protocol's names, and everything else counts as UTF-16."""

    def __init__(self, encoding: str = types.PositionEncodingKind.Utf16.value) -> None:
        known = next((each for each in _WIDTHS if each.value == encoding), types.PositionEncodingKind.Utf16)
        self._width = _WIDTHS[known]

    def position(self, source: Source, offset: int) -> types.Position:
        """The position of an offset of the text."""
        line, column = source.position(offset)
        before = source.text[offset - column + 1 : offset] if offset <= len(source.text) else source.line(line)
        return types.Position(line - 1, len(before) if before.isascii() else self._width(before))

    def offset(self, source: Source, position: types.Position) -> int:
        """The offset of a position; one past the end of its line or of the text becomes that end."""
        number = position.line + 1
        start = source.offset(number, 1)
        if number > source.line_count or position.character <= 0:
            return start
        line = source.line(number)
        if line.isascii():
            return start + min(position.character, len(line))
        left = position.character
        for index, character in enumerate(line):
            left -= self._width(character)
            if left < 0:  # within a character that takes several units: its start
                return start + index
        return start + len(line)

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return types.Range(self.position(span.source, span.start), self.position(span.source, span.end))

    def changed(self, text: str, changes: Iterable[types.TextDocumentContentChangeEvent]) -> str:
        """`text` after the changes of one notification, which apply one after the other."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangeWholeDocument):
                text = change.text
                continue
            source = Source("", text)
            start, end = sorted((self.offset(source, change.range.start), self.offset(source, change.range.end)))
            text = text[:start] + change.text + text[end:]
        return text
