"""The arguments of every command, and errors that say what was meant."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from connlint import __version__
from connlint.cli.place import UsageError

COMMANDS: Final = ("check", "budget", "show", "explain", "rules", "baseline", "server")
SEVERITIES: Final = ("error", "warning", "info")


class _Formatter(argparse.HelpFormatter):
    """The standard one, which asks `shutil` how wide the terminal is, and that loads every archive format there is."""

    def __init__(
        self, prog: str, indent_increment: int = 2, max_help_position: int = 24, width: int | None = None
    ) -> None:
        super().__init__(prog, indent_increment, max_help_position, width or _width())


def _width() -> int:
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated) > 0:
        return int(stated) - 2
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ is not None else 1).columns - 2
    except (OSError, ValueError):
        return 78


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of leaving, and never repeats what could be a secret."""

    def __init__(self, **how: Any) -> None:
        super().__init__(formatter_class=_Formatter, **how)

    def error(self, message: str) -> NoReturn:
        raise _explained(message, self._known_options())

    def _known_options(self) -> list[str]:
        return [option for action in self._actions for option in action.option_strings]


def parse(argv: list[str]) -> argparse.Namespace:
    """The arguments of a command line; raises `UsageError`."""
    parser = build()
    found, rest = parser.parse_known_args(argv)
    if rest:
        from connlint.report.cells import printable

        strays = [word.split("=", 1)[0] for word in rest if word.startswith("-")]
        known = _options_of(parser, found.command)
        if not strays:
            raise UsageError(f"connlint {found.command} takes fewer arguments than it was given")
        stray = printable(strays[0])[:100]
        raise UsageError(f"connlint {found.command} has no option {stray}", closest(stray, known))
    return found


def build() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = _Parser(
        prog="connlint",
        description="Check whether the database connections of a Django deployment add up, without running it.",
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"connlint {__version__}")
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        required=True,
        parser_class=_Parser,
        prog="connlint",  # else argparse formats a usage to find it, for which it imports shutil and all archive formats
    )
    _check(commands.add_parser("check", help="find mistakes", allow_abbrev=False))
    budget = commands.add_parser(
        "budget", help="show how many connections each limit may be asked for", allow_abbrev=False
    )
    show = commands.add_parser("show", help="show what was understood, and from which lines", allow_abbrev=False)
    for each in (budget, show):
        each.add_argument("paths", nargs="*", metavar="PATH", help="the project's folder or a file in it (default: .)")
        _common(each, ("text", "json"))
        _nothing(each)
    _diff_base(budget)
    budget.add_argument("--max", action="append", default=[], metavar="KEY", dest="maxima",
                        help="how many fit of processes.NAME.replicas, .processes or .threads (repeatable)")  # fmt: skip
    baseline = commands.add_parser(
        "baseline", help="accept the findings there are: only new and worse ones are reported", allow_abbrev=False
    )
    baseline.add_argument("paths", nargs="*", metavar="PATH", help="the project's folder (default: .)")
    _declarations(baseline)
    _accepted(baseline)
    baseline.add_argument("--update", action="store_true", help="only lower what is accepted, and drop what is gone")
    _nothing(baseline)
    explain = commands.add_parser(
        "explain", help="explain a rule, or find the rules behind an error text", allow_abbrev=False
    )
    explain.add_argument("about", nargs="+", metavar="RULE|ERROR", help="a rule's name, or the text of an error")
    _common(explain, ("text", "json"))
    rules = commands.add_parser("rules", help="list the rules", allow_abbrev=False)
    _output(rules, ("text", "json"))
    commands.add_parser("server", help="serve an editor: the language server, on stdin and stdout", allow_abbrev=False)
    return parser


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH",
                        help="the project's folder (default: .), or files in it: all is analysed, what touches them reported")  # fmt: skip
    _common(parser, ("text", "concise", "json", "github", "gitlab", "junit", "rdjson", "sarif"))
    parser.add_argument("--select", action="append", default=[], metavar="NAMES",
                        help="only these rules or families, separated by commas")  # fmt: skip
    parser.add_argument("--ignore", action="append", default=[], metavar="NAMES",
                        help="not these rules or families, separated by commas")  # fmt: skip
    parser.add_argument("--fail-on", choices=SEVERITIES, help="exit with 1 from this severity on (default: warning)")
    parser.add_argument("--fix", action="store_true", help="make the safe fixes")
    parser.add_argument("--unsafe-fixes", action="store_true",
                        help="with --fix or --diff: also fixes that change what production does; alone: like --fix")  # fmt: skip
    parser.add_argument("--diff", action="store_true", help="show what fixes would change and write nothing")
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 even when there are findings")
    parser.add_argument(
        "--statistics", action="store_true", help="count the findings of each rule instead of showing them"
    )
    _diff_base(parser)
    _accepted(parser)
    parser.add_argument("--no-baseline", action="store_const", const="", dest="baseline",
                        help="report what the baseline accepts, too")  # fmt: skip
    parser.add_argument("--no-cache", action="store_true", help="do not use what an earlier run kept, and keep nothing")
    _nothing(parser)


