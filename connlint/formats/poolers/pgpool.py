"""Reads pgpool.conf: Pgpool-II forks `num_init_children` processes, each of which serves one client for its whole session.

Source: Pgpool-II's documentation, 5.2.1 and 5.4; the file has PostgreSQL's own syntax (src/config/pool_config.l). A process keeps up
to `max_pool` connections, one for each pair of user and database, so one pair has `num_init_children` at the most.
"""

from __future__ import annotations

from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.poolers.values import number, word
from connlint.formats.postgresql.syntax import Fault, statements
from connlint.source import Source
from connlint.value import Origin, Value

_NAMES: Final = {
    "port": "listen_port",
    "num_init_children": "max_client_conn",
    "client_idle_limit": "client_idle_timeout",
}
_BACKENDS: Final = {"backend_hostname0": "host", "backend_port0": "port"}


def read_pgpool(source: Source) -> Document:
    """The document of a pgpool.conf; never raises. The first backend stands for all of them."""
    settings: dict[str, Value] = {}
    entry: dict[str, Value] = {}
    problems = []
    for statement in statements(source):
        if isinstance(statement, Fault):
            problems.append(Problem("syntax", statement.message, statement.span))
            continue
        name = statement.name.lower()
        if name in _NAMES:
            settings[_NAMES[name]] = number(statement.value, statement.span, name)
        elif name in _BACKENDS:
            read = word(statement.value, statement.span)
            entry[_BACKENDS[name]] = (
                read if name == "backend_hostname0" else number(statement.value, statement.span, name)
            )
    children = settings.get("max_client_conn")
    if children is not None:
        settings["default_pool_size"] = children.because(Origin.default("one process for each client"))
    return Document("pgpool", source, settings=settings, groups={"databases.*": entry}, problems=tuple(problems))
