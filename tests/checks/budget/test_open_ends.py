"""Demands without a bound, or with one that only the host knows."""

from __future__ import annotations

from typing import Any

import pytest
from inspecting import lacks, said, settings

UNBOUNDED = "unbounded-connections"
CPUS = "workers-from-cpu-count"


def served(worker: str = "asgi", extra: dict[str, str] | None = None, **default: Any) -> dict[str, str]:
    return {**settings(**default), "gunicorn.conf.py": f'worker_class = "{worker}"\n', **(extra or {})}


@pytest.mark.parametrize("worker", ["asgi", "uvicorn.workers.UvicornWorker"])
def test_nothing_limits_the_requests_of_asgi(worker: str) -> None:
    assert said(UNBOUNDED, served(worker)) == [
        'warning certain: web opens one connection to "default" for each request in flight, and nothing limits how many '
        "there are"
    ]


@pytest.mark.parametrize("server", ["uvicorn", "daphne", "hypercorn", "granian", "runserver"])
def test_nor_those_of_a_declared_server(server: str) -> None:
    assert len(said(UNBOUNDED, settings(), f'processes.web={{server="{server}"}}')) == 1
    assert said(UNBOUNDED, settings(), f'processes.web={{server="{server}", threads=20}}') == []


PGBOUNCER = {"pgbouncer.ini": "[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\n"}


@pytest.mark.parametrize(
    "files",
    [
        served("sync"),
        served("gthread"),
        served("gevent"),  # worker_connections bounds it
        served(OPTIONS={"pool": {"min_size": 1, "max_size": 8}}),
        served(extra=PGBOUNCER, HOST="pgbouncer", PORT=6432),
        served(CONN_MAX_AGE=60),  # a worse mistake, which persistent-under-asgi names
        served(extra={"requirements.txt": "Django==3.2.25\n"}),  # one thread for all requests
        served(ENGINE="django.db.backends.sqlite3"),
    ],
)
def test_what_is_limited(files: dict[str, str]) -> None:
    assert said(UNBOUNDED, files) == []


@pytest.mark.parametrize(
    "config",
    [
        "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n",
        "import os\nworkers = min(os.cpu_count() or 1, 8)\n",
        "import os\nworkers = len(os.sched_getaffinity(0))\n",
        "import os\nworkers = int(os.environ.get('WORKERS', os.cpu_count()))\n",
    ],
)
def test_processes_that_follow_the_processors(config: str) -> None:
    files = {**settings(), "gunicorn.conf.py": config}
    (line,) = said(CPUS, files)
    assert line.startswith("info certain: the number of processes of web follows the processors of the host")
    assert lacks(CPUS, files) == ["how many processors the machines have"]
    assert said(CPUS, files, "cpus=4") == []


def test_uwsgi_and_threads_follow_them_too() -> None:
    uwsgi = {**settings(), "uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nprocesses = %k\nthreads = 2\n"}
    assert len(said(CPUS, uwsgi)) == 1
    threads = {**settings(), "gunicorn.conf.py": "import os\nworkers = 2\nthreads = os.cpu_count()\n"}
    (line,) = said(CPUS, threads)
    assert "the number of threads of web" in line


@pytest.mark.parametrize(
    ("server", "fires"), [("celery", True), ("dramatiq", True), ("rq", False), ("waitress", False)]
)
def test_servers_that_start_a_process_per_processor(server: str, fires: bool) -> None:
    assert bool(said(CPUS, settings(), f'processes.worker={{server="{server}"}}')) is fires
    assert said(CPUS, settings(), f'processes.worker={{server="{server}", processes=4}}') == []


def test_a_number_that_is_not_known_for_another_reason_does_not_follow_them() -> None:
    files = {**settings(), "gunicorn.conf.py": "workers = int(open('/etc/workers').read())\n"}
    assert said(CPUS, files) == []