def _diff_base(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--diff-base", metavar="REF",
                        help="compare with where this branch left REF: what it adds at each limit, and only new findings")  # fmt: skip


def _accepted(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--baseline", metavar="FILE",
                        help="the file of accepted findings (default: the configured one, or .connlint-baseline.json)")  # fmt: skip


def _common(parser: argparse.ArgumentParser, formats: Iterable[str]) -> None:
    _output(parser, formats)
    _declarations(parser)


def _declarations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", action="append", default=[], metavar="MODULE",
                        help="the settings module that is deployed, such as shop.settings.production (repeatable)")  # fmt: skip
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                        help="an environment variable of the deployment (repeatable); what nobody sets counts as unset")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
                        help="a key of [tool.connlint], the value in TOML: --set cpus=4 (repeatable)")  # fmt: skip
    parser.add_argument("--config", metavar="FILE", help="read this file instead of pyproject.toml or connlint.toml")


def _output(parser: argparse.ArgumentParser, formats: Iterable[str]) -> None:
    parser.add_argument(
        "--output-format", choices=tuple(formats), default="text", help="how to write it (default: text)"
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto",
                        help="colour the output (default: auto, on a terminal; NO_COLOR and FORCE_COLOR are honoured)")  # fmt: skip


def _nothing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--allow-empty", action="store_true", help="exit with 0 when there is nothing to analyse")


def closest(word: str, known: Iterable[str]) -> str:
    """The known word nearest to `word`; empty when none is near."""
    from difflib import get_close_matches  # only for mistakes

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def _options_of(parser: argparse.ArgumentParser, command: str) -> list[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return [option for each in action.choices[command]._actions for option in each.option_strings]
    return []


_CHOICE = re.compile(
    r"argument (?P<what>[^:]+): invalid choice: '(?P<given>[^']*)' \(choose from (?P<known>.*)\)", re.S
)
_VALUE = re.compile(r"argument (?P<what>[^:]+): (?P<why>.*)", re.S)


def _explained(message: str, options: Iterable[str]) -> UsageError:
    choice = _CHOICE.match(message)
    if choice:
        known = [word.strip(" '\"") for word in choice["known"].split(",")]
        what = choice["what"]
        near = closest(choice["given"], known)
        if what == "COMMAND":
            return UsageError("there is no such command; one of " + ", ".join(COMMANDS) + " is expected", near)
        return UsageError(f"{what} takes one of {', '.join(known)}", near)
    if message.startswith("the following arguments are required: "):
        missing = message.removeprefix("the following arguments are required: ")
        if missing == "COMMAND":
            return UsageError("a command is expected: one of " + ", ".join(COMMANDS))
        return UsageError(f"{missing} is missing")
    value = _VALUE.match(message)
    if value and "=" not in value["why"] and "'" not in value["why"]:
        return UsageError(f"{value['what']}: {value['why']}")
    return UsageError("the arguments could not be read", closest("", options))
