"""`manage.py connlint --database [ALIAS]`: ask, show beside the files, and tell the engine what was learned."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from connlint.cli import terminal
from connlint.cli.arguments import parse
from connlint.cli.inspection import Stopped, inspected
from connlint.cli.place import UsageError
from connlint.cli.request import Host
from connlint.cli.run import CLEAN, FOUND, WRONG
from connlint.django.asking import mysql, pgbouncer, postgresql
from connlint.django.asking.answers import Answers, NoAnswer
from connlint.django.asking.comparing import (
    compared,
    found_on_map,
    pooler_declarations,
    server_declarations,
    with_notes,
)
from connlint.django.asking.connecting import wrapper
from connlint.django.asking.showing import Look, as_json, render
from connlint.report.model import Report


def ask(aliases: Sequence[str], rest: Sequence[str], host: Host, *, alone: bool) -> tuple[int, Host]:
    """Print what the servers of `aliases` say; the exit code, and `host` with what was learned.

    The code is 1 where a server says other than the files, and 2 where one did not answer. `rest`: the command whose
    options say what is inspected and how it is written; it follows unless this is to be `alone`.
    """
    try:
        arguments = parse(list(rest))
        arguments.entry, arguments.host = None, host
        found = inspected(arguments)
    except Stopped:
        return WRONG, host
    except UsageError as error:
        terminal.note(f"error: {error}")
        return WRONG, host
    looks: list[Look] = []
    learned: list[tuple[str, str]] = []
    for alias in aliases:
        for look, declarations in _looks(alias, found.report, host):
            looks.append(look)
            learned += declarations
    if not alone and arguments.output_format != "text":  # one document to a stream: the one that was asked for
        for look in looks:
            if look.answers is None:
                terminal.note(f"{'note' if look.minor else 'error'}: alias {look.alias}: {found.clean(look.failure)}")
    elif arguments.output_format == "json":
        terminal.write(as_json(looks, found.clean))
    else:
        style = terminal.style(arguments.color, sys.stdout, os.environ)
        terminal.write(render(looks, found.clean, style) + ("" if alone else "\n"))
    code = (
        WRONG
        if any(look.answers is None and not look.minor for look in looks)
        else FOUND
        if any(x.differs for x in looks)
        else CLEAN
    )
    return code, Host(host.root, host.loaded, (*host.answers, *learned))


def _looks(alias: str, report: Report, host: Host) -> Iterator[tuple[Look, tuple[tuple[str, str], ...]]]:
    """The server of an alias, then the PgBouncer before it where there is one; each with what the engine learns."""
    module = host.loaded.module if host.loaded is not None else ""
    server, pooler = found_on_map(report, alias, module)
    try:
        found = wrapper(alias)
        asked = postgresql.ask if found.vendor == "postgresql" else mysql.ask
        answers = asked(found, _now())
    except NoAnswer as error:
        yield Look(alias, None, failure=str(error)), ()
        return
    told = with_notes(server_declarations(answers, server), answers) if server is not None else ()
    yield Look(alias, answers, compared(answers, server)), told
    if found.vendor == "postgresql":
        yield from _pooler(alias, found, answers, pooler)


def _pooler(alias: str, found: Any, server: Answers, pooler: Any) -> Iterator[tuple[Look, tuple[tuple[str, str], ...]]]:
    try:
        answers = pgbouncer.ask(found, server.time)
    except NoAnswer as error:
        yield Look(alias, None, failure=str(error), minor=True), ()
        return
    if answers is None:
        return
    stated = found.settings_dict
    port = str(stated.get("PORT") or "")
    declared = pooler_declarations(
        answers, pooler, str(stated.get("HOST") or ""), int(port) if port.isdecimal() else None
    )
    yield Look(alias, answers, compared(answers, pooler)), with_notes(declared, answers)


def _now() -> str:
    return datetime.now().strftime("%H:%M")
