"""Options of a configuration file that its server makes nothing of, and the ones they may be slips for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.facts import product
from connlint.formats.document import Document
from connlint.records import dataclass
from connlint.source import Span

_MOST_SUGGESTIONS: Final = 20  # names one file is searched for; looking is slow, and so many are no slips
_LONGEST: Final = 40  # letters of a name worth comparing
_ALIKE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Ignored:
    """A key that is no option: every place where it is written, and the option it may be a slip for."""

    key: str
    spans: tuple[Span, ...]
    meant: str | None


def ignored_options(document: Document) -> Iterator[Ignored]:
    """The keys of a uWSGI configuration that are neither options nor placeholders something refers to."""
    if document.kind != "uwsgi":
        return
    from connlint.formats.uwsgi.reader import unknown_options

    found: dict[str, list[Span]] = {}
    for entry in unknown_options(document):
        found.setdefault(entry.key, []).append(entry.key_span)
    for number, (key, spans) in enumerate(found.items()):
        yield Ignored(key, tuple(spans), _near(key) if number < _MOST_SUGGESTIONS else None)


def _near(key: str) -> str | None:
    names = product("uwsgi").names
    dashed = key.lower().replace("_", "-")
    if dashed in names:
        return dashed
    from difflib import get_close_matches  # costs start-up time, and only mistakes need it

    return next(iter(get_close_matches(dashed[:_LONGEST], names, 1, _ALIKE)), None)
