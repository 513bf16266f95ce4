"""`connlint baseline`: accept the findings there are, so that only new and worse ones are reported."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from connlint.cli import terminal
from connlint.cli.inspection import Inspection, Stopped, inspected, is_empty, nothing, refuse
from connlint.cli.place import UsageError, shown
from connlint.cli.run import CLEAN, WRONG

if TYPE_CHECKING:
    from connlint.baseline import Entry

_MODE = 0o644  # of a new file: it belongs to the project like any other


def baseline(arguments: Namespace) -> int:
    """Write the file of accepted findings, or with `--update` only lower what it accepts."""
    from connlint.engine import baseline_of
    from connlint.project.configuration import load_configuration

    asked = arguments.baseline
    arguments.baseline = ""  # all findings are wanted, the accepted ones too
    try:
        found = inspected(arguments)
    except Stopped:
        return WRONG
    if is_empty(found.report) and nothing(found.project, arguments.allow_empty):
        return WRONG
    configuration = load_configuration(
        found.tree, config=arguments.config, overrides=arguments.overrides, env=arguments.env
    )
    path = (
        baseline_of(found.tree, configuration, None if asked is None else inside(found.project.root, asked)) or _usual()
    )
    return _updated(found, path) if arguments.update else _made(found, path)


def inside(root: str, path: str) -> str:
    """The project-relative form of a path that was given from the current folder; raises `UsageError` outside of `root`."""
    way = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path)), root)
    if "\0" in path or way == "." or way.startswith("..") or os.path.isabs(way):
        raise UsageError(f"--baseline: {shown(path)} is no file of the project")
    return way.replace(os.sep, "/")


def _usual() -> str:
    from connlint.engine import BASELINE

    return BASELINE


def _made(found: Inspection, path: str) -> int:
    from connlint.baseline import entries

    if found.tree.names_file(path):
        raise UsageError(
            f"there is a baseline already, {shown(path)}: --update lowers what it accepts; delete it to accept everything anew"
        )
    known = entries(found.report.findings, found.clean)
    return _written(found, path, known, f"accepts {_findings(len(known))}")


def _updated(found: Inspection, path: str) -> int:
    from connlint import baseline as accepted
    from connlint.project.configuration import ConfigurationError

    try:
        before = accepted.read(found.tree, path)
    except ConfigurationError as error:
        refuse(error)
        return WRONG
    settled = accepted.settle(found.report.findings, before, found.clean)
    now = accepted.lowered(settled, found.clean)
    changed = len(set(now) - set(before))
    told = f"accepts {_findings(len(now))}: {changed} lowered, {len(settled.unused)} dropped"
    if settled.kept:
        told += f"; {_findings(len(settled.kept))} more {'is' if len(settled.kept) == 1 else 'are'} not accepted"
    return _written(found, path, now, told)


def _written(found: Inspection, path: str, known: tuple[Entry, ...], told: str) -> int:
    from connlint.baseline import written
    from connlint.fix import put

    target = Path(found.project.root, path)
    try:
        if found.tree.leads_out(path):
            raise UsageError(f"{shown(path)} leads out of the project and is not written")
        put(target.resolve(), written(known).encode("utf-8"), target.stat().st_mode if target.exists() else _MODE)
    except OSError as error:
        terminal.note(f"error: {shown(path)} cannot be written: {(error.strerror or 'no reason is given').lower()}")
        return WRONG
    terminal.write(f"{shown(path)} {told}\n")
    return CLEAN


def _findings(number: int) -> str:
    return f"{number} finding" if number == 1 else f"{number} findings"
