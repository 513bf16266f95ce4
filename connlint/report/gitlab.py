"""Findings as GitLab's code quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import Final

from connlint.finding import Finding, Severity
from connlint.report.cells import printable, printable_lines
from connlint.report.fingerprints import fingerprints
from connlint.report.model import Report
from connlint.report.redact import Redactor

_SEVERITIES: Final = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report, clean: Redactor, prefix: str = "") -> str:
    """A list of issues. `prefix` is the way from the repository's root to the project, with a `/` at its end."""
    marks = fingerprints(report.findings)
    issues = [
        {
            "description": printable_lines(_described(finding, clean)),
            "check_name": finding.rule,
            "fingerprint": mark,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": printable(prefix + finding.primary.span.path),
                "lines": {"begin": finding.primary.span.line, "end": finding.primary.span.end_line},
            },
        }
        for finding, mark in zip(report.findings, marks, strict=True)
    ]
    return json.dumps(issues, indent=2) + "\n"


def _described(finding: Finding, clean: Redactor) -> str:
    return clean(finding.message) + (f". {clean(finding.help)}" if finding.help else "")
