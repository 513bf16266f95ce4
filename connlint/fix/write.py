"""Write planned changes: each file at once or not at all, and only where nothing changed it meanwhile."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from connlint.fix.plan import Plan
from connlint.project.tree import Tree
from connlint.source import Source

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Unwritable(Exception):
    """A file that could not be changed; `path` is project-relative, `str()` says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path


def write(planned: Plan, tree: Tree) -> tuple[str, ...]:
    """Write every changed file and return their paths; raises `Unwritable` at the first that fails.

    Nothing is written unless every file can be. The new text goes to a file beside the old one, which then takes its
    place in one step, mode kept: an interruption leaves either the old file or the new one. A link stays a link.
    """
    ready = [_checked(tree.root, path, *change) for path, change in sorted(planned.changes.items())]
    for path, target, data, status in ready:
        try:
            put(target, data, status.st_mode)
            if os.name == "posix" and os.geteuid() == 0:  # what root replaces still belongs to whom it did
                os.chown(target, status.st_uid, status.st_gid)
        except OSError as error:
            raise _unwritable(path, error) from None
    return tuple(sorted(planned.changes))


def _checked(root: str | None, path: str, source: Source, text: str) -> tuple[str, Path, bytes, os.stat_result]:
    """Where a file goes, what it will hold, and what it is now; raises before anything is written."""
    if root is None:
        raise Unwritable(path, "the project has no folder on disk")
    try:
        target = Path(root, path).resolve()
        before, status = target.read_bytes(), target.stat()
    except OSError as error:
        raise _unwritable(path, error) from None
    if Source.from_bytes(path, before).text != source.text:
        raise Unwritable(path, "it changed while connlint was running; run it again")
    if not target.is_relative_to(root):
        raise Unwritable(path, "it leads out of the project")
    if not status.st_mode & 0o222:
        raise Unwritable(path, "it is read-only")
    mark = _BYTE_ORDER_MARK if before.startswith(_BYTE_ORDER_MARK) else b""
    return path, target, mark + text.encode("utf-8"), status


def _unwritable(path: str, error: OSError) -> Unwritable:
    return Unwritable(path, str(error.strerror or "it cannot be written").lower())


def put(target: Path, data: bytes, mode: int) -> None:
    """Put a file in its place in one step; an interruption leaves what was there before. Raises `OSError`."""
    handle, temporary = tempfile.mkstemp(prefix=".connlint-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
