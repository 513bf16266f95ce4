"""The files of the project as a process sees them: under the names that a container or a machine gives them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from connlint.formats.services import Mount
from connlint.formats.shell.parsed import Parsed
from connlint.formats.words import Text
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, field
from connlint.source import Source
from connlint.value import Origin


class Lookups:
    """What was found in one tree once, and holds for every container: scripts that were parsed, files by their names."""

    def __init__(self) -> None:
        self.parsed = Parsed()
        self.guesses: dict[str, str | None] = {}
        self.installed: dict[str, Source | None] = {}
        self.installers: tuple[str, ...] | None = None  # the files that may install commands


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """What a process sees. `mounts`: what lies where; of several that hold a name the longest target wins, then the latest,
    if it has the file: copying into a folder adds to what is there.

    `inline`: files whose text stands inside another file (a ConfigMap's data), by their absolute names. `lookups` is shared
    by the containers of one tree. `foreign`: its image is another program's, and holds no file of the project that is not
    mounted.
    """

    tree: Tree
    mounts: Sequence[Mount] = ()
    inline: Mapping[str, Source] = field(default_factory=dict)
    lookups: Lookups = field(default_factory=Lookups)
    foreign: bool = False
    texts: dict[tuple[str, str], Source | None] = field(default_factory=dict)  # those that were asked for

    def locate(self, path: str, directory: str = "") -> str | None:
        """The project's name for the file that a process in `directory` calls `path`; None when it is not of it.

        `directory` is absolute inside a container, else relative to the project.
        """
        joined = posixpath.normpath(posixpath.join(directory, path))
        if not joined.startswith("/"):
            return None if joined.startswith("..") else joined
        joined = "/" + joined.lstrip("/")
        places = [place for _, _, place in sorted(self._places(joined), reverse=True) if not place.startswith("..")]
        return next((place for place in places if self.tree.exists(place)), places[0] if places else None)

    def _places(self, path: str) -> Iterator[tuple[int, int, str]]:
        """Where each mount that holds an absolute path puts it, after the length of its target and its rank."""
        for index, mount in enumerate(self.mounts):
            target = mount.target.strip("/")
            prefix = f"/{target}" if target else ""
            if path == prefix or path.startswith(f"{prefix}/"):
                rest = path[len(prefix) :].lstrip("/")
                yield len(target), index, posixpath.normpath(posixpath.join(mount.source or ".", rest))

    def guess(self, path: str) -> str | None:
        """The one file of the project that is called like `path`, for one that nobody says how it gets there.

        Of several the one that shares most folders with it, from the end; None when that is not one alone.
        """
        if self.foreign:
            return None
        if path not in self.lookups.guesses:
            self.lookups.guesses[path] = self._guess(path)
        return self.lookups.guesses[path]

    def _guess(self, path: str) -> str | None:
        wanted = posixpath.normpath(path).strip("/").split("/")
        best, found = 0, ""
        for place in self.tree.paths():
            if not place.endswith(wanted[-1]):
                continue
            parts = place.split("/")
            alike = sum(
                1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(parts[::-1], wanted[::-1], strict=False))
            )
            if alike > best:
                best, found = alike, place
            elif alike and alike == best:
                found = ""
        return found or None

    def text(self, path: str, directory: str = "") -> Source | None:
        """A file as the process names it; None when it is not of the project, or cannot be read."""
        if (path, directory) not in self.texts:
            self.texts[path, directory] = self._text(path, directory)
        return self.texts[path, directory]

    def _text(self, path: str, directory: str) -> Source | None:
        absolute = posixpath.normpath(posixpath.join(directory or "/", path))
        if absolute in self.inline:
            return self.inline[absolute]
        place = self.locate(path, directory)
        return self.read(place) if place is not None else None

    def read(self, place: str) -> Source | None:
        """A file by the project's own name for it; None when it cannot be read."""
        if not self.tree.is_file(place):
            return None
        try:
            return self.tree.read(place)
        except Unreadable:
            return None

    def trouble(self, place: str) -> str:
        """Why something that has a file's name cannot be read; empty where it can, or nothing is there."""
        if not self.tree.names_file(place):
            return ""
        try:
            self.tree.read(place)
        except Unreadable as error:
            return str(error)
        return ""

    def whole(self, path: str, directory: str = "") -> Text | None:
        """The same as a text to be read on."""
        source = self.text(path, directory)
        return Text.of(source.span(0, len(source.text))) if source is not None else None


def taken_for(name: str, place: str) -> Origin:
    """That a file of the project is taken for one that is named by its place on the machine."""
    return Origin.assumed(f"{place} is taken for {name}")
