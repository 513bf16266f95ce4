"""Configuration files of a server as it finds them in its container: those of a folder, in its order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from connlint.deployment.commands.container import Container
from connlint.source import Source

MOST_FILES: Final = 100  # of one folder


def texts_in(container: Container, folders: Sequence[str], suffix: str | tuple[str, ...]) -> Iterator[Source]:
    """The project's texts that lie in these folders of a container and end with `suffix`, by folder and name."""
    for folder in folders:
        for name in names_in(container, folder)[:MOST_FILES]:
            if name.endswith(suffix) and not name.startswith("."):
                source = container.text(posixpath.join(folder, name))
                if source is not None:
                    yield source


def names_in(container: Container, folder: str) -> tuple[str, ...]:
    """The names of a folder as far as the project fills it: by a mounted folder, and by single files mounted into it."""
    names: set[str] = set()
    place = container.locate(folder)
    if place is not None and container.tree.is_dir(place):
        names.update(container.tree.listdir(place))
    singles = (*(mount.target for mount in container.mounts), *container.inline)
    names.update(posixpath.basename(path) for path in singles if posixpath.dirname(path) == folder.rstrip("/"))
    return tuple(sorted(names))
