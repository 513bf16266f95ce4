"""Findings as annotations of a GitHub workflow: one command per finding, worst first, and a line that sums up.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands; GitHub shows at most ten
annotations of a kind for each step, so more are not written but counted.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from connlint.finding import Finding, Severity
from connlint.report.cells import printable, printable_lines
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.text import header, summary

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SHOWN: Final = 10


def render(report: Report, clean: Redactor, prefix: str = "") -> str:
    """The annotations. `prefix` is the way from the repository's root to the project, with a `/` at its end."""
    lines, numbers = [], Counter[Severity]()
    for finding in sorted(report.findings, key=lambda f: f.severity.rank):
        numbers[finding.severity] += 1
        if numbers[finding.severity] <= _SHOWN:
            lines.append(_command(finding, clean, prefix))
    if report.base is not None:
        told = report.base.lines(clean)[:_SHOWN]
        lines += [
            f"::notice title=connlint compared with {_property(report.base.name)}::{_data(line)}" for line in told
        ]
    hidden = sum(max(0, number - _SHOWN) for number in numbers.values())
    lines.append(summary(report))
    if hidden:
        lines.append(f"{hidden} of them are not annotated: GitHub shows {_SHOWN} of a kind for each step")
    return "\n".join(lines) + "\n"


def _command(finding: Finding, clean: Redactor, prefix: str) -> str:
    span = finding.primary.span
    properties = {"file": printable_lines(prefix + span.path), "line": str(span.line), "endLine": str(span.end_line)}
    if span.line == span.end_line:  # GitHub takes columns for places on one line only
        properties |= {"col": str(span.column), "endColumn": str(max(span.end_column, span.column))}
    properties["title"] = f"{finding.severity.value}[{finding.rule}]"
    places = [f"{prefix}{label.span.place}: {clean(label.text)}".rstrip(": ") for label in finding.labels[1:]]
    helped = f"help: {clean(finding.help)}".split("\n") if finding.help else []
    message = "\n".join([header(finding, clean), *map(printable, (*places, *helped))])
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
