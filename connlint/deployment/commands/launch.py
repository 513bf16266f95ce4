"""What a command starts, as the rest of connlint sees it."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.deployment.processes import Started
from connlint.formats.services import ONE, Role
from connlint.formats.words import Invocation, Text, Word
from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Value


@dataclass(frozen=True, slots=True, eq=False)
class Launch:
    """One program that may connect to databases.

    `name`: a hint for people (`gunicorn`, `celery worker`, `manage.py foo`). `words`: the program's own, wrappers off.
    `environment`: what its processes find there, the server's own additions (`raw_env`, `env`) included.
    `settings`: DJANGO_SETTINGS_MODULE where the command or its environment says it. `application`: the module it
    is told to load (`shop.wsgi:application`, Celery's `-A shop`). `copies`: how many of it run side by side.
    `sure`, `assumed`, `excluded`, `background` and `condition` are those of its `Invocation`.
    `role`: SERVICE for servers and workers, RELEASE for what ends before something else starts; None where nobody knows. `wrappers`: the programs it was wrapped in, outermost
    first (`tini`, `start-pgbouncer`). `span`: the words, from the first to the last of one line of one file.
    """

    started: Started
    name: str
    words: tuple[Word, ...]
    environment: Mapping[str, Value]
    directory: str
    span: Span
    settings: Value | None = None
    application: Value | None = None
    copies: Value = ONE
    sure: bool = True
    assumed: bool = False
    excluded: bool = False
    background: bool = False
    condition: str = ""
    role: Role | None = None
    wrappers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Launches:
    """What a container's command comes to.

    `unresolved`: what could not be followed, each with its place and the reason. `others`: programs that are run and
    are none of those that connect to databases, as far as anybody here knows.
    """

    found: tuple[Launch, ...] = ()
    unresolved: tuple[tuple[Span, str], ...] = ()
    others: tuple[Invocation, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A command that a server runs in turn: `words`, or a `script`; or a `problem` that keeps it from being followed.

    `role` is how long it runs, where its own command does not say it.
    """

    environment: Mapping[str, Value]
    directory: str
    role: Role | None
    words: tuple[Word, ...] = ()
    script: Text | None = None
    problem: tuple[Span, str] | None = None


def extent(words: tuple[Word, ...]) -> Span:
    """The place of a command: from its first word to the last one that stands in the same file behind it."""
    first = words[0].span
    end = max((w.span.end for w in words if w.span.source is first.source and w.span.start >= first.start), default=0)
    return first.source.span(first.start, max(end, first.end))
