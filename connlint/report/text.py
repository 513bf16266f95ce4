"""Findings for people: a header, frames with the lines that make it so, what to do, and one line that sums up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from connlint.finding import Confidence, Finding, Safety, Severity
from connlint.report.cells import printable
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.style import PLAIN, Style

_MOST_LACKS = 5


def render(
    report: Report, clean: Redactor, style: Style = PLAIN, address: Callable[[str], str | None] = lambda _: None
) -> str:
    """The whole report. `address` gives the URL of a rule's page, for links."""
    parts = ["\n".join(_finding(f, report, clean, style, address)) for f in report.findings]
    parts += ["\n".join(lines) for lines in (list(_lacks(report, clean, style)),) if lines]
    if report.base is not None:
        parts.append("\n".join(compared(report, clean)))
    parts.append(summary(report))
    return "\n\n".join(parts) + "\n"


def summary(report: Report) -> str:
    """One line: `2 errors, 1 warning in 5 files (3 deployments)`, what was ignored and what can be fixed."""
    found = counts(report.findings) or "no mistakes found"
    deployments = f" ({_count(len(report.deployments), 'deployment')})" if report.deployments else ""
    line = f"{found} in {_count(report.files_read, 'file')}{deployments}"
    if report.suppressed:
        line += f"; {report.suppressed} ignored"
    if report.accepted:
        line += f"; {report.accepted} accepted"
    if report.base is not None and report.base.findings:
        line += f"; {report.base.findings} {'was' if report.base.findings == 1 else 'were'} there before"
    fixable = Counter(f.fix.safety for f in report.findings if f.fix)
    if fixable[Safety.SAFE]:
        line += f"; {fixable[Safety.SAFE]} fixable with --fix"
    if fixable[Safety.UNSAFE]:
        more = "more " if fixable[Safety.SAFE] else ""
        line += f"; {fixable[Safety.UNSAFE]} {more}fixable with --unsafe-fixes"
    return line


def compared(report: Report, clean: Redactor) -> list[str]:
    """What a change does to the limits, as lines; none where nothing is compared."""
    if report.base is None:
        return []
    lines = report.base.lines(clean)
    head = f"compared with {report.base.name}"
    return [f"{head}:", *(f"  {line}" for line in lines)] if lines else [f"{head}: no limit is asked for more or less"]


def counts(findings: tuple[Finding, ...]) -> str:
    """`2 errors, 1 warning`; empty without findings."""
    by_severity = Counter(f.severity for f in findings)
    words = [_count(by_severity[s], s.value) for s in (Severity.ERROR, Severity.WARNING) if by_severity[s]]
    return ", ".join([*words, *([f"{by_severity[Severity.INFO]} info"] if by_severity[Severity.INFO] else [])])


def header(finding: Finding, clean: Redactor) -> str:
    """The message, with the confidence where the evidence leaves a doubt."""
    doubt = "" if finding.confidence is Confidence.CERTAIN else f" ({finding.confidence.value})"
    return printable(clean(finding.message)) + doubt


def _finding(
    finding: Finding, report: Report, clean: Redactor, style: Style, address: Callable[[str], str | None]
) -> Iterator[str]:
    from connlint.report.frames import Frames  # with all that masks source lines: not needed where nothing is found

    severity = finding.severity.value
    rule = style.link(finding.rule, address(finding.rule) if style.links else None)
    head = f"{style.paint(severity + '[', severity)}{style.paint(rule, severity)}{style.paint(']', severity)}"
    yield f"{head}{style.paint(': ' + header(finding, clean), 'bold')}"
    frames = Frames(style, clean, severity)
    yield from frames.render(finding.labels)
    notes = []
    if len(report.deployments) > 1 and finding.deployment:
        notes.append(("deployment", finding.deployment))
    if finding.help:
        notes.append(("help", clean(finding.help)))
    if finding.fix:
        flag = "--fix" if finding.fix.safety is Safety.SAFE else "--unsafe-fixes"
        notes.append(("fix", f"{clean(finding.fix.title)} ({flag})"))
    if notes:
        yield frames.bar()
    for kind, text in notes:
        yield from frames.note(kind, text)


def _lacks(report: Report, clean: Redactor, style: Style) -> Iterator[str]:
    lacks = report.lacks
    if not lacks:
        return
    one = len(lacks) == 1
    declared = "; [tool.connlint] takes the lines beside them" if any(lack.declare for lack in lacks) else ""
    if one and declared:
        declared = "; [tool.connlint] takes the line beside it"
    yield f"{_count(len(lacks), 'fact')} {'is' if one else 'are'} not known, and would decide more{declared}:"
    for lack in lacks[:_MOST_LACKS]:
        line = f": {style.paint(printable(clean(lack.declare)), 'bold')}" if lack.declare else ""
        yield f"  {printable(clean(lack.fact))}{line}"
    if len(lacks) > _MOST_LACKS:
        yield f"  and {len(lacks) - _MOST_LACKS} more, listed by --output-format json"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
