"""uWSGI's command line with its files and variables, and what it starts beside its workers."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from launching import launched, only, size

from connlint.facts import product
from connlint.formats.services import Mount, Role

INI = "[uwsgi]\nmodule = shop.wsgi\nprocesses = 4\nthreads = 2\n[other]\nprocesses = 7\n"
FILES = {"uwsgi.ini": INI, "manage.py": "execute_from_command_line(sys.argv)\n"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("uwsgi --http :8000 --module shop.wsgi", "1 x 1 threads"),
        ("uwsgi --http :8000 -w shop.wsgi -Mp 4 --threads=3", "4 x 3 threads"),
        ("uwsgi --ini uwsgi.ini", "4 x 2 threads"),
        ("uwsgi --ini uwsgi.ini:other", "7 x 1 threads"),
        ("uwsgi --ini uwsgi.ini -p 9", "9 x 2 threads"),
        ("uwsgi -p 9 --ini uwsgi.ini", "4 x 2 threads"),
        ("uwsgi uwsgi.ini -p 9", "4 x 2 threads"),
        ("uwsgi --process 5 --wsgi-file x.py", "5 x 1 threads"),
        ("uwsgi -w shop.wsgi --gevent 100 --workers 2", "2 x 100 gevent"),
        ("uwsgi -w shop.wsgi --cheaper 1 -p 4", "4 x 1 threads"),
    ],
)
def test_options_and_files_in_their_order(command: str, expected: str) -> None:
    assert size(only(command, FILES)) == expected


def test_variables_come_first() -> None:
    env = {"UWSGI_PROCESSES": "3", "UWSGI_THREADS": "5"}
    assert size(only("uwsgi -w shop.wsgi", env=env)) == "3 x 5 threads"
    assert size(only("uwsgi -w shop.wsgi -p 2", env=env)) == "2 x 5 threads"
    assert size(only("uwsgi", FILES, {"UWSGI_INI": "uwsgi.ini"})) == "4 x 2 threads"


def test_files_by_the_names_of_the_container() -> None:
    found = launched(
        "uwsgi --ini /app/conf/uwsgi.ini", {"deploy/uwsgi.ini": INI}, mounts=(Mount("deploy", "/app/conf"),)
    )
    [launch] = found.found
    assert size(launch) == "4 x 2 threads"
    assert launch.started.processes.place == "deploy/uwsgi.ini:3"


def test_a_file_that_is_not_here_may_say_anything() -> None:
    [launch] = launched("uwsgi --ini /etc/uwsgi.ini").found
    assert launch.started.processes.is_unknown
    assert launch.started.concurrency is None


def test_what_runs_beside_the_workers() -> None:
    ini = (
        "[uwsgi]\nmodule = shop.wsgi\nprocesses = 4\nmules = 2\nspooler = a\nspooler = b\nspooler-processes = 3\n"
        "env = DJANGO_SETTINGS_MODULE=shop.prod\n"
        "attach-daemon = celery -A shop worker -c 3\n"
        "smart-attach-daemon = /tmp/beat.pid celery -A shop beat --pidfile /tmp/beat.pid\n"
        "cron2 = minute=-2,unique=1 python manage.py clearsessions\n"
        "cron = 59 2 -1 -1 -1 python manage.py import_all\n"
        "exec-pre-app = python manage.py migrate\n"
    )
    found = launched("uwsgi --ini uwsgi.ini", {**FILES, "uwsgi.ini": ini}).found
    assert [(launch.name, size(launch), launch.role) for launch in found] == [
        ("uwsgi", "4 x 1 threads", Role.SERVICE),
        ("uwsgi mule", "2 x 1 mule", Role.SERVICE),
        ("uwsgi spooler", "6 x 1 spooler", Role.SERVICE),
        ("celery worker", "3 x 1 prefork", Role.SERVICE),
        ("celery beat", "1 x 1 beat", Role.SERVICE),
        ("manage.py import_all", "1 x 1 process", Role.SCHEDULED),
        ("manage.py clearsessions", "1 x 1 process", Role.SCHEDULED),
        ("manage.py migrate", "1 x 1 process", Role.RELEASE),
    ]
    assert {str(launch.settings) for launch in found} == {"shop.prod"}
    assert found[3].span.text == "celery -A shop worker -c 3"


def test_an_emperor_starts_a_uwsgi_for_each_file() -> None:
    files = {
        "v/a.ini": "[uwsgi]\nmodule = a\nworkers = 2\n",
        "v/b.yaml": "uwsgi:\n  module: b\n  workers: 3\n",
        "v/x.txt": "",
    }
    assert [size(launch) for launch in launched("uwsgi --emperor v", files).found] == ["2 x 1 threads", "3 x 1 threads"]
    assert launched("uwsgi --emperor /etc/vassals").unresolved


START = (
    "import sys, pyuwsgi; sys.argv[:] = ['uwsgi', *sys.argv[1:], '--show-config', '--pidfile', '/dev/null/none'];"
    "pyuwsgi.run()"
)


@pytest.mark.skipif(importlib.util.find_spec("pyuwsgi") is None, reason="pyuwsgi is not installed")
@pytest.mark.parametrize(
    ("command", "env"),
    [
        ("-w shop.wsgi -Mp 4 --threads=3", {}),
        ("--ini uwsgi.ini -p 9 --listen 7", {}),
        ("-p 9 --ini uwsgi.ini", {}),
        ("uwsgi.ini -p 9 --harakiri 5", {"UWSGI_LISTEN": "5"}),
        ("--processe 5 -t8 -w x --mule", {}),
        ("--ini uwsgi.ini:other -T", {"UWSGI_PROCESSES": "3", "UWSGI_THREADS": "4"}),
        ("-p 2 -p 3 --cheaper=1 -l6 --lazy-apps", {"UWSGI_INI": "uwsgi.ini"}),
    ],
)  # fmt: skip
def test_uwsgi_says_the_same(command: str, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "uwsgi.ini").write_text(INI)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("UWSGI_")}
    run = subprocess.run(
        [sys.executable, "-c", START, *command.split()],
        cwd=tmp_path, env={**kept, **env}, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    text = (run.stdout + run.stderr).decode("utf-8", "replace")
    body = text.partition("[uwsgi]\n")[2].partition(";end of configuration")[0]
    facts = product("uwsgi")
    said = {facts.canonical(key): value for key, value in re.findall(r"^([a-z0-9-]+) = (.*)$", body, re.MULTILINE)}
    document = launched(f"uwsgi {command}", FILES, env).found[0].started.document
    assert document is not None
    names = {"processes", "threads", "listen", "harakiri", "cheaper"}
    assert {n: str(document.settings[n].only) for n in names & document.settings.keys()} == {
        n: said[n] for n in names & said.keys()
    }
    assert said
