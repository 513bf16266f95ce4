"""Code frames: the lines that make a finding true, over several files, with a mark and a word under each place.

Every line passes through the masks before it is laid out, and the marks follow the cells that are shown, so a
masked password, a tab or a wide character moves them along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from connlint.finding import Label
from connlint.records import dataclass
from connlint.report.cells import Row, clipped, printable, row, width
from connlint.report.masks import on_line
from connlint.report.redact import Redactor
from connlint.report.style import Style
from connlint.source import Source, Span

_ELLIPSIS: Final = "..."
_NARROWEST: Final = 20  # cells of a line that are always shown, however narrow the terminal
_LEAD: Final = 12  # cells shown before the first mark of a clipped line
_MOST_LABELS: Final = 20


@dataclass(frozen=True, slots=True)
class _Mark:
    """A label on one line, in cells; `lane` tells which bracket at the left belongs to a label over many lines."""

    start: int
    end: int
    text: str
    primary: bool
    lane: int | None = None
    opens: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A label as lines: first and last line, and offsets within each."""

    label: Label
    first: int
    last: int
    start: int
    end: int
    primary: bool


@dataclass(slots=True)
class Frames:
    """Renders the labels of one finding."""

    style: Style
    clean: Redactor
    colour: str = "error"
    gutter: int = 0

    def render(self, labels: Sequence[Label]) -> list[str]:
        """The lines of all frames; the primary label's file first."""
        shown = list(dict.fromkeys(labels))[:_MOST_LABELS]
        places = [_place(label, index == 0) for index, label in enumerate(shown)]
        self.gutter = max((len(str(place.last)) for place in places), default=1)
        files: dict[str, list[_Place]] = {}
        for place in places:
            files.setdefault(place.label.span.path, []).append(place)
        lines: list[str] = []
        for index, group in enumerate(files.values()):
            if index:
                lines.append(self.bar())
            lines += self._file(group, index == 0)
        if len(labels) > len(shown):
            lines.append(self.bar(f"{len(labels) - len(shown)} more places are not shown"))
        return lines

    def note(self, kind: str, text: str) -> list[str]:
        """`= kind: text` under the frames; further lines of `text` are indented below it."""
        first, *rest = text.split("\n") or [""]
        pad = " " * self.gutter
        head = f"{pad} {self.style.paint('=', 'gutter')} {self.style.paint(kind, 'bold')}: "
        return [head + printable(first), *(f"{pad}   {' ' * len(kind)}  {printable(line)}" for line in rest)]

    def _file(self, places: list[_Place], primary: bool) -> Iterator[str]:
        span = places[0].label.span
        arrow = "-->" if primary else ":::"
        at = f"{printable(span.path)}:{span.line}:{span.column}"
        yield f"{' ' * self.gutter}{self.style.paint(arrow, 'gutter')} {at}"
        yield self.bar()
        long = [place for place in places if place.last > place.first]
        numbers = sorted({n for place in places for n in (place.first, place.last)})
        before = None
        for number in numbers:
            if before is not None and number > before + 1:
                yield self.style.paint(_ELLIPSIS, "gutter")
            before = number
            yield from self._line(span.source, number, places, long)

    def _line(self, source: Source, number: int, places: list[_Place], long: list[_Place]) -> Iterator[str]:
        text = source.line(number)
        pointed = [(p.start, p.end) for p in places if p.first == p.last == number]
        shown = row(text, on_line(source, number, pointed, self.clean))
        marks = [
            _Mark(shown.column(p.start), max(shown.column(p.end), shown.column(p.start) + 1),
                  printable(self.clean(p.label.text)), p.primary)
            for p in places if p.first == p.last == number
        ]  # fmt: skip
        for lane, place in enumerate(long):
            if place.first == number:
                marks.append(
                    _Mark(shown.column(place.start), shown.column(place.start) + 1, "", place.primary, lane, True)
                )
            elif place.last == number:
                end = max(shown.column(place.end), 1)
                words = printable(self.clean(place.label.text))
                marks.append(_Mark(end - 1, end, words, place.primary, lane))
        visible, marks = self._clip(shown, marks)
        lanes = [place.first < number <= place.last for place in long]
        yield self._numbered(str(number), self._lanes(lanes) + visible)
        yield from self._flat([mark for mark in marks if mark.lane is None], self._lanes(lanes))
        for mark in marks:
            if mark.lane is not None:
                yield self._corner(mark, lanes)
                lanes[mark.lane] = mark.opens

    def _clip(self, shown: Row, marks: list[_Mark]) -> tuple[str, list[_Mark]]:
        """The part of a line that fits, chosen so that its marks begin in it."""
        text = shown.text.rstrip()
        room = max(self.style.width - self.gutter - 3, _NARROWEST)
        total = width(text)
        if total <= room:
            return text, marks
        first = min((mark.start for mark in marks), default=0)
        last = max((mark.end for mark in marks), default=0)
        left = 0 if last <= room - len(_ELLIPSIS) else max(0, first - _LEAD)
        if left:
            left = min(left, total - room + len(_ELLIPSIS))
        right = left + room - len(_ELLIPSIS) * (left > 0)
        right -= len(_ELLIPSIS) * (right < total)
        visible = _ELLIPSIS * (left > 0) + clipped(text, left, right) + _ELLIPSIS * (right < total)
        shift = left - len(_ELLIPSIS) * (left > 0)
        least, most = (len(_ELLIPSIS) if left else 0), right - shift
        moved = []
        for mark in marks:
            start = min(max(mark.start - shift, least), most - 1)
            end = min(max(mark.end - shift, start + 1), most)
            moved.append(_Mark(start, end, mark.text, mark.primary, mark.lane, mark.opens))
        return visible, moved

    def _flat(self, marks: list[_Mark], prefix: str) -> Iterator[str]:
        """The marks of one line, the words of the last one beside it, those of the others below."""
        if not marks:
            return
        marks = _joined(marks)
        ends = max(mark.end for mark in marks)
        inline = max(marks, key=lambda mark: mark.start)
        beside = inline.text if inline.end == ends else ""
        strokes = [(mark, "^" if mark.primary else "-") for mark in sorted(marks, key=lambda m: m.primary)]
        yield self.bar(
            prefix + self._drawn([(m.start, m.end, c, m.primary) for m, c in strokes], beside, inline.primary)
        )
        waiting = sorted((m for m in marks if m.text and not (m is inline and beside)), key=lambda m: m.start)
        if waiting:
            yield self.bar(prefix + self._drawn([(m.start, m.start + 1, "|", m.primary) for m in waiting]))
        while waiting:
            mark = waiting.pop()
            strokes_left = [(m.start, m.start + 1, "|", m.primary) for m in waiting if m.start < mark.start]
            yield self.bar(prefix + self._drawn(strokes_left, mark.text, mark.primary, mark.start))

    def _drawn(
        self,
        strokes: Sequence[tuple[int, int, str, bool]],
        words: str = "",
        primary: bool = False,
        at: int | None = None,
    ) -> str:
        """Strokes (start, end, character, primary) on one row, later ones over earlier ones, then words."""
        cells: dict[int, tuple[str, bool]] = {}
        for start, end, character, is_primary in strokes:
            cells.update(dict.fromkeys(range(start, end), (character, is_primary)))
        out, column, run, run_primary = [], 0, "", False
        for cell in sorted(cells):
            character, is_primary = cells[cell]
            if cell > column or is_primary is not run_primary:
                out += [self._mark(run, run_primary), " " * (cell - column)]
                run, run_primary = "", is_primary
            run += character
            column = cell + 1
        out.append(self._mark(run, run_primary))
        if words:
            gap = 1 if at is None else at - column
            out += [" " * gap, self._mark(words, primary)]
        return "".join(out)

    def _corner(self, mark: _Mark, lanes: list[bool]) -> str:
        """The row that leads from the left to where a label over many lines begins, or ends."""
        lane = mark.lane or 0
        head = "".join("| " if active and index != lane else "  " for index, active in enumerate(lanes[:lane]))
        corner = " _" if mark.opens else "|_"
        across = "_" * (2 * (len(lanes) - lane - 1) + mark.start)
        words = f" {mark.text}" if mark.text else ""
        return self.bar(head + self._mark(corner + across + ("^" if mark.primary else "-") + words, mark.primary))

    def _lanes(self, lanes: Sequence[bool]) -> str:
        return "".join(self.style.paint("|", self.colour) + " " if active else "  " for active in lanes)

    def _mark(self, text: str, primary: bool) -> str:
        return self.style.paint(text, self.colour if primary else "gutter") if text.strip() else text

    def _numbered(self, number: str, text: str) -> str:
        head = self.style.paint(f"{number:>{self.gutter}} |", "gutter")
        return f"{head} {text}".rstrip()

    def bar(self, text: str = "") -> str:
        """The gutter of a row that has no line number, and `text` beside it."""
        head = self.style.paint(f"{' ' * self.gutter} |", "gutter")
        return f"{head} {text}".rstrip() if text else head


def _place(label: Label, primary: bool) -> _Place:
    """Where a label lies; blank ends of its span and the line end after it are left out."""
    span = _trimmed(label.span)
    first, column = span.source.position(span.start)
    last, end_column = span.source.position(span.end)
    return _Place(label, first, last, column - 1, end_column - 1, primary)


def _trimmed(span: Span) -> Span:
    text = span.text
    kept = text.rstrip()
    return span if kept == text or not kept else span.source.span(span.start, span.start + len(kept))


def _joined(marks: list[_Mark]) -> list[_Mark]:
    """Marks on the very same cells become one, their words joined."""
    places: dict[tuple[int, int], _Mark] = {}
    for mark in marks:
        same = places.get((mark.start, mark.end))
        if same is not None:
            words = "; ".join(dict.fromkeys(t for t in (same.text, mark.text) if t))
            mark = _Mark(mark.start, mark.end, words, same.primary or mark.primary)
        places[mark.start, mark.end] = mark
    return list(places.values())
