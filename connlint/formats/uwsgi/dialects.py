"""The options of one file in whichever dialect it is, and in which builds of uWSGI they are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from connlint.formats.uwsgi.ini import ini_rows, ini_sections
from connlint.formats.uwsgi.row import MOST_ROWS, Row, Trouble
from connlint.formats.uwsgi.text import Expanded
from connlint.formats.uwsgi.worlds import ALWAYS, Guard, Worlds
from connlint.records import dataclass, replace

_SUFFIXES: Final = {
    ".ini": "ini", ".xml": "xml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".js": "json",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What the builds of uWSGI read, each under its guard; one build's reading where all agree.

    `found`: whether the section that is asked for is there.
    """

    variants: tuple[tuple[Guard, tuple[Row, ...]], ...]
    found: bool
    trouble: Trouble | None = None


def dialect_of(path: str) -> str | None:
    """The dialect that uWSGI takes a file of this name for; None for one it needs a plugin to load."""
    return next((dialect for suffix, dialect in _SUFFIXES.items() if path.endswith(suffix)), None)


def read(dialect: str, expanded: Expanded, section: str, worlds: Worlds) -> Reading:
    """The options of `section`; in XML that is an `id`, and empty for any."""
    return _READERS[dialect](expanded, section, worlds)


def _ini(expanded: Expanded, section: str, _: Worlds) -> Reading:
    rows, trouble = _bounded(ini_rows(expanded, section))
    found = bool(rows) or section in ini_sections(expanded)
    return Reading(((ALWAYS, rows),), found, trouble)


def _yaml(expanded: Expanded, section: str, worlds: Worlds) -> Reading:
    from connlint.formats.uwsgi.yaml import lines_rows, token_rows

    built_in, cut = _bounded(lines_rows(expanded, section))
    with_libyaml, trouble = token_rows(expanded, section)
    if trouble is not None and trouble.code == "syntax":  # a build with libyaml does not start, the other one may
        trouble = replace(trouble, lost=not built_in)
        with_libyaml = list(built_in)
    return _joined(worlds, "yaml", built_in, tuple(with_libyaml), cut or trouble)


def _xml(expanded: Expanded, section: str, worlds: Worlds) -> Reading:
    from connlint.formats.uwsgi.xml import event_rows, parse, tree_rows

    events, trouble = parse(expanded.text)
    if trouble is not None:
        return Reading((), False, trouble)
    from_tree, cut = _bounded(tree_rows(expanded, section, events))
    from_events, _ = _bounded(event_rows(expanded, section, events))
    return _joined(worlds, "xml", from_tree, from_events, cut)


def _json(expanded: Expanded, section: str, worlds: Worlds) -> Reading:
    from connlint.formats.uwsgi.json import json_rows

    rows, trouble = json_rows(expanded, section, worlds.variable(("reader", "json"), 2)[1])
    kept, cut = _bounded(rows)
    return Reading(((ALWAYS, kept),), True, trouble or cut)


_READERS: Final[dict[str, Callable[[Expanded, str, Worlds], Reading]]] = {
    "ini": _ini,
    "yaml": _yaml,
    "xml": _xml,
    "json": _json,
}


def _joined(
    worlds: Worlds, dialect: str, one: tuple[Row, ...], other: tuple[Row, ...], trouble: Trouble | None
) -> Reading:
    """One reading when two builds find the same options, else both, each in its worlds."""
    found = bool(one or other)
    if [(row.key, row.text) for row in one] == [(row.key, row.text) for row in other]:
        return Reading(((ALWAYS, one),), found, trouble)
    first, second = worlds.variable(("reader", dialect), 2)
    return Reading(((first, one), (second, other)), found, trouble)


def _bounded(rows: Iterable[Row]) -> tuple[tuple[Row, ...], Trouble | None]:
    kept = tuple(islice(rows, MOST_ROWS + 1))
    if len(kept) <= MOST_ROWS:
        return kept, None
    offset = kept[-1].entry.key_span.start  # close enough: it only says where in the file the reading stopped
    return kept[:-1], Trouble("too-large", f"there are more than {MOST_ROWS} options", offset)
