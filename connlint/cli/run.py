"""One run of the command line: from arguments to an exit code, with every error said in one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from connlint.cli import terminal
from connlint.cli.arguments import parse
from connlint.cli.place import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from connlint.cli.cache import Entry
    from connlint.cli.request import Host

CLEAN: Final = 0
FOUND: Final = 1
WRONG: Final = 2  # bad usage, bad configuration, nothing to analyse, or a defect of connlint
INTERRUPTED: Final = 130  # 128 + SIGINT

_DEBUG = "CONNLINT_DEBUG"  # set it to see whole tracebacks; they may show the source that was read


def run(argv: list[str], entry: Entry | None = None, host: Host | None = None) -> int:
    """Run one command; returns 0, 1 or 2 (130 when interrupted). Never raises. `entry` is where its answer is kept.

    `host`: what the Django that runs the command knows.
    """
    terminal.prepare(sys.stdout)
    terminal.prepare(sys.stderr)
    try:
        arguments = parse(argv)
        arguments.entry, arguments.host = entry, host
        return _command(arguments.command)(arguments)
    except UsageError as error:
        return _refused(str(error), error.suggestion)
    except SystemExit as left:  # argparse has printed its help or the version
        return left.code if isinstance(left.code, int) else CLEAN
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # the last line of defence: no traceback, which could show secrets, reaches a user
        if os.environ.get(_DEBUG):
            raise
        return _defect(error)


def _command(name: str) -> Callable[[Namespace], int]:
    if name == "check":
        from connlint.cli.check import check

        return check
    if name in ("budget", "show"):
        from connlint.cli import listings

        return listings.budget if name == "budget" else listings.show
    if name == "baseline":
        from connlint.cli.baseline import baseline

        return baseline
    if name == "explain":
        from connlint.cli.explain import explain

        return explain
    if name == "server":
        from connlint.cli.server import server

        return server
    from connlint.cli.rules import rules

    return rules


def _refused(message: str, suggestion: str) -> int:
    terminal.note(f"error: {message}" + (f"; did you mean {suggestion}?" if suggestion else ""))
    return WRONG


def _defect(error: Exception) -> int:
    terminal.note(f"{defect(error)} ({_DEBUG}=1 shows a traceback, which may contain lines of your files)")
    return WRONG


def defect(error: Exception) -> str:
    """Name the kind of error and the place in connlint where it arose, and nothing of what was read."""
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if f"{os.sep}connlint{os.sep}" in code.co_filename:
            place = f" at connlint/{code.co_filename.rsplit(f'{os.sep}connlint{os.sep}', 1)[1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"internal error: {type(error).__name__}{place}; please report it"
