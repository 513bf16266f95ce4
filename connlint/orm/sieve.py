"""Which files may start work outside of a request, told from their bytes alone.

A literal in each way of starting work, as short as stays rare: `hread` is in `Thread(`, `threading`, thread pools,
`to_thread` and `deferToThread`. A file without any of them starts nothing; whatever passes is looked at properly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.project.tree import Tree, Unreadable

STARTERS: Final = (
    b"hread", b"xecutor", b"multiprocessing", b"gevent", b"eventlet", b"pscheduler", b"schedule.", b"import schedule",
    b"from schedule", b"sync_to_async(", b"os.fork", b"add_job(", b"apply_async(", b".submit(",
)  # fmt: skip
LARGEST: Final = 1_500_000  # bytes; a larger module is generated
COMMANDS: Final = "/management/commands/"
_TESTS: Final = frozenset({"test", "tests", "testing", "conftest.py", "testutils", "test_utils", "testsuite"})


def python_files(tree: Tree) -> tuple[str, ...]:
    """Every Python file of the tree."""
    return tuple(path for path in tree.paths() if path.endswith(".py"))


def candidates(tree: Tree, paths: tuple[str, ...]) -> Iterator[str]:
    """The files that may start work, and the management commands that loop."""
    for path in paths:
        if "/migrations/" in path:
            continue
        try:
            data = tree.read_bytes(path, LARGEST)
        except Unreadable:
            continue
        if any(literal in data for literal in STARTERS) or (COMMANDS in f"/{path}" and b"while " in data):
            yield path


def is_test(path: str) -> bool:
    """Whether a file is run by a test runner only."""
    *folders, name = path.split("/")
    return (
        not _TESTS.isdisjoint((*folders, name)) or name.startswith("test_") or name.endswith(("_test.py", "tests.py"))
    )
