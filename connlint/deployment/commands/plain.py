"""Processes without a server's own concurrency: one process with one connection for each alias."""

from __future__ import annotations

from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch, extent
from connlint.deployment.model import Concurrency
from connlint.deployment.processes import Started
from connlint.formats.services import Role
from connlint.value import Origin, Value

FALSE = Value.exact(False)
SETTINGS = "DJANGO_SETTINGS_MODULE"


def started(
    context: Context,
    server: str,
    concurrency: Concurrency,
    processes: Value,
    threads: Value,
    *,
    kind: str = "",
    deadline: Value | None = None,
    deadline_name: str = "",
) -> Started:
    """What a server's command line comes to; `kind` is the worker class or pool where there are several."""
    span = extent(context.invocation.words)
    worker_class = Value.exact(kind or server, Origin.at(span))
    return Started(
        server, concurrency, processes.counted(0), threads.counted(1), worker_class, deadline, deadline_name, FALSE,
        None, span,
    )  # fmt: skip


def launch(
    context: Context,
    name: str,
    of: Started,
    *,
    settings: Value | None = None,
    application: Value | None = None,
    role: Role | None = None,
) -> Launch:
    """The launch of a program that changes nothing about its surroundings."""
    words = context.invocation.words
    return Launch(
        started=of,
        name=name,
        words=words,
        environment=context.environment,
        directory=context.directory,
        span=extent(words),
        settings=settings or context.environment.get(SETTINGS),
        application=application,
        role=role,
    )


def one(note: str) -> Value:
    """One process, or one thread, because of what is said in `note`."""
    return Value.exact(1, Origin.default(note))
