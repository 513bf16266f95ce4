"""The arguments of `manage.py connlint`: Django's own among them, and `--database`; the rest is connlint's command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from django.conf import settings

from connlint.cli import terminal
from connlint.cli.request import Host
from connlint.cli.run import WRONG, defect
from connlint.cli.run import run as run_command_line
from connlint.django.loading import loaded, project_folder

_COMMANDS: Final = ("check", "budget", "show")
_ALONE: Final = ("-h", "--help", "-V", "--version")  # options that need no command


def run(arguments: Sequence[str]) -> int:
    """Run what the arguments ask for; the exit code, as connlint's own. Without a command it is `check`."""
    own, rest = _parse(arguments)
    host = Host(project_folder(), loaded())
    only_ask = bool(own.database) and (not rest or rest[0].startswith("-"))
    if not rest or (rest[0].startswith("-") and rest[0] not in _ALONE):
        rest = ["check", *rest]
    if rest[0] in _COMMANDS and (own.no_color or own.force_color):
        rest.append(f"--color={'never' if own.no_color else 'always'}")
    if not own.database:
        return run_command_line(rest, host=host)
    from connlint.django.asking.command import ask

    aliases = [alias for alias in own.database if alias] or list(getattr(settings, "DATABASES", {}))
    try:
        code, host = ask(tuple(aliases), rest, host, alone=only_ask)
    except Exception as error:  # as for every command: no traceback, which could show secrets, reaches a user
        terminal.note(defect(error))
        return WRONG
    return code if only_ask or code == WRONG else max(code, run_command_line(rest, host=host))


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """What Django's options and ours say, and what is left. Django has already followed --settings and --pythonpath."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-v", "--verbosity")
    parser.add_argument("--pythonpath")
    parser.add_argument("--traceback", action="store_true")
    parser.add_argument("--skip-checks", action="store_true")
    parser.add_argument("--no-color", action="store_true")
    parser.add_argument("--force-color", action="store_true")
    parser.add_argument("--database", action="append")
    return parser.parse_known_args(_with_values(arguments))


def _with_values(arguments: Sequence[str]) -> list[str]:
    """The arguments, `--database` and the alias behind it as one word; without an alias it means all of them."""
    words, at = [], 0
    aliases = getattr(settings, "DATABASES", {})
    while at < len(arguments):
        word = arguments[at]
        if word == "--database":
            named = at + 1 < len(arguments) and arguments[at + 1] in aliases and arguments[at + 1] not in _COMMANDS
            word = f"--database={arguments[at + 1] if named else ''}"
            at += named
        words.append(word)
        at += 1
    return words
