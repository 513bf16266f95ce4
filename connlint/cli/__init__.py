"""The command line: `connlint check`, `budget`, `show`, `explain`, `rules`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (default: the process's arguments) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]):  # answered before anything heavy is imported
        from connlint import __version__

        sys.stdout.write(f"connlint {__version__}\n")
        return 0
    from connlint.cli.run import run

    return run(arguments)
