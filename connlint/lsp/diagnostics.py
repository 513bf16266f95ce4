"""Findings as diagnostics: one for each, in the file of its first place, with the other places beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lsprotocol import types

from connlint.finding import Finding, Severity
from connlint.lsp.positions import Units
from connlint.report.redact import Redactor
from connlint.report.text import header
from connlint.rulebook import page_address

SOURCE: Final = "connlint"
_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}
_WITHOUT_EFFECT: Final = ("unused-", "ignored-")  # rules about text that could as well not be there


def diagnostic(finding: Finding, clean: Redactor, units: Units, uri: Callable[[str], str]) -> types.Diagnostic:
    """A finding for an editor; `uri` gives the address of a project-relative path."""
    said = header(finding, clean) + (f"\n{clean(finding.help)}" if finding.help else "")
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri(label.span.path), units.range(label.span)), clean(label.text) or "it is stated here"
        )
        for label in finding.labels[1:]
    ]
    address = page_address(finding.rule)
    faded = finding.rule.startswith(_WITHOUT_EFFECT)
    return types.Diagnostic(
        range=units.range(finding.primary.span),
        message=said,
        severity=_SEVERITIES[finding.severity],
        code=finding.rule,
        code_description=types.CodeDescription(address) if address else None,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if faded else None,
        related_information=related or None,
    )
