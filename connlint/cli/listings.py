"""`connlint budget` and `connlint show`: what was counted, and what was understood."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connlint.cli import terminal
from connlint.cli.arguments import closest
from connlint.cli.inspection import Inspection, Stopped, inspected, is_empty, nothing
from connlint.cli.place import UsageError, shown
from connlint.cli.run import CLEAN, WRONG
from connlint.report.style import Style

if TYPE_CHECKING:
    from connlint.deployment.fitting import Fit
    from connlint.deployment.model import Deployment


def budget(arguments: Namespace) -> int:
    """Print the limits of every deployment, with demand and verdict; or, with --max, how many fit."""
    asked = [_counted(key) for key in arguments.maxima]
    found = _inspected(arguments)
    if found is None:
        return WRONG
    from connlint.deployment.budget import limits

    rows = [(deployment.name, limits(deployment)) for deployment in found.report.deployments]
    fits = [fit for each in found.report.deployments for fit in _fits(each, asked)]
    for key, (name, _) in zip(arguments.maxima, asked, strict=True):
        if not any(fit.key == key.strip() for fit in fits):
            names = [group.name for each in found.report.deployments for group in each.groups]
            raise UsageError(f"--max: no deployment has a process called {shown(name)}", closest(name, names))
    if arguments.output_format == "json":
        from connlint.report.json import budget as as_json

        terminal.write(as_json(rows, found.clean, fits, found.report.base))
    else:
        from connlint.report.budget import render, render_fits

        style = _style(arguments)
        terminal.write(render_fits(fits, found.clean, style) if fits else render(rows, found.clean, style))
        if found.report.base is not None:
            from connlint.report.text import compared

            terminal.write("\n" + "\n".join(compared(found.report, found.clean)) + "\n")
    return CLEAN


def _counted(key: str) -> tuple[str, str]:
    """The process and the count that `processes.NAME.COUNT` asks about."""
    from connlint.deployment.fitting import COUNTS

    head, _, rest = key.strip().partition(".")
    name, _, count = rest.rpartition(".")
    if head != "processes" or not name or count not in COUNTS:
        raise UsageError(f"--max takes processes.NAME.COUNT, COUNT being one of {', '.join(COUNTS)}")
    return name.strip('"'), count


def _fits(deployment: Deployment, asked: Sequence[tuple[str, str]]) -> Iterator[Fit]:
    from connlint.deployment.fitting import most_that_fit

    found = (most_that_fit(deployment, name, count) for name, count in asked)
    return (fit for fit in found if fit is not None)


def show(arguments: Namespace) -> int:
    """Print the settings modules, configuration files and deployments, with the pedigree of each value."""
    found = _inspected(arguments)
    if found is None:
        return WRONG
    if arguments.output_format == "json":
        from connlint.report.json import show as as_json

        terminal.write(as_json(found.report, found.clean))
    else:
        from connlint.report.show import render

        terminal.write(render(found.report, found.clean, _style(arguments)))
    return CLEAN


def _style(arguments: Namespace) -> Style:
    return terminal.style(arguments.color, sys.stdout, os.environ)


def _inspected(arguments: Namespace) -> Inspection | None:
    """None when there is nothing to print and that is an error, already said."""
    try:
        found = inspected(arguments)
    except Stopped:
        return None
    if is_empty(found.report) and nothing(found.project, arguments.allow_empty):
        return None
    return found
