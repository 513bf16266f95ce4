"""The look at the servers for people and as JSON: each setting beside what the files say, and who holds connections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from connlint.django.asking.answers import Answers, Cell, Table
from connlint.django.asking.comparing import Compared
from connlint.facts import product
from connlint.records import dataclass
from connlint.report.cells import printable, width
from connlint.report.redact import Redactor
from connlint.report.style import Style
from connlint.report.values import as_json as value_as_json
from connlint.report.values import in_words

_WIDEST = 40  # cells of a column


@dataclass(frozen=True, slots=True)
class Look:
    """What one server or pooler of an alias said, or why it did not (`failure`); `minor`: it need not."""

    alias: str
    answers: Answers | None
    compared: tuple[Compared, ...] = ()
    failure: str = ""
    minor: bool = False

    @property
    def differs(self) -> bool:
        return any(each.differs for each in self.compared)


def render(looks: Sequence[Look], clean: Redactor, style: Style) -> str:
    """For people."""
    return "\n\n".join("\n".join(_look(look, clean, style)) for look in looks) + "\n"


def _look(look: Look, clean: Redactor, style: Style) -> Iterator[str]:
    answers = look.answers
    if answers is None:
        kind = "note" if look.minor else style.paint("error", "error")
        yield f"{kind}: alias {_said(look.alias, clean)}: {_said(look.failure, clean)}"
        return
    title = product(answers.product).title
    yield style.paint(
        f"alias {_said(look.alias, clean)}: {title} {_said(answers.version, clean)}, asked at {answers.time}", "bold"
    )
    yield ""
    rows = [(each.fact.name, each.fact.shown, _files(each, clean)) for each in look.compared]
    marks = ["bad" if each.differs else "" for each in look.compared]
    yield from _grid((title, "now", "by the files"), rows, clean, style, marks)
    for table in answers.tables:
        yield ""
        yield from _table(table, clean, style)
    for note in answers.notes:
        yield f"  note: {_said(note, clean)}"


def _files(each: Compared, clean: Redactor) -> str:
    if each.stated is None:
        return ""
    text = in_words(each.stated, clean) + (f" ({each.stated.place})" if each.stated.place else "")
    return f"{text}: differs" if each.differs else text


def _table(table: Table, clean: Redactor, style: Style) -> Iterator[str]:
    if not table.rows:
        yield f"  {table.title}: none but this one" if table.title.startswith("who") else f"  {table.title}: none"
        return
    yield f"  {table.title}"
    rows = [tuple("" if value is None else str(value) for value in row) for row in table.rows]
    yield from _grid(table.columns, rows, clean, style, [""] * len(rows))


def _grid(
    columns: Sequence[str], rows: Sequence[Sequence[str]], clean: Redactor, style: Style, marks: Sequence[str]
) -> Iterator[str]:
    """Rows under their heads; the last column is never filled up, and none but it is wider than `_WIDEST`."""
    last = len(columns) - 1
    cut = [[_cut(_said(value, clean), at < last) for at, value in enumerate(row)] for row in rows]
    widths = [max(width(row[at]) for row in [list(columns), *cut]) for at in range(len(columns))]

    def line(row: Sequence[str]) -> str:
        return "  " + "  ".join(value + " " * (widths[at] - width(value)) for at, value in enumerate(row)).rstrip()

    yield style.paint(line(columns), "dim")
    for row, mark in zip(cut, marks, strict=True):
        yield style.paint(line(row), mark) if mark else line(row)


def _cut(text: str, shorten: bool) -> str:
    return text[: _WIDEST - 3] + "..." if shorten and len(text) > _WIDEST else text


def _said(text: str, clean: Redactor) -> str:
    return printable(clean(text))


def as_json(looks: Sequence[Look], clean: Redactor) -> str:
    """The same as JSON."""
    return json.dumps({"version": 1, "databases": [_as_json(look, clean) for look in looks]}, indent=2) + "\n"


def _as_json(look: Look, clean: Redactor) -> dict[str, Any]:
    if look.answers is None:
        return {"alias": look.alias, "failure": clean(look.failure)}
    settings = {
        each.fact.name: {
            "now": _plain(each.fact.value, clean),
            "unit": each.fact.unit or None,
            "files": value_as_json(each.stated, clean) if each.stated is not None else None,
            "differs": each.differs,
        }
        for each in look.compared
    }
    tables = {
        table.title: [{name: _plain(value, clean) for name, value in zip(table.columns, row, strict=True)} for row in table.rows]
        for table in look.answers.tables
    }  # fmt: skip
    head = {
        "alias": look.alias,
        "product": look.answers.product,
        "version": look.answers.version,
        "asked": look.answers.time,
    }
    return {**head, "settings": settings, **tables}


def _plain(value: Cell, clean: Redactor) -> Cell:
    return clean(value) if isinstance(value, str) else value
