"""One line per finding: `path:line:column: severity[rule] message`, for editors and for grep."""

from __future__ import annotations

from connlint.report.cells import printable
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.text import header, summary


def render(report: Report, clean: Redactor) -> str:
    """The findings, worst first, and the line that sums up."""
    lines = []
    for finding in report.findings:
        span = finding.primary.span
        at = f"{printable(span.path)}:{span.line}:{span.column}"
        lines.append(f"{at}: {finding.severity.value}[{finding.rule}] {header(finding, clean)}")
    return "\n".join([*lines, summary(report)]) + "\n"
