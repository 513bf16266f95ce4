"""Python files that a command runs by their path: whether they use Django, and whether one connection is all they open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from connlint.deployment.commands import plain
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch
from connlint.deployment.commands.wrapping import program
from connlint.deployment.model import Concurrency
from connlint.facts import product
from connlint.project.entry_points import entry_point
from connlint.source import Source
from connlint.value import Origin, Value

_IMPORT: Final = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w[\w.]*)", re.MULTILINE)
_CALLS: Final = re.compile(r"\bcall_command\b")
_MOST_IMPORTS: Final = 100


def launch_script(context: Context, source: Source) -> tuple[Launch, ...] | None:
    """A file that starts Django itself, or imports a module that does; None for one that has nothing to do with it.

    Where it imports what serves, or what starts threads or processes, nobody can tell how many connections it opens.
    """
    imported = tuple(dict.fromkeys(match[1] for match in islice(_IMPORT.finditer(source.text), _MOST_IMPORTS)))
    if not _uses_django(source, imported) and not any(_uses_django(s, ()) for s in _modules(context, imported)):
        return None
    number = _number(source, imported)
    started = plain.started(context, "process", Concurrency.COMMAND, number, number)
    named = entry_point(source, "script")
    settings = context.environment.get(plain.SETTINGS) or (named.module if named is not None else None)
    return (plain.launch(context, program(context.invocation.words[0]), started, settings=settings),)


def _uses_django(source: Source, imported: tuple[str, ...]) -> bool:
    names = imported or tuple(match[1] for match in islice(_IMPORT.finditer(source.text), _MOST_IMPORTS))
    return plain.SETTINGS in source.text or any(name.partition(".")[0] == "django" for name in names)


def _modules(context: Context, imported: tuple[str, ...]) -> Iterator[Source]:
    """The modules among those it imports that lie where the process runs."""
    for name in imported:
        path = name.replace(".", "/")
        for place in (f"{path}.py", f"{path}/__init__.py"):
            found = context.container.text(place, context.directory)
            if found is not None:
                yield found
                break


def _number(source: Source, imported: tuple[str, ...]) -> Value:
    """One process or thread, unless it can start more."""
    starting = product("management_commands").sets["concurrent"]
    for name in imported:
        if any(name == module or name.startswith(f"{module}.") for module in starting):
            reason = f"{source.path} starts threads, processes or a server itself, with {name}"
            return Value.unknown(reason, Origin.at(source.span(0, 0)), least=1)
    called = _CALLS.search(source.text)
    if called is not None:
        reason = f"{source.path} runs commands of Django itself, which are not followed"
        return Value.unknown(reason, Origin.at(source.span(called.start(), called.end())), least=1)
    return Value.exact(1, Origin.assumed("a script is one process with one connection for each alias"))
