"""What a command line asks of an inspection, beside the place of the project."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from connlint.cli.arguments import closest
from connlint.cli.place import UsageError, shown

if TYPE_CHECKING:  # the engine loads every room; commands that need none of them start without it
    from connlint.engine import Options
    from connlint.python.loaded import Loaded


class Host:
    """What a running Django adds to a command line: its project's folder, what it loaded, and what servers answered.

    `answers`: keys of the configuration as `--set` takes them, each with a note on who said so.
    """

    __slots__ = ("answers", "loaded", "root")

    def __init__(self, root: str, loaded: Loaded | None, answers: tuple[tuple[str, str], ...] = ()) -> None:
        self.root, self.loaded, self.answers = root, loaded, answers


def options(arguments: Namespace, paths: tuple[str, ...] = ()) -> Options:
    """The options of `engine.inspect`; raises `UsageError`, which never repeats a value."""
    from connlint.engine import Options

    for flag, given in (("--env", arguments.env), ("--set", arguments.overrides)):
        for each in given:
            name, sign, _ = each.partition("=")
            if not sign or not name.strip():
                expected = "NAME=VALUE" if flag == "--env" else "KEY=VALUE"
                raise UsageError(f"{flag} takes {expected}; one of those given has no name or no `=`")
    select = _names(getattr(arguments, "select", []), "--select")
    ignore = _names(getattr(arguments, "ignore", []), "--ignore")
    if arguments.config is not None and not os.path.isfile(arguments.config):
        raise UsageError(f"--config: there is no file {shown(arguments.config)}")
    host: Host | None = getattr(arguments, "host", None)
    given = getattr(arguments, "baseline", None)
    further: dict[str, Any] = {} if given is None else {"baseline": given}
    if host is not None:
        further |= {"loaded": host.loaded, "answers": host.answers}
    return Options(
        settings=tuple(name.strip() for each in arguments.settings for name in each.split(",") if name.strip()),
        env=tuple(arguments.env),
        overrides=tuple(arguments.overrides),
        config=arguments.config,
        select=select,
        ignore=ignore,
        paths=paths,
        **further,
    )


def _names(given: list[str], flag: str) -> tuple[str, ...]:
    """Names of rules and families; an unknown one is an error."""
    names = tuple(name.strip() for each in given for name in each.split(",") if name.strip())
    if names:
        from connlint.rulebook import families, rules

        known = [*(rule.name for rule in rules()), *families()]
        for name in names:
            if name not in known:
                raise UsageError(f"{flag}: there is no rule or family {shown(name)}", closest(name, known))
    return names
