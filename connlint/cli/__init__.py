"""The command line: `connlint check`, `budget`, `show`, `explain`, `rules`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

# New containers between two searches for cycles of garbage. With Python's own 700 the searches cost a tenth of a run,
# which leaves little garbage; there is a number at all so that hostile input stays bounded in memory.
_COLLECTED_AFTER = 300_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (default: the process's arguments) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]):  # answered before anything heavy is imported
        from connlint import __version__

        sys.stdout.write(f"connlint {__version__}\n")
        return 0
    if argv is not None or sys.implementation.name != "cpython":
        from connlint.cli.run import run

        return run(arguments)
    return _run_alone(arguments)


def _run_alone(arguments: list[str]) -> int:
    """Run in a process that does this one thing, in which there is no point in collecting garbage."""
    import gc

    gc.set_threshold(_COLLECTED_AFTER)
    from connlint.cli.cache import repeat_or_run

    code = repeat_or_run(arguments)
    gc.freeze()  # else Python searches all that is left once more on its way out: a seventh of a run
    return code
