"""Findings as SARIF 2.1.0, which code hosts and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/; GitHub's own demands (relative URIs, fingerprints, help of rules):
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from connlint import __version__
from connlint.finding import Finding, Severity
from connlint.report.cells import printable, printable_lines
from connlint.report.edits import shown_edits
from connlint.report.fingerprints import fingerprints
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.rulebook import Rule, page, rules, summary
from connlint.source import Span

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT: Final = "connlint/v1"  # its second part is the version of how they are made
_ROOT: Final = "%SRCROOT%"
_PROBLEMS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def render(report: Report, clean: Redactor, prefix: str = "") -> str:
    """One run. `prefix` is the way from the repository's root to the project, with a `/` at its end."""
    named = {finding.rule for finding in report.findings}
    listed = [rule for rule in rules() if rule.name in named]
    index = {rule.name: number for number, rule in enumerate(listed)}
    marks = fingerprints(report.findings)
    results = [
        _result(finding, mark, index[finding.rule], clean, prefix)
        for finding, mark in zip(report.findings, marks, strict=True)
    ]
    driver = {
        "name": "connlint",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in listed],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the root of the repository"}}},
        "invocations": [{"executionSuccessful": True}],
        "automationDetails": {"id": f"connlint/{prefix}"},
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    text, sentence = page(rule), summary(rule)
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": sentence},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["database", "connections", rule.family],
            "problem.severity": _PROBLEMS[rule.severity],
            "precision": "high",
        },
    }


def _result(finding: Finding, mark: str, index: int, clean: Redactor, prefix: str) -> dict[str, Any]:
    helped = f"\n{clean(finding.help)}" if finding.help else ""
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": _message(f"{clean(finding.message)}{helped}"),
        "locations": [{**_location(finding.primary.span, prefix), **_said(finding.primary.text, clean)}],
        "relatedLocations": [
            {"id": number, **_location(label.span, prefix), **_said(label.text or "it is stated here", clean)}
            for number, label in enumerate(finding.labels[1:], start=1)
        ],
        "partialFingerprints": {_FINGERPRINT: mark},
        "properties": {"confidence": finding.confidence.value, "deployment": printable(finding.deployment)},
    }
    edits = shown_edits(finding.fix, clean) if finding.fix is not None else ()
    if finding.fix is not None and edits:
        changes: dict[str, list[dict[str, Any]]] = {}
        for edit in edits:
            replaced = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
            changes.setdefault(edit.span.path, []).append(replaced)
        files = [{"artifactLocation": _file(path, prefix), "replacements": each} for path, each in changes.items()]
        title = f"{clean(finding.fix.title)} ({finding.fix.safety.value})"
        found["fixes"] = [{"description": _message(title), "artifactChanges": files}]
    return found


def _said(text: str, clean: Redactor) -> dict[str, Any]:
    return {"message": _message(clean(text))} if text else {}


def _message(text: str) -> dict[str, str]:
    """A message in which nothing is taken for a link (3.11.6): names in files may be written to look like one."""
    return {"text": printable_lines(text).replace("](", "] (")}


def _location(span: Span, prefix: str) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _file(span.path, prefix), "region": _region(span)}}


def _file(path: str, prefix: str) -> dict[str, str]:
    """A URI reference relative to the repository's root; bytes that are no UTF-8 are escaped as they are."""
    return {"uri": quote((prefix + path).encode("utf-8", "surrogateescape"), safe="/~"), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
