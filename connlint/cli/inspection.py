"""Run the engine for a command, and say what is wrong when there is nothing to say."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from connlint.cli import terminal
from connlint.cli.place import Project, project
from connlint.cli.request import options
from connlint.project.tree import Tree
from connlint.records import dataclass
from connlint.report.cells import printable
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.secrets import redactor

if TYPE_CHECKING:
    from connlint.project.seen import Seen


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a command prints from."""

    report: Report
    clean: Redactor
    tree: Tree
    project: Project

    @property
    def notes(self) -> tuple[str, ...]:
        """The lines that go to stderr."""
        return tuple(f"note: {printable(self.clean(line))}" for line in self.report.notes)


class Stopped(Exception):
    """The inspection could not be made; the reason has been said. Exit code 2."""


def inspected(arguments: Namespace) -> Inspection:
    """Inspect the project that the arguments mean; raises `UsageError` or, after saying why, `Stopped`."""
    from connlint.engine import inspect
    from connlint.project.configuration import ConfigurationError

    where = meant(arguments)
    tree = Tree(where.root, seen=_recorder(arguments))
    try:
        report = inspect(tree, options(arguments, where.paths))
    except ConfigurationError as error:
        refuse(error)
        raise Stopped from None
    clean = redactor(report)
    found = Inspection(report, clean, tree, where)
    for line in found.notes:
        terminal.note(line)
    if getattr(arguments, "diff_base", None) is not None:
        from connlint.cli.comparing import compared

        return compared(found, arguments)
    return found


def meant(arguments: Namespace) -> Project:
    """The project that the arguments mean, or that of the running Django that asks; raises `UsageError`."""
    host = getattr(arguments, "host", None)
    return project(getattr(arguments, "paths", []) or ([host.root] if host is not None else []))


def _recorder(arguments: Namespace) -> Seen | None:
    """What is to remember everything that is looked at, when the answer will be kept."""
    if getattr(arguments, "entry", None) is None:
        return None
    from connlint.project.seen import Seen

    return Seen()


def is_empty(report: Report) -> bool:
    """Whether nothing was found that could be analysed."""
    return not (report.modules or report.documents or report.deployments or report.findings)


def nothing(where: Project, allowed: bool) -> bool:
    """Say that nothing can be analysed; True when that is an error, because a run over nothing looks like success."""
    terminal.note(
        f"{'note' if allowed else 'error'}: found no Django settings and no configuration of a server in "
        f"{printable(where.root)}; name the settings module with --settings"
        + ("" if allowed else ", or allow this with --allow-empty")
    )
    return not allowed


def refuse(error: Exception) -> None:
    """Say what is wrong with the configuration, with the line that is."""
    from connlint.finding import Label
    from connlint.report.frames import Frames
    from connlint.report.style import PLAIN

    clean = Redactor()
    lines = [f"error: {printable(clean(str(error)))}"]
    span = getattr(error, "span", None)
    frames = Frames(PLAIN, clean)
    if span is not None:
        lines += frames.render([Label(span)])
    suggestion = getattr(error, "suggestion", None)
    if suggestion:
        lines += frames.note("help", clean(str(suggestion)))
    terminal.note("\n".join(lines))
