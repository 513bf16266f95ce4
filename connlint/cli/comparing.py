"""`--diff-base`: what is new since a commit, by an inspection of the project as it was there."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from connlint import baseline
from connlint.cli import terminal
from connlint.cli.inspection import Inspection
from connlint.cli.place import UsageError, shown
from connlint.cli.request import options
from connlint.records import replace
from connlint.report.change import Base, changes
from connlint.report.model import Report
from connlint.report.secrets import redactor

if TYPE_CHECKING:
    from connlint.project.history import Past


def compared(found: Inspection, arguments: Namespace) -> Inspection:
    """The same with only the findings that are new or worse since the commit; raises `UsageError` when it cannot be had.

    What passwords were then is kept secret, too.
    """
    from connlint.project.history import NoHistory, past

    ref = arguments.diff_base
    if (
        getattr(arguments, "host", None) is not None
    ):  # no commit has loaded settings: all that they say would count as new
        raise UsageError("--diff-base compares files, not what Django has loaded: use connlint check --diff-base")
    try:
        then = past(found.project.root, ref)
    except NoHistory as why:
        hint = f"; {why.suggestion}" if why.suggestion else ""
        raise UsageError(f"--diff-base {shown(ref)}: {why}{hint}") from None
    before = _inspected(then, arguments)
    clean = redactor(found.report, before)
    told = f"is what it was at {shown(ref)}"
    settled = baseline.settle(found.report.findings, baseline.entries(before.findings, clean), clean, told)
    every = arguments.command == "budget"  # which shows the deployments of developers' machines, too
    was, now = ([d for d in report.deployments if every or not d.development] for report in (before, found.report))
    base = Base(shown(ref), then.commit, changes(was, now), len(settled.accepted))
    return replace(found, report=replace(found.report, findings=settled.kept, base=base), clean=clean)


def _inspected(then: Past, arguments: Namespace) -> Report:
    """The report on a commit; an empty one where its configuration was mistaken."""
    from connlint.engine import inspect
    from connlint.project.configuration import ConfigurationError

    try:
        return inspect(then, replace(options(arguments), baseline="", loaded=None, answers=()))
    except ConfigurationError:
        terminal.note(f"note: the configuration at {then.commit[:8]} is mistaken: everything counts as new")
        return Report()
