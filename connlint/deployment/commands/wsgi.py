"""waitress and mod_wsgi-express: processes with a fixed set of threads."""

from __future__ import annotations

from connlint.deployment.commands import plain
from connlint.deployment.commands.arguments import read_arguments
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch
from connlint.deployment.model import Concurrency
from connlint.facts import product
from connlint.facts.command_line import command_line
from connlint.formats.services import Role
from connlint.formats.words import Word


def launch_waitress(context: Context) -> tuple[Launch, ...]:
    """One process with `--threads`, 4 unless said (waitress/adjustments.py)."""
    given = read_arguments(context.arguments, command_line("waitress"))
    threads = given.number("threads") or product("waitress").default("threads", context.version("waitress"))
    started = plain.started(
        context, "waitress", Concurrency.THREADS, plain.one("waitress runs in one process"), given.doubted(threads)
    )
    application = given.operands[0].value if given.operands else given.text("app")
    return (plain.launch(context, "waitress", started, application=application, role=Role.SERVICE),)


def launch_mod_wsgi(context: Context) -> tuple[Launch, ...] | None:
    """`mod_wsgi-express start-server`: the other commands serve nothing."""
    words = context.arguments
    if not words or words[0].exact != "start-server":
        return None
    return (mod_wsgi(context, words[1:], "mod_wsgi-express"),)


def mod_wsgi(context: Context, words: tuple[Word, ...], name: str) -> Launch:
    """`--processes` x `--threads`: 1 x 5 unless said."""
    given = read_arguments(words, command_line("mod_wsgi-express"))
    facts, version = product("mod_wsgi"), context.version("mod_wsgi")
    processes, threads = (given.number(key) or facts.default(key, version) for key in ("processes", "threads"))
    started = plain.started(context, "mod-wsgi", Concurrency.THREADS, given.doubted(processes), given.doubted(threads))
    application = given.operands[0].value if given.operands else None
    return plain.launch(context, name, started, application=application, role=Role.SERVICE)
