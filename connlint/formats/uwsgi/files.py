"""The files that uWSGI's options name: `ini = file.ini:section`, `include`, `inherit`; inside the project only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connlint.formats.includes import Includes, shorten
from connlint.formats.uwsgi.dialects import dialect_of
from connlint.formats.uwsgi.logic import Surroundings
from connlint.project.tree import Unreadable
from connlint.source import Source, Span

MOST_DEPTH: Final = 30  # files that include each other, one inside the other
_SCHEME = re.compile(r"([A-Za-z0-9]+)://")


class Files:
    """Finds the files of one document, and knows which sections are being read."""

    def __init__(self, around: Surroundings, includes: Includes) -> None:
        self._around = around
        self._includes = includes
        self._open: list[tuple[str, str]] = []
        self._last_ini = ""

    @contextmanager
    def opened(self, path: str, dialect: str, section: str) -> Iterator[None]:
        """While a section is read."""
        if dialect == "ini":
            self._last_ini = path
        self._open.append((path, section or "uwsgi"))
        yield
        self._open.pop()

    def locate(self, dialect: str, name: str, span: Span) -> tuple[Source, str, str] | None:
        """The file, dialect and section that an option names; None and a problem at `span` when it is not read.

        Without a `dialect` the file's name decides, and no section can be named.
        """
        scheme = _SCHEME.match(name)
        if scheme or name == "-":
            what = f"{scheme[1]}://" if scheme else "the standard input"
            self._includes.report("unreadable", f"options from {what} are only known where uWSGI runs", span)
            return None
        path, section = name, ""
        if dialect and ":" in name:
            path, _, section = name.rpartition(":")
        dialect = dialect or dialect_of(name) or ""
        if not dialect:
            self._includes.report("bad-value", f"{shorten(name)} is no file that uWSGI loads options from", span)
            return None
        found = self._last_ini if not path and dialect == "ini" and self._last_ini else self._find(path, span)
        if found is None:
            return None
        if found in {place for place, _ in self._open}:
            source = self._again(found, name, section, span)
        else:
            source = self._includes.source(found, path, span)
        return (source, dialect, section) if source is not None else None

    def _find(self, path: str, span: Span) -> str | None:
        """The project's file of that name; reports one that is outside, or several that it may be."""
        bases = self._around.bases(self._includes.folder)
        tree = self._around.tree
        there = {place for base in bases if (place := tree.locate(path, base)) and tree.is_file(place)}
        if len(there) > 1:
            message = f"{shorten(path)} may be one of several files, by the folder uWSGI is started in"
            self._includes.report("ambiguous-path", message, span)
            return None
        found = there.pop() if there else self._includes.locate(path, bases)
        if found is None:
            self._includes.source(None, path, span)
        return found

    def _again(self, path: str, name: str, section: str, span: Span) -> Source | None:
        """A file that is open already: fine for another section of it."""
        if (path, section or "uwsgi") in self._open or len(self._open) > MOST_DEPTH:
            message = f"{shorten(name)} includes itself, directly or through another file"
            self._includes.report("cycle", message, span, fatal=True)
            return None
        try:
            return self._around.tree.read(path)
        except Unreadable:
            return None


def safe(name: str) -> str:
    """A name fit for a message: of an address only its scheme, since the rest may hold a password."""
    scheme = _SCHEME.match(name)
    return f"{scheme[1]}://" if scheme else shorten(name)
