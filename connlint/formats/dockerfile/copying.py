"""Where COPY and ADD put the files of the project, or of another stage."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Sequence
from typing import Final

from connlint.formats.services import Mount
from connlint.project.tree import Tree
from connlint.source import Span

_MOST_FOUND: Final = 200
MOST_MOUNTS: Final = 2_000


def located(tree: Tree, context: str, source: str) -> list[str]:
    """The files and folders of the project that a source of COPY names; its patterns are docker's (`*`, `?`, `[`)."""
    relative = posixpath.normpath("/" + source.replace("\\", "/")).lstrip("/")
    place = posixpath.join(context, relative).rstrip("/") if relative else context
    if not set("*?[") & set(relative):
        return [place] if place == "" or tree.exists(place) else []
    found = [context]
    for part in relative.split("/"):
        if set("*?[") & set(part):
            names = [(folder, name) for folder in found for name in tree.listdir(folder)]
            matching = [(folder, name) for folder, name in names if fnmatch.fnmatchcase(name, part)]
            found = [posixpath.join(folder, name) for folder, name in matching[:_MOST_FOUND]]
        else:
            found = [posixpath.join(folder, part) for folder in found]
    return [path for path in found if tree.exists(path)]


def copied(tree: Tree, sources: Iterable[str], target: str, into: bool, folders: set[str], span: Span) -> list[Mount]:
    """Mounts for project files and folders put at `target`: a folder's content, a file by name or into a folder.

    `into`: the target is written as a folder. `folders` are those known to be in the image; new ones are added.
    """
    found = []
    for source in sources:
        place = target
        if not tree.is_dir(source) and (into or target in folders):
            place = posixpath.join(target, posixpath.basename(source))
        elif tree.is_dir(source):
            folders.add(target)
        found.append(Mount(source, place, span))
    return found


def from_stage(tree: Tree, mounts: Sequence[Mount], source: str, target: str, into: bool, span: Span) -> list[Mount]:
    """What another stage has at `source`, put at `target`: only what it got from the project itself is followed."""
    source = posixpath.normpath(posixpath.join("/", source))
    found: list[Mount] = []
    for mount in mounts:
        if mount.target == source and not tree.is_dir(mount.source):
            place = posixpath.join(target, posixpath.basename(source)) if into else target
            found.append(Mount(mount.source, place, span))
        elif mount.target == source or mount.target.startswith(source.rstrip("/") + "/"):
            rest = mount.target[len(source) :].lstrip("/")
            found.append(Mount(mount.source, posixpath.join(target, rest) if rest else target, span))
        elif source.startswith(mount.target.rstrip("/") + "/"):
            inner = posixpath.join(mount.source, source[len(mount.target.rstrip("/")) + 1 :])
            if tree.exists(inner):
                name = posixpath.basename(inner) if into and not tree.is_dir(inner) else ""
                found.append(Mount(inner, posixpath.join(target, name) if name else target, span))
    return found


def project_path(tree: Tree, mounts: Sequence[Mount], path: str) -> str | None:
    """The project's file or folder that stands at an absolute path of an image; None where none is known to."""
    for mount in reversed(mounts):
        target = mount.target.rstrip("/")
        if path != target and not path.startswith(target + "/"):
            continue
        inner = path[len(target) + 1 :]
        found = posixpath.join(mount.source, inner) if inner else mount.source
        if not inner or tree.exists(found):
            return found
    return None
