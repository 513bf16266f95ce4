"""Findings as a JUnit report: a suite for each file, a failed case for each finding, and a passed one where there is none.

https://github.com/testmoapp/junitxml describes what readers of the format agree on.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from connlint.finding import Finding
from connlint.report.cells import printable
from connlint.report.model import Report
from connlint.report.redact import Redactor


def render(report: Report, clean: Redactor, prefix: str = "") -> str:
    """The report. `prefix` is the way from the repository's root to the project, with a `/` at its end."""
    return "\n".join(_lines(report, clean, prefix)) + "\n"


def _lines(report: Report, clean: Redactor, prefix: str) -> Iterator[str]:
    by_file: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_file.setdefault(prefix + finding.primary.span.path, []).append(finding)
    count = len(report.findings)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="connlint" tests="{count or 1}" failures="{count}" errors="0">'
    for path, findings in by_file.items():
        size = len(findings)
        yield f'  <testsuite name={_attribute(path)} tests="{size}" failures="{size}" errors="0">'
        for finding in findings:
            yield from _case(finding, path, clean, prefix)
        yield "  </testsuite>"
    if not by_file:
        yield '  <testsuite name="connlint" tests="1" failures="0" errors="0">'
        yield '    <testcase name="no findings" classname="connlint"/>'
        yield "  </testsuite>"
    yield "</testsuites>"


def _case(finding: Finding, path: str, clean: Redactor, prefix: str) -> Iterator[str]:
    span = finding.primary.span
    name = f"{finding.rule} at {span.line}:{span.column}"
    yield f'    <testcase name={_attribute(name)} classname={_attribute(path)} file={_attribute(path)} line="{span.line}">'
    kind = f"{finding.severity.value}, {finding.confidence.value}"
    message = _attribute(clean(finding.message))
    yield f"      <failure type={_attribute(kind)} message={message}>{_escaped(_details(finding, clean, prefix))}</failure>"
    yield "    </testcase>"


def _details(finding: Finding, clean: Redactor, prefix: str) -> str:
    places = [f"{prefix}{label.span.place}: {clean(label.text)}".rstrip(": ") for label in finding.labels]
    return "\n".join([*places, *([f"help: {clean(finding.help)}"] if finding.help else [])])


def _attribute(text: str) -> str:
    return quoteattr(_allowed(text))


def _escaped(text: str) -> str:
    return escape("\n".join(map(_allowed, text.split("\n"))))


def _allowed(text: str) -> str:
    """Text without what XML 1.0 cannot hold: control characters, surrogates, U+FFFE and U+FFFF."""
    shown = printable(text)
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" else c for c in shown)
