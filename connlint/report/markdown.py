"""A report as Markdown for the page of a workflow's run: a table, worst first, of bounded size.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary: each step may
add one MiB; more is dropped as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.finding import Finding
from connlint.report.cells import printable
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.text import compared, header, summary

_MOST_ROWS: Final = 50
_LONGEST: Final = 400  # characters of a cell
# What Markdown or HTML would take for a sign, an address or a name to notify becomes an entity.
_SIGNS: Final = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*_[]<>#|@&~:"}


def render(report: Report, clean: Redactor, prefix: str = "") -> str:
    """The summary. `prefix` is the way from the repository's root to the project, with a `/` at its end."""
    return "".join(f"{line}\n" for line in _lines(report, clean, prefix))


def _lines(report: Report, clean: Redactor, prefix: str) -> Iterator[str]:
    name = f"connlint: {prefix.rstrip('/')}" if prefix else "connlint"
    yield from (f"### {_cell(name)}", "", _cell(summary(report)), "")
    changed = compared(report, clean)
    if changed:
        yield from (_cell(changed[0]), "", *(f"- {_cell(line.strip())}" for line in changed[1 : _MOST_ROWS + 1]), "")
    if not report.findings:
        return
    yield from ("| severity | rule | place | finding |", "| --- | --- | --- | --- |")
    ordered = sorted(report.findings, key=lambda finding: finding.severity.rank)
    for finding in ordered[:_MOST_ROWS]:
        yield _row(finding, clean, prefix)
    if len(ordered) > _MOST_ROWS:
        yield from ("", f"and {len(ordered) - _MOST_ROWS} more, which are not as severe")
    yield ""


def _row(finding: Finding, clean: Redactor, prefix: str) -> str:
    place = f"{prefix}{finding.primary.span.place}"
    cells = (finding.severity.value, finding.rule, place, header(finding, clean))
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    shown = printable(text)
    return (shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}...").translate(_SIGNS)
