"""`connlint budget` and `connlint show`: what was counted, and what was understood."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from connlint.cli import terminal
from connlint.cli.inspection import Inspection, Stopped, inspected, is_empty, nothing
from connlint.cli.run import CLEAN, WRONG
from connlint.report.style import Style


def budget(arguments: Namespace) -> int:
    """Print the limits of every deployment, with demand and verdict."""
    found = _inspected(arguments)
    if found is None:
        return WRONG
    from connlint.deployment.budget import limits

    rows = [(deployment.name, limits(deployment)) for deployment in found.report.deployments]
    if arguments.output_format == "json":
        from connlint.report.json import budget as as_json

        terminal.write(as_json(rows, found.clean))
    else:
        from connlint.report.budget import render

        terminal.write(render(rows, found.clean, _style(arguments)))
    return CLEAN


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
