"""gunicorn's command line: what it comes to, and that gunicorn itself says the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from launching import launched, only, size

from connlint.deployment.model import Concurrency
from connlint.value import Certainty


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gunicorn shop.wsgi", "1 x 1 sync"),
        ("gunicorn shop.wsgi -w 4", "4 x 1 sync"),
        ("gunicorn -w4 shop.wsgi", "4 x 1 sync"),
        ("gunicorn -w=4 shop.wsgi", "4 x 1 sync"),
        ("gunicorn shop.wsgi --workers=3 --threads 2", "3 x 2 gthread"),
        ("gunicorn shop.wsgi --thread 2", "1 x 2 gthread"),
        ("gunicorn shop.wsgi -k gevent --worker-connections 50 -w 2", "2 x 50 gevent"),
        ("gunicorn shop.wsgi -kgevent", "1 x 1000 gevent"),
        ("gunicorn shop.asgi -k uvicorn.workers.UvicornWorker -w 2", "2 x 1 or more uvicorn.workers.UvicornWorker"),
        ("gunicorn -Dw 3 shop.wsgi", "3 x 1 sync"),
        ("gunicorn -w 2 -w 5 shop.wsgi", "5 x 1 sync"),
        ("/usr/local/bin/gunicorn -w 2 shop.wsgi", "2 x 1 sync"),
    ],
)
def test_options(command: str, expected: str) -> None:
    assert size(only(command)) == expected


def test_the_number_has_its_own_place() -> None:
    processes = only("gunicorn shop.wsgi --workers=12").started.processes
    assert processes.span is not None
    assert processes.span.text == "12"
    assert processes.certainty is Certainty.EXACT


def test_each_layer_wins_over_the_ones_below() -> None:
    files = {"gunicorn.conf.py": "workers = 3\nthreads = 3\n"}
    env = {"WEB_CONCURRENCY": "2", "GUNICORN_CMD_ARGS": "--workers 4 --threads 4"}
    assert size(only("gunicorn shop.wsgi", env={"WEB_CONCURRENCY": "2"})) == "2 x 1 sync"
    assert size(only("gunicorn shop.wsgi", files, {"WEB_CONCURRENCY": "2"})) == "3 x 3 gthread"
    assert size(only("gunicorn shop.wsgi", files, env)) == "4 x 4 gthread"
    assert size(only("gunicorn shop.wsgi -w 5", files, env)) == "5 x 4 gthread"


def test_the_named_file_wins_over_the_one_found_by_itself() -> None:
    files = {"gunicorn.conf.py": "workers = 3\n", "deploy/prod.py": "workers = 7\n"}
    assert size(only("gunicorn shop.wsgi -c deploy/prod.py", files)) == "7 x 1 sync"
    assert size(only("gunicorn shop.wsgi -c file:deploy/prod.py", files)) == "7 x 1 sync"
    assert size(only("gunicorn shop.wsgi -c python:deploy.prod", files)) == "7 x 1 sync"
    assert size(only("gunicorn shop.wsgi", files, {"GUNICORN_CMD_ARGS": "-c deploy/prod.py"})) == "7 x 1 sync"


def test_what_a_file_elsewhere_may_say_is_unknown_and_the_command_line_is_not() -> None:
    launch = only("gunicorn shop.wsgi -c /etc/gunicorn.py --threads 2")
    assert launch.started.processes.is_unknown
    assert str(launch.started.threads) == "2"


def test_variables_of_the_workers_and_the_settings_module() -> None:
    launch = only("gunicorn shop.wsgi --env DJANGO_SETTINGS_MODULE=shop.prod -e A=1")
    assert launch.settings is not None
    assert launch.settings.only == "shop.prod"
    assert launch.environment["A"].only == "1"
    assert launch.application is not None
    assert launch.application.only == "shop.wsgi"


def test_a_number_that_is_none() -> None:
    assert only("gunicorn shop.wsgi -w auto").started.processes.is_unknown


def test_sync_workers_end_requests_after_the_timeout_and_others_do_not() -> None:
    deadline = only("gunicorn shop.wsgi -t 60").started.deadline
    assert deadline is not None
    assert deadline.only == 60
    assert only("gunicorn shop.wsgi -t 60 --threads 2").started.deadline is None


def test_asgi_workers() -> None:
    assert only("gunicorn x -k uvicorn.workers.UvicornWorker").started.concurrency is Concurrency.ASGI
    assert only("gunicorn x -k shop.workers.Own").started.concurrency is None


ASK = """
import json, sys
from gunicorn.app.wsgiapp import WSGIApplication
sys.argv = ["gunicorn", *json.loads(sys.argv[1])]
cfg = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").cfg
print(json.dumps([cfg.workers, cfg.threads, cfg.worker_class_str, cfg.worker_connections, cfg.preload_app]))
"""
COMMANDS = [
    ["shop.wsgi"], ["shop.wsgi", "-w", "3"], ["shop.wsgi", "-w3", "--thread", "2"], ["--preload", "shop.wsgi"],
    ["shop.wsgi", "-c", "conf.py"], ["-c", "conf.py", "shop.wsgi", "--workers=8"], ["shop.wsgi", "--prel", "-Rw", "2"],
    ["shop.wsgi", "--threads", "2", "--threads=1"], ["shop.wsgi", "--worker-conn", "7"],
]  # fmt: skip
VARIABLES = [{}, {"WEB_CONCURRENCY": "6"}, {"GUNICORN_CMD_ARGS": "--workers 5 --threads 3"}]


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("env", VARIABLES)
def test_gunicorn_says_the_same(words: list[str], env: dict[str, str], tmp_path: Path) -> None:
    conf = "workers = 4\nthreads = 2\n"
    (tmp_path / "conf.py").write_text(conf)
    kept = {key: value for key, value in os.environ.items() if key not in ("WEB_CONCURRENCY", "GUNICORN_CMD_ARGS")}
    answer = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(words)],
        cwd=tmp_path, env={**kept, **env}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    workers, threads, kind, connections, preload = json.loads(answer.stdout)
    started = only(" ".join(["gunicorn", *words]), {"conf.py": conf}, env).started
    assert (started.processes.only, started.threads.only) == (workers, threads)
    assert (started.worker_class.only, started.preload.only) == (kind, preload)
    assert started.document is not None
    assert started.document.settings.get("worker_connections", started.preload).only in (connections, preload)


def test_wrappers_are_taken_off() -> None:
    command = "tini -- gosu app env DJANGO_SETTINGS_MODULE=shop.prod sudo -u app X=1 gunicorn shop.wsgi -w 9"
    launch = only(command)
    assert size(launch) == "9 x 1 sync"
    assert launch.wrappers == ("tini", "gosu", "env", "sudo")
    assert launch.environment["X"].only == "1"
    assert launch.span.text == "gunicorn shop.wsgi -w 9"


def test_an_entrypoint_has_the_command_behind_it() -> None:
    [launch] = launched("gunicorn shop.wsgi -w 2", entrypoint="dumb-init --").found
    assert size(launch) == "2 x 1 sync"
