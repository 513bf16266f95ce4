"""Where output goes: whether it may be coloured and linked, how wide it is, and a pipe that closes early."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:  # not loaded for an answer that is only repeated
    from typing import TextIO

    from connlint.report.style import Style

_PLAIN_WIDTH = 120  # of what goes to a file or a pipe: the same everywhere, so that outputs can be compared
_LEAST_WIDTH = 60


def style(choice: str, stream: TextIO, environment: Mapping[str, str]) -> Style:
    """The style for `stream`. `--color` decides first, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM, the terminal.

    https://no-color.org and https://force-color.org: a variable that is set but empty does not count.
    """
    from connlint.report.style import Style  # not for an answer that is only repeated

    terminal = stream.isatty()
    capable = terminal and environment.get("TERM") != "dumb"
    if choice != "auto":
        colour = choice == "always"
    elif environment.get("NO_COLOR"):
        colour = False
    elif environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        colour = True
    else:
        colour = capable
    return Style(colour=colour, links=capable and colour, width=_width() if terminal else _PLAIN_WIDTH)


def _width() -> int:
    from shutil import get_terminal_size  # with all archive formats: not for output that goes elsewhere

    return max(get_terminal_size((100, 24)).columns, _LEAST_WIDTH)


def prepare(stream: TextIO) -> None:
    """Let characters that the stream's encoding lacks become escapes instead of errors."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Write to stdout; a reader that has gone away (`connlint check | head`) is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more on exit; there must be something to write to.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def repeat(out: str, err: str, code: int) -> int:
    """Write what was written before, and return the exit code of that time."""
    prepare(sys.stdout)
    prepare(sys.stderr)
    if err:
        note(err.removesuffix("\n"))
    write(out)
    return code


def note(text: str) -> None:
    """Write a line to stderr; without a reader it is lost."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        return
