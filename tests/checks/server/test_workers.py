"""gunicorn's worker classes: gone, with threads they do not use, and restarting all at once."""

from __future__ import annotations

import pytest
from inspecting import lacks, said, settings

THREADS = "ignored-threads"
REMOVED = "removed-worker-class"
JITTER = "max-requests-without-jitter"


def gunicorn(text: str, version: str = "") -> dict[str, str]:
    pinned = {"requirements.txt": f"gunicorn=={version}\n"} if version else {}
    return {**settings(), "gunicorn.conf.py": text, **pinned}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('worker_class = "gevent"\nthreads = 4\n', "threads = 4 has no effect: gevent"),
        ('worker_class = "asgi"\nthreads = 4\n', "threads = 4 has no effect: asgi"),
        ('worker_class = "sync"\nthreads = 4\n', "threads = 4 makes gunicorn run gthread"),
        ("threads = 4\n", None),
        ('worker_class = "gthread"\nthreads = 4\n', None),
        ('worker_class = "sync"\nthreads = 1\n', None),
        ('worker_class = "gevent"\nthreads = 1\n', None),
        ('worker_class = "ours.Worker"\nthreads = 4\n', None),
    ],
)
def test_threads_are_for_gthread(text: str, start: str | None) -> None:
    lines = said(THREADS, gunicorn(text))
    assert [line.startswith(f"info certain: {start}") for line in lines] == ([] if start is None else [True])


@pytest.mark.parametrize(("version", "fires"), [("25.1.0", False), ("26.0", True), ("27.0.1", True)])
def test_eventlet_is_gone_since_26(version: str, fires: bool) -> None:
    assert bool(said(REMOVED, gunicorn('worker_class = "eventlet"\n', version))) is fires
    assert said(REMOVED, gunicorn('worker_class = "gevent"\n', version)) == []


def test_a_version_nobody_states_is_asked_for() -> None:
    assert said(REMOVED, gunicorn('worker_class = "eventlet"\n')) == []
    assert lacks(REMOVED, gunicorn('worker_class = "eventlet"\n')) == ["which gunicorn is installed"]
    assert lacks(REMOVED, gunicorn('worker_class = "gevent"\n')) == []


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("workers = 4\nmax_requests = 1000\n", True),
        ("workers = 4\nmax_requests = 1000\nmax_requests_jitter = 50\n", False),
        ("workers = 4\nmax_requests = 1000\nmax_requests_jitter = 0\n", True),
        ("workers = 4\nmax_requests = 0\n", False),
        ("workers = 4\n", False),
        ("max_requests = 1000\n", False),  # one worker meets no other
    ],
)
def test_workers_that_restart_together(text: str, fires: bool) -> None:
    assert bool(said(JITTER, gunicorn(text))) is fires


@pytest.mark.parametrize(
    ("text", "fires"),
    [("max-requests = 1000\n", True), ("max-requests = 1000\nmax-requests-delta = 50\n", False), ("", False)],
)
def test_so_do_those_of_uwsgi(text: str, fires: bool) -> None:
    files = {**settings(), "uwsgi.ini": f"[uwsgi]\nmodule = shop.wsgi\nprocesses = 4\n{text}"}
    assert bool(said(JITTER, files)) is fires
