"""What an inspection looked at, so that a later one can tell whether everything is still the same.

Files are known by their stat signature: time of change of content and of the entry, size, inode. A time so recent that
a second change could leave it as it is says nothing: then the content itself is remembered, by its digest. Folders are
known in the same way, and by a digest of their names, for programs leave their caches among the files of a project.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from stat import S_ISDIR, S_ISREG

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself costs more than looking at a thousand files
    from typing import Final

# FAT keeps times to two seconds, NFS may be a little behind; others are exact to some milliseconds.
RECENT: Final = 2_000_000_000  # nanoseconds
# Folders that other programs make while they work, which say nothing about the project.
GENERATED: Final = frozenset({"__pycache__", ".connlint_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
# A row: path, signature, digest; either of the two last may be empty. It holds when one that is there agrees.
Row = tuple[str, str, str]


class Seen:
    """The files read, folders listed and names looked up during one inspection, as they were at that time."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, str]] = {}
        self._folders: dict[str, tuple[str, str]] = {}
        self._kinds: dict[str, str] = {}
        self.whole = True  # False: something was looked at that no signature stands for

    def file(self, path: str, status: os.stat_result, data: bytes) -> None:
        """A file was read; `status` was taken before its content."""
        if path not in self._files:
            recent = _is_recent(status)
            self._files[path] = ("" if recent else signature(status), digest(data) if recent else "")

    def folder(self, path: str, status: os.stat_result, entries: Iterable[str]) -> None:
        """A folder was listed; `status` was taken before its entries."""
        if path not in self._folders:
            self._folders[path] = ("" if _is_recent(status) else signature(status), _of_names(entries))

    def kind(self, path: str, mode: int | None) -> None:
        """It was asked what there is at a path."""
        self._kinds.setdefault(path, _kind(mode))

    def rows(self) -> tuple[list[Row], list[Row], list[Row]]:
        """The files, the folders, and what was looked up by its name; a kind stands in the place of a signature."""
        return (
            [(path, *known) for path, known in self._files.items()],
            [(path, *known) for path, known in self._folders.items()],
            [(path, kind, "") for path, kind in self._kinds.items()],
        )


def holds(root: str, files: Iterable[Row], folders: Iterable[Row], kinds: Iterable[Row]) -> bool:
    """Whether everything below `root` is as it was seen; any error while looking means no."""
    stat, prefix = os.stat, root.rstrip(os.sep) + os.sep
    try:
        for path, known, content in folders:
            if (not known or signature(stat(prefix + path)) != known) and content != _of_names(_entries(prefix + path)):
                return False
        for path, known, content in files:
            status = stat(prefix + path)
            if signature(status) != known and (not content or not _has(prefix + path, status, content)):
                return False
        return all(_kind(_mode(prefix + path)) == known for path, known, _ in kinds)
    except (OSError, ValueError):
        return False


def signature(status: os.stat_result) -> str:
    """What tells one state of a file from another, unless it is very young."""
    return f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_size} {status.st_ino}"


def digest(data: bytes) -> str:
    """A short text that no other content has."""
    try:
        from _blake2 import blake2b  # what hashlib has, without loading OpenSSL
    except ImportError:
        from hashlib import blake2b

    return blake2b(data, digest_size=16).hexdigest()


def listed(entry: os.DirEntry[str]) -> str:
    """The text that stands for one entry of a folder: its name, and whether it is a folder, a file or something else."""
    kind = "d" if entry.is_dir(follow_symlinks=False) else "f" if entry.is_file(follow_symlinks=False) else "o"
    return kind + entry.name


def _is_recent(status: os.stat_result) -> bool:
    return max(status.st_mtime_ns, status.st_ctime_ns) > time.time_ns() - RECENT


def _of_names(entries: Iterable[str]) -> str:
    names = sorted(each for each in entries if each[1:] not in GENERATED)
    return digest("\0".join(names).encode("utf-8", "surrogateescape"))


def _entries(folder: str) -> Iterator[str]:
    with os.scandir(folder) as found:
        for entry in found:
            yield listed(entry)


def _has(path: str, status: os.stat_result, content: str) -> bool:
    """Whether a regular file has the content; a pipe is not opened."""
    if not S_ISREG(status.st_mode):
        return False
    with open(path, "rb") as file:
        return digest(file.read()) == content


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return None


def _kind(mode: int | None) -> str:
    return "absent" if mode is None else "file" if S_ISREG(mode) else "folder" if S_ISDIR(mode) else "other"
