"""Where each character of a YAML scalar stands: past quotes, escapes, folds and the indentation of blocks.

The value itself is the parser's; this only lays it over the characters of the file. Where the two cannot be laid
over each other, the value has the place of the whole scalar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from connlint.formats.words import Text
from connlint.source import Span

_BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_BREAKS: Final = " \n\x85\u2028\u2029"  # what a fold leaves behind
_BLANK: Final = " \t"
_NUMBERED: Final = {"x": 2, "u": 4, "U": 8}
_NAMED: Final = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip

_Piece = tuple[str, list[int] | range]  # characters of one line of the file, and their offsets


def scalar_text(value: str, span: Span, style: str, raw: str = "") -> Text:
    """The value of the scalar at `span` with its offsets; `raw` is the text that was parsed (else the source's)."""
    raw = raw or span.source.text
    start, end = span.start, span.end
    if style in ("'", '"'):
        start, end = start + 1, end - 1
    if style not in ("|", ">") and raw[start:end] == value:
        return Text(value, span.source, range(start, end))
    if style in ("|", ">"):
        pieces: Iterable[_Piece] = _block(value, raw, start, end)
    elif style == '"':
        pieces = _trimmed(_escaped(raw, start, end))
    elif style == "'":
        pieces = _trimmed(_doubled(raw, start, end))
    else:
        pieces = _trimmed(_plain(raw, start, end))
    offsets = _laid(value, pieces, span.start)
    return Text(value, span.source, offsets) if offsets is not None else Text.placed(value, span)


def _laid(value: str, pieces: Iterable[_Piece], start: int) -> list[int] | None:
    """The offset of each character of `value`, when the pieces are its characters but for folds between them."""
    offsets: list[int] = []
    last = start
    for content, places in pieces:
        while not value.startswith(content, len(offsets)):
            if len(offsets) >= len(value) or value[len(offsets)] not in _BREAKS:
                return None
            offsets.append(last)
        offsets.extend(places)
        last = places[-1] + 1
    rest = value[len(offsets) :]
    if rest.strip(_BREAKS):
        return None
    return offsets + [last] * len(rest)


def _lines(raw: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _BREAK.finditer(raw, start, end):
        yield start, match.start()
        start = match.end()
    yield start, end


def _block(value: str, raw: str, start: int, end: int) -> Iterator[_Piece]:
    """The lines of a literal or folded block, each less the block's indentation."""
    lines = list(_lines(raw, start, end))[1:]  # the first one is the header
    first = next((line for line in lines if raw[slice(*line)].strip(" ")), None)
    if first is None:
        return
    lead = value.lstrip("\n")
    indent = _spaces(raw[slice(*first)]) - _spaces(lead)
    for begin, stop in lines:
        begin = min(begin + indent, stop)
        if begin < stop:
            yield raw[begin:stop], range(begin, stop)


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


_Unit = tuple[str, int, bool]  # a character, where it stands, whether it was escaped; no character: a line's end


def _plain(raw: str, start: int, end: int) -> Iterator[_Unit]:
    return (("" if _BREAK.match(raw[at]) else raw[at], at, False) for at in range(start, end))


def _doubled(raw: str, start: int, end: int) -> Iterator[_Unit]:
    """Inside of single quotes, where two of them stand for one."""
    at = start
    while at < end:
        yield "" if _BREAK.match(raw[at]) else raw[at], at, False
        at += 2 if raw.startswith("''", at) else 1


def _escaped(raw: str, start: int, end: int) -> Iterator[_Unit]:
    """Inside of double quotes."""
    at = start
    while at < end:
        if raw[at] != "\\" or at + 1 >= end:
            yield "" if _BREAK.match(raw[at]) else raw[at], at, False
            at += 1
            continue
        sign = raw[at + 1]
        width = _NUMBERED.get(sign, 0)
        if width:
            yield _numbered(raw[at + 2 : at + 2 + width]), at, True
        elif _BREAK.match(sign):
            yield "", at, True  # the line goes on behind it
            width = int(raw.startswith("\r\n", at + 1))
        else:
            yield _NAMED.get(sign, sign), at, True
        at += 2 + width


def _numbered(code: str) -> str:
    number = int(code, 16) if re.fullmatch("[0-9A-Fa-f]+", code) else 0x110000
    return chr(number) if number < 0x110000 else "\ufffd"


def _trimmed(units: Iterable[_Unit]) -> Iterator[_Piece]:
    """The characters of each line, less the white space beside its ends; an escaped end keeps what is before it."""
    line: list[_Unit] = []
    first = True
    for unit in units:
        if unit[0]:
            line.append(unit)
            continue
        yield from _piece(line, keep_start=first, keep_end=unit[2])
        line, first = [], False
    yield from _piece(line, keep_start=first, keep_end=True)


def _piece(line: list[_Unit], *, keep_start: bool, keep_end: bool) -> Iterator[_Piece]:
    start, end = 0, len(line)
    while not keep_start and start < end and line[start][0] in _BLANK and not line[start][2]:
        start += 1
    while not keep_end and end > start and line[end - 1][0] in _BLANK and not line[end - 1][2]:
        end -= 1
    if start < end:
        yield "".join(unit[0] for unit in line[start:end]), [unit[1] for unit in line[start:end]]
