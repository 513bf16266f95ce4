"""`connlint check`: find mistakes, show them, fix them where asked."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from connlint.cli import terminal
from connlint.cli.inspection import Inspection, Stopped, inspected, is_empty, meant, nothing
from connlint.cli.run import CLEAN, FOUND, WRONG
from connlint.finding import Severity
from connlint.report.model import Report
from connlint.report.text import summary

# A module of `report` each. The first three are read by the host of the repository, whose paths start at its root.
_FOR_HOSTS: Final = ("github", "gitlab", "sarif")
_FOR_MACHINES: Final = (*_FOR_HOSTS, "junit", "rdjson")
_SUMMARY: Final = "GITHUB_STEP_SUMMARY"  # names the file whose Markdown is shown on the page of the workflow's run


def check(arguments: Namespace) -> int:
    """Run the command; 1 when a finding is as severe as `--fail-on` asks."""
    if arguments.baseline:
        from connlint.cli.baseline import inside

        arguments.baseline = inside(meant(arguments).root, arguments.baseline)
    try:
        found = inspected(arguments)
        if arguments.fix or arguments.diff or arguments.unsafe_fixes:
            changed = _fix(found, arguments)
            found = inspected(arguments) if changed else found
    except Stopped:
        return WRONG
    empty = is_empty(found.report)
    if empty and nothing(found.project, arguments.allow_empty):
        return WRONG
    code = _code(found.report, arguments)
    if not arguments.diff:
        text = _rendered(found, arguments)
        terminal.write(text)
        told = arguments.output_format == "github" and _tell_the_run(found)
        if found.tree.seen is not None and not empty and not told:
            from connlint.cli.cache import Answer

            arguments.entry.keep(Answer(code, text, "".join(f"{line}\n" for line in found.notes)), found.tree.seen)
    return code


def _code(report: Report, arguments: Namespace) -> int:
    if arguments.exit_zero:
        return CLEAN
    least = Severity(arguments.fail_on) if arguments.fail_on else report.fail_on
    return FOUND if any(f.severity.rank <= least.rank for f in report.findings) else CLEAN


def _rendered(found: Inspection, arguments: Namespace) -> str:
    report, clean, form = found.report, found.clean, arguments.output_format
    if form == "json":
        from connlint.report.json import check as as_json

        return as_json(report, clean)
    if arguments.statistics:
        return "".join(f"{line}\n" for line in _statistics(report))
    if form == "concise":
        from connlint.report.concise import render

        return render(report, clean)
    if form in _FOR_MACHINES:
        prefix = found.project.in_repository if form in _FOR_HOSTS else found.project.prefix
        rendered: str = import_module(f"connlint.report.{form}").render(report, clean, prefix)
        return rendered
    from connlint.report.text import render as in_words
    from connlint.rulebook import page_address

    style = terminal.style(arguments.color, sys.stdout, os.environ)
    return in_words(report, clean, style, page_address)


def _tell_the_run(found: Inspection) -> bool:
    """Append the summary to the page of the workflow's run; False when there is none."""
    path = os.environ.get(_SUMMARY)
    if not path:
        return False
    from connlint.report.markdown import render

    try:
        with open(path, "a", encoding="utf-8") as page:
            page.write(render(found.report, found.clean, found.project.in_repository))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not valid"
        terminal.note(f"note: the file that {_SUMMARY} names cannot be written: {str(reason).lower()}")
    return True


def _statistics(report: Report) -> Iterator[str]:
    """A line for each rule that has findings, most first."""
    numbers = Counter((f.severity, f.rule) for f in report.findings)
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0][0].rank, item[0][1]))
    width = max((len(str(n)) for n in numbers.values()), default=1)
    for (severity, rule), number in ordered:
        yield f"{number:>{width}}  {severity.value}[{rule}]"
    yield summary(report)


def _fix(found: Inspection, arguments: Namespace) -> bool:
    """Make the fixes, or show them with `--diff`; True when files were changed."""
    from connlint.fix import Unwritable, plan, write

    planned = plan(found.report.findings, unsafe=arguments.unsafe_fixes)
    if arguments.diff:
        from connlint.report.difference import render

        terminal.write(render(planned.changes, found.clean))
        return False
    try:
        paths = write(planned, found.tree)
    except Unwritable as error:
        terminal.note(f"error: {error.path}: {error}")
        raise Stopped from None
    if planned.fixed:
        terminal.note(f"fixed {len(planned.fixed)} in {', '.join(paths)}")
    if planned.postponed:
        terminal.note(f"{len(planned.postponed)} more fixes touch the same lines: run again")
    return bool(paths)
