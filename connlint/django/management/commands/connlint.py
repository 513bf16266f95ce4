"""`manage.py connlint`: the command line of connlint, with the settings that Django has loaded."""

from __future__ import annotations

import sys
from argparse import REMAINDER, ArgumentParser
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connlint.django.command import run


class Command(BaseCommand):  # type: ignore[misc] # Django ships no types
    help = "Check whether the database connections of this deployment add up, with the settings that are loaded."
    requires_system_checks: Sequence[str] = ()  # they would say the same once more

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take everything as it stands: connlint reads its own arguments."""
        parser.add_argument("arguments", nargs=REMAINDER, metavar="check|budget|show ...")

    def print_help(self, *_: str) -> None:
        """Show connlint's own help."""
        run(["--help"])

    def run_from_argv(self, argv: list[str]) -> None:
        """Run, and leave with connlint's exit code."""
        sys.exit(run(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        """Run for `call_command`; raises `CommandError` with connlint's exit code when that is not 0."""
        given = [*map(str, args), *map(str, options["arguments"])]
        with redirect_stdout(self.stdout), redirect_stderr(self.stderr):
            code = run(given)
        if code:
            raise CommandError("connlint found mistakes" if code == 1 else "connlint could not do it", returncode=code)
