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

    The new text goes to a file beside the old one, which then takes its place in one step, mode kept: an
    interruption leaves either the old file or the new one.
    """
    for path, (source, text) in sorted(planned.changes.items()):
        if tree.root is None:
            raise Unwritable(path, "the project has no folder on disk")
        _replace(Path(tree.root, path), path, source, text)
    return tuple(sorted(planned.changes))


def _replace(file: Path, path: str, source: Source, text: str) -> None:
    try:
        before = file.read_bytes()
        if Source.from_bytes(path, before).text != source.text:
            raise Unwritable(path, "it changed while connlint was running; run it again")
        mark = _BYTE_ORDER_MARK if before.startswith(_BYTE_ORDER_MARK) else b""
        target = file.resolve()
        put(target, mark + text.encode("utf-8"), target.stat().st_mode)
    except OSError as error:
        raise Unwritable(path, str(error.strerror or "it cannot be written").lower()) from None


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
