"""Which files may start work outside of a request, told from their bytes alone.

A literal in each way of starting work, as short as stays rare: `hread` is in `Thread(`, `threading`, thread pools,
`to_thread` and `deferToThread`. A file without any of them starts nothing; whatever passes is looked at properly.
"""

from __future__ import annotations

from typing import Final

from connlint.orm.importing import may_query
from connlint.orm.sessions import may_state
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass

# Looking for one literal costs 0.4 ms for each MB: where several share a rare part, that part is looked for first.
_ROUGH: Final = (
    b"hread", b"xecutor", b"multiprocessing", b"gevent", b"eventlet", b"add_job(", b".submit(", b"Process(", b"fork()",
)  # fmt: skip
_SCHEDULES: Final = (b"pscheduler", b"schedule.every", b"schedule.repeat", b"import schedule", b"from schedule import")
# `thread` is in many a word: what has no other literal must have one of these as well.
_EXACT: Final = (
    b"Thread(", b"Thread)", b"Thread\n", b"Thread as", b"Thread,", b"Timer", b"ThreadPool", b"threadpool", b"xecutor", b"to_thread",
    b"deferToThread", b"InThread(", b"start_new_thread", b"thread_sensitive", b"multiprocessing", b"import gevent",
    b"from gevent", b"import eventlet", b"from eventlet", b"pscheduler", b"schedule.every", b"schedule.repeat",
    b"import schedule", b"from schedule import", b"add_job(", b".submit(", b"Process(", b"fork()",
)  # fmt: skip
_WAITS: Final = (
    b"sleep(", b"wait(", b"poll(", b"consum", b"listen(", b"recv", b"blpop", b"brpop", b"xread", b"message", b"receive", b"pause(",
    b"accept(", b"select(", b"reserve(",
)  # fmt: skip
LARGEST: Final = 1_500_000  # bytes; a larger module is generated
_CLOSES: Final = (b"close_old_connections", b"close_if_unusable", b"close_all")
_LOOPS: Final = (b"while ", b".listen(", b"consum")
COMMANDS: Final = "/management/commands/"
_TESTS: Final = frozenset({"test", "tests", "testing", "conftest.py", "testutils", "test_utils", "testsuite"})


def python_files(tree: Tree) -> tuple[str, ...]:
    """Every Python file of the tree."""
    return tuple(path for path in tree.paths() if path.endswith(".py"))


@dataclass(frozen=True, slots=True)
class Sieved:
    """`starting`: the files to look at; `closing`: whether any file of the project may close a connection of Django.

    `loading`: the files that may query while they are imported or while the application gets ready.
    """

    starting: tuple[str, ...]
    closing: bool
    loading: tuple[str, ...]
    testing: tuple[str, ...] = ()  # files of tests that start threads
    signalled: bool = False  # some file connects to a signal of Celery's tasks
    forking: tuple[str, ...] = ()  # files that may call os.fork()
    stating: tuple[str, ...] = ()  # files that may leave state in a database session
    registering: tuple[str, ...] = ()  # files that connect receivers or name an e-mail back end


def sieve(tree: Tree, paths: tuple[str, ...]) -> Sieved:
    """Read each file once and keep those that may start work, command loops and asynchronous queries among it."""
    by_trait: dict[str, list[str]] = {trait: [] for trait in _TRAITS}
    for path in paths:
        if "migrations/" in path:
            continue
        closing = bool(by_trait[_CLOSING])  # one is enough, and it costs to look for
        try:
            traits = tree.of_file(_traits if closing else _traits_and_closing, path, LARGEST)
        except Unreadable:
            continue
        for trait in traits:
            by_trait[trait].append(path)
    found = {trait: tuple(held) for trait, held in by_trait.items()}
    return Sieved(
        starting=found[_STARTING],
        closing=bool(found[_CLOSING]),
        loading=found[_LOADING],
        testing=found[_TESTING],
        signalled=bool(found[_SIGNALLED]),
        forking=found[_FORKING],
        stating=found[_STATING],
        registering=found[_REGISTERING],
    )


# What can be told of a file, a letter each.
_TRAITS: Final = "CFLGRSTX"
_CLOSING, _FORKING, _LOADING, _SIGNALLED, _REGISTERING, _STARTING, _TESTING, _STATING = _TRAITS


def _traits_and_closing(path: str, data: bytes) -> str:
    return _traits(path, data) + (_CLOSING if not is_test(path) and _may_close(data) else "")


def _traits(path: str, data: bytes) -> str:
    """The traits of a file, but whether it may close a connection."""
    if is_test(path):
        return _TESTING if _tests_threads(data) else ""
    traits = _STATING if may_state(data) else ""
    if b".connect" in data or b"receiver(" in data or b"EMAIL_BACKEND" in data:
        traits += _REGISTERING
    if b"task_p" in data and (b"task_postrun" in data or b"task_prerun" in data):
        traits += _SIGNALLED
    if _may_start(data) or (COMMANDS in f"/{path}" and _loops(data)):
        traits += _STARTING + (_FORKING if b"fork()" in data else "")
    if (b"def ready(" in data and b"AppConfig" in data) or (may_query(path, data) and _is_imported(path, data)):
        traits += _LOADING
    return traits


def _may_start(data: bytes) -> bool:
    """Whether a file may start work, or query in asynchronous code."""
    asynchronous = b"async" in data
    if asynchronous and b"async def" in data and b".objects." in data:
        return True
    if asynchronous and b"Consumer" in data and b"channels" in data:
        return True
    if b"schedule" in data and any(literal in data for literal in _SCHEDULES):
        return True
    rough = any(literal in data for literal in _ROUGH) or (asynchronous and b"sync_to_async(" in data)
    return rough and any(literal in data for literal in _EXACT)


def _loops(data: bytes) -> bool:
    return any(literal in data for literal in _LOOPS) and any(literal in data for literal in _WAITS)


def _tests_threads(data: bytes) -> bool:
    threads = b"Thread(" in data or b"PoolExecutor(" in data
    return threads and (b"django.test" in data or b"rest_framework.test" in data or b"django_db" in data)


def _is_imported(path: str, data: bytes) -> bool:
    """Whether a module is one of the application: a script sets Django up itself, a command runs on its own."""
    return b"django.setup()" not in data and COMMANDS not in f"/{path}" and "script" not in path


def _may_close(data: bytes) -> bool:
    if b"close" in data and any(literal in data for literal in _CLOSES):
        return True
    return b"request_finished" in data or (
        b"django.db" in data and b"connection" in data and (b".close()" in data or b".connection = None" in data)
    )


def is_test(path: str) -> bool:
    """Whether a file is run by a test runner only."""
    *folders, name = path.split("/")
    return (
        not _TESTS.isdisjoint((*folders, name)) or name.startswith("test_") or name.endswith(("_test.py", "tests.py"))
    )
