"""What could not be read, and whether that is a mistake: many a server's files are not in the repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.deployment.declaring import line, table
from connlint.deployment.managed import declaration
from connlint.deployment.model import Deployment
from connlint.formats.document import Document, Problem
from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Certainty, Origin, Value

_CODES: Final = frozenset({"unreadable", "outside-project", "too-large", "not-utf8", "cycle", "missing", "syntax"})
_OF_THE_FILE: Final = frozenset({"unreadable", "too-large", "not-utf8", "syntax"})
_ABSENT: Final = ("no such file", "is no folder of the project and is not read")  # as the readers of includes say it
_MOST_PLACES: Final = 5


@dataclass(frozen=True, slots=True)
class Unread:
    """What of a document is not read, for one reason: `code` and `message` are those of the first of `places`.

    `whole`: nothing of the document is. `count`: how many places there are, of which `places` are the first.
    """

    document: Document
    code: str
    message: str
    places: tuple[Span, ...]
    count: int
    whole: bool


def unread(document: Document) -> Iterator[Unread]:
    """What of a document is not read although it should be. PgBouncer's syntax has a rule of its own."""
    found: dict[str, list[Problem]] = {}
    for problem in document.problems:
        if problem.code in _CODES and not _lies_elsewhere(problem):
            found.setdefault(problem.code, []).append(problem)
    for code, problems in found.items():
        if code == "syntax" and document.kind == "pgbouncer":
            continue
        places = tuple(problem.span for problem in problems[:_MOST_PLACES])
        nothing = not document.entries and not document.settings
        whole = nothing and (code in _OF_THE_FILE or places[0].start == places[0].end)
        yield Unread(document, code, problems[0].message, places, len(problems), whole)


def lost(document: Document) -> Value | None:
    """What stands for every setting of a file of which nothing can be read: it may state anything."""
    if any(each.whole for each in unread(document)):
        return Value.unknown(f"{document.path} cannot be read", Origin.at(document.source.span(0, 0)))
    return None


def elsewhere(deployment: Deployment, document: Document) -> Iterator[tuple[str, str]]:
    """The files a document includes that are on the server only, each with the declaration that would do instead.

    None where nothing is counted by the document, or where it is declared already.
    """
    declare = _declare(deployment, document)
    for problem in document.problems:
        if declare is not None and _lies_elsewhere(problem):
            yield f"what {problem.span.text.strip()} holds, which {problem.span.place} includes", declare


def _lies_elsewhere(problem: Problem) -> bool:
    """Whether it is a file named by its place on the server, or one that is put beside the others only there.

    A link or a relative path that leads out of the project is a mistake instead.
    """
    if problem.code == "outside-project":
        return problem.span.text.strip("'\" \t").startswith(("/", "~"))
    return problem.code in ("unreadable", "missing") and problem.message.endswith(_ABSENT)


def _declare(deployment: Deployment, document: Document) -> str | None:
    for server in deployment.servers:
        if server.document is document and "max-connections" not in server.declared:
            return line("servers", server.name, "max-connections", value=100)
    for pooler in deployment.poolers:
        if pooler.document is document and not _is_declared(pooler.settings.get("default_pool_size")):
            return declaration(pooler, "default-pool-size", 20)
    for group in deployment.groups:
        if group.document is document and not _is_declared(group.processes):
            return table("processes", group.name, processes=4, threads=1)
    return None


def _is_declared(value: Value | None) -> bool:
    return value is not None and value.certainty is Certainty.DECLARED
