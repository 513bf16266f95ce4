"""Where the project is that a command line means: found before anything else is loaded."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # not loaded for an answer that is only repeated
    from typing import Final

_ROOT_MARKS: Final = ("pyproject.toml", "manage.py", "connlint.toml", ".git")


class UsageError(Exception):
    """Wrong arguments; `str()` is the message, `suggestion` what was probably meant. Never holds a given value."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


class Project:
    """Where the project is, and which of its files were named (relative to it, with `/`)."""

    __slots__ = ("paths", "root")

    def __init__(self, root: str, paths: tuple[str, ...] = ()) -> None:
        self.root, self.paths = root, paths

    @property
    def prefix(self) -> str:
        """The way from the current folder to the root, with a `/` at its end; empty when it is the same or outside."""
        way = os.path.relpath(self.root, os.getcwd()).replace(os.sep, "/")
        return "" if way == "." or way.startswith("..") or os.path.isabs(way) else way + "/"

    @property
    def in_repository(self) -> str:
        """The way from the root of the repository to the project's, in the same form; without a repository `prefix`."""
        folder = self.root
        while not os.path.lexists(os.path.join(folder, ".git")):
            folder, below = os.path.dirname(folder), folder
            if folder == below:
                return self.prefix
        way = os.path.relpath(self.root, folder).replace(os.sep, "/")
        return "" if way == "." else way + "/"


def project(paths: list[str]) -> Project:
    """The project that the given paths mean; raises `UsageError` when they mean none, or several.

    One folder is the project, unless it is a Python package, which cannot be one: imports start above it. Packages and
    files belong to the nearest folder above that holds pyproject.toml, manage.py, connlint.toml or .git; where there is
    none, to themselves and to their own folder.
    """
    if not paths:
        return Project(_of_folder("."))
    for path in paths:
        if "\0" in path or not os.path.exists(path):
            raise UsageError(f"there is no file or folder {shown(path)}")
    folders = [path for path in paths if os.path.isdir(path)]
    if folders and len(paths) == 1:
        return Project(_of_folder(folders[0]))
    if folders:
        raise UsageError("expected one project folder, or only files of one project")
    # The link itself belongs to the project, not what it points at.
    full = [os.path.join(os.path.realpath(os.path.dirname(p) or "."), os.path.basename(p)) for p in paths]
    roots = {_root_above(os.path.dirname(path)) for path in full}
    root = min(roots, key=len)
    if any(other != root and not other.startswith(root.rstrip(os.sep) + os.sep) for other in roots):
        raise UsageError("the given files belong to different projects")
    return Project(root, tuple(os.path.relpath(path, root).replace(os.sep, "/") for path in full))


def _of_folder(path: str) -> str:
    folder = os.path.realpath(path)
    inside = os.path.exists(os.path.join(folder, "__init__.py")) and not is_root(folder)
    return _root_above(folder) if inside else folder


def is_root(folder: str) -> bool:
    """Whether a folder looks like the root of a project."""
    return any(os.path.exists(os.path.join(folder, mark)) for mark in _ROOT_MARKS)


def _root_above(folder: str) -> str:
    here = folder
    while True:
        if is_root(here):
            return here
        above = os.path.dirname(here)
        if above == here:
            return folder
        here = above


def shown(text: str) -> str:
    """A path or name as it may be repeated in a message: on one line, short, without userinfo."""
    from connlint.report.cells import printable
    from connlint.report.redact import scrub

    return scrub(printable(text))[:200]
