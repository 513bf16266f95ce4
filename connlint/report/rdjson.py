"""Findings as Reviewdog's diagnostic format.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf; columns count UTF-8 bytes there.
"""

from __future__ import annotations

import json
from typing import Any, Final

from connlint.finding import Finding, Severity
from connlint.report.cells import printable, printable_lines
from connlint.report.edits import shown_edits
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.source import Span

_SEVERITIES: Final = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report, clean: Redactor, prefix: str = "") -> str:
    """One result. `prefix` is the way from the repository's root to the project, with a `/` at its end."""
    content = {
        "source": {"name": "connlint"},
        "diagnostics": [_diagnostic(finding, clean, prefix) for finding in report.findings],
    }
    return json.dumps(content, indent=2) + "\n"


def _diagnostic(finding: Finding, clean: Redactor, prefix: str) -> dict[str, Any]:
    helped = f"\nhelp: {clean(finding.help)}" if finding.help else ""
    found: dict[str, Any] = {
        "message": printable_lines(f"{clean(finding.message)}{helped}"),
        "location": _location(finding.primary.span, prefix),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule},
    }
    related = [
        {"message": printable(clean(label.text)), "location": _location(label.span, prefix)}
        for label in finding.labels[1:]
    ]
    if related:
        found["related_locations"] = related
    edits = shown_edits(finding.fix, clean) if finding.fix is not None else ()
    here = [edit for edit in edits if edit.span.path == finding.primary.span.path]
    if here and len(here) == len(edits):  # a suggestion changes the file it is about
        found["suggestions"] = [{"range": _range(edit.span), "text": edit.text} for edit in here]
    return found


def _location(span: Span, prefix: str) -> dict[str, Any]:
    return {"path": printable(prefix + span.path), "range": _range(span)}


def _range(span: Span) -> dict[str, Any]:
    return {
        "start": {"line": span.line, "column": _bytes_before(span, span.line, span.column)},
        "end": {"line": span.end_line, "column": _bytes_before(span, span.end_line, span.end_column)},
    }


def _bytes_before(span: Span, line: int, column: int) -> int:
    """The column, from 1, in bytes of UTF-8."""
    return len(span.source.line(line)[: column - 1].encode("utf-8", "surrogatepass")) + 1
