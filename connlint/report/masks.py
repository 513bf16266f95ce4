"""What of a source is hidden wherever its lines are shown, by the dialect of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from connlint.report import masks_config, masks_python
from connlint.report.redact import MASK, Redactor, merged
from connlint.source import Source

Range: TypeAlias = tuple[int, int]

_PYTHON: Final = (".py", ".pyi", ".pyw")
_MARKUP: Final = (".xml", ".html")


def on_line(source: Source, number: int, pointed: Sequence[Range], clean: Redactor) -> Iterator[Range]:
    """The ranges of line `number`, counted from its start, to hide; `pointed` are the ranges labels point at."""
    text = source.line(number)
    start = source.offset(number, 1)
    yield from clean.ranges(text)
    if source.path.endswith(_PYTHON):
        labels = [(start + a, start + b) for a, b in pointed]
        yield from ((a - start, b - start) for a, b in masks_python.hidden(source, start, start + len(text), labels))
    else:
        yield from masks_config.hidden(text, pointed, source.path.endswith(_MARKUP))
        yield from _user(source, start, text)


def masked(source: Source, clean: Redactor) -> list[str]:
    """Every line of a source, with its line end, as it may be shown."""
    text = source.text
    if source.path.endswith(_PYTHON):
        ranges = merged([*clean.ranges(text), *masks_python.hidden(source, 0, len(text), ())])
        return _replaced(text, ranges).splitlines(keepends=True)
    markup = source.path.endswith(_MARKUP)
    lines, at = [], 0
    for line in text.splitlines(keepends=True):
        ranges = [*clean.ranges(line), *masks_config.hidden(line, (), markup), *_user(source, at, line)]
        lines.append(_replaced(line, merged(ranges)))
        at += len(line)
    return lines


def _user(source: Source, start: int, line: str) -> Iterator[Range]:
    """The name of a user at the start of a line of PgBouncer's section [users]."""
    if not source.path.endswith(".ini") or "=" not in line or line.lstrip().startswith(("[", ";", "#")):
        return
    section = source.text.rfind("\n[", 0, start) + 1
    if source.text.startswith("[users]", section):
        yield len(line) - len(line.lstrip()), len(line[: line.index("=")].rstrip())


def _replaced(text: str, ranges: Sequence[Range]) -> str:
    """Each range becomes a mask; the line ends inside it stay, so that lines keep their numbers."""
    parts, at = [], 0
    for start, end in ranges:
        parts += [text[at:start], "\n".join(MASK if piece.strip() else piece for piece in text[start:end].split("\n"))]
        at = end
    return "".join((*parts, text[at:]))
