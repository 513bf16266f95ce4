"""The programs themselves, asked what they make of a command line; and whether the tables know all their options."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from launching import launched, only

from connlint.facts.command_line import Takes, command_line


def needs(module: str) -> Any:
    return pytest.importorskip(module, reason=f"{module} is not installed; it is asked what its options mean")


def of_click(command: Any) -> Iterator[tuple[str, Takes]]:
    import click

    for parameter in command.params:
        if isinstance(parameter, click.Option):
            takes = Takes.NONE if parameter.is_flag or parameter.count or parameter.secondary_opts else Takes.ONE
            for spelling in (*parameter.opts, *parameter.secondary_opts):
                yield spelling, takes


def of_argparse(parser: argparse.ArgumentParser) -> Iterator[tuple[str, Takes]]:
    kinds = {0: Takes.NONE, None: Takes.ONE, "?": Takes.OPTIONAL, "*": Takes.MANY, "+": Takes.MANY}
    for action in parser._actions:
        for spelling in action.option_strings:
            yield spelling, kinds[action.nargs]


def parsers() -> dict[str, Any]:
    """How to get at each program's own list of options."""

    def celery(name: str) -> Any:
        return of_click(needs("celery.bin.celery").celery.commands[name])

    def rq(name: str) -> Any:
        return of_click(needs("rq.cli").main.commands[name])

    return {
        "gunicorn": lambda: of_argparse(needs("gunicorn.config").Config().parser()),
        "uvicorn": lambda: of_click(needs("uvicorn") and importlib.import_module("uvicorn.main").main),
        "granian": lambda: of_click(needs("granian.cli").cli),
        "daphne": lambda: of_argparse(needs("daphne.cli").CommandLineInterface().parser),
        "celery": lambda: of_click(needs("celery.bin.celery").celery),
        "celery-worker": lambda: celery("worker"),
        "celery-beat": lambda: celery("beat"),
        "rq-worker": lambda: rq("worker"),
        "rq-worker-pool": lambda: rq("worker-pool"),
        "dramatiq": lambda: of_argparse(needs("dramatiq.cli").make_argument_parser()),
    }


@pytest.mark.parametrize("name", sorted(parsers()))
def test_the_table_knows_every_option_and_what_it_takes(name: str) -> None:
    options = command_line(name).options
    assert {s: t for s, t in parsers()[name]() if s not in options or options[s].takes is not t} == {}


UVICORN = ["", "--workers 3", "--workers=3 --reload", "--limit-concurrency 20", "--no-use-colors --workers 2 --factory"]


@pytest.mark.parametrize("words", UVICORN)
@pytest.mark.parametrize(
    "env", [{}, {"WEB_CONCURRENCY": "4"}, {"UVICORN_WORKERS": "5", "UVICORN_LIMIT_CONCURRENCY": "7"}]
)
def test_uvicorn(words: str, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    needs("uvicorn")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    command = importlib.import_module("uvicorn.main").main
    given = command.make_context("uvicorn", ["shop:app", *words.split()]).params
    config = importlib.import_module("uvicorn.config").Config(
        "shop:app", workers=given["workers"], limit_concurrency=given["limit_concurrency"], reload=given["reload"]
    )
    started = only(f"uvicorn shop:app {words}", env=env).started
    assert started.processes.only == (1 if config.should_reload else config.workers)
    assert (started.threads.only if started.threads.is_exact else None) == config.limit_concurrency


GRANIAN = ["", "--workers 3", "--interface wsgi --workers 2", "--interface wsgi --blocking-threads 3",
           "--interface wsgi --backpressure 64", "--interface asgi --backlog 256 --workers 4"]  # fmt: skip


@pytest.mark.parametrize("words", GRANIAN)
@pytest.mark.parametrize("env", [{}, {"GRANIAN_WORKERS": "5", "GRANIAN_BACKLOG": "512"}])
def test_granian(words: str, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = needs("granian.cli")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    given = module.cli.make_context("granian", ["shop:app", *words.split()], auto_envvar_prefix="GRANIAN").params
    names = ("interface", "workers", "blocking_threads", "backpressure", "backlog")
    server = module.Server("shop:app", **{name: given[name] for name in names})
    started = launched_granian(words, env)
    assert started.processes.only == server.workers
    expected = server.blocking_threads if server.interface == "wsgi" else server.backpressure
    assert started.threads.only == expected


def launched_granian(words: str, env: dict[str, str]) -> Any:

    [launch] = launched(f"granian shop:app {words}", env=env, versions={"granian": "2.8.7"}).found
    return launch.started


@pytest.mark.parametrize(
    "words", ["", "-w 3", "--workers=4 -k uvloop", "-c conf.toml", "-c conf.toml -w 2", "--workers=5 -D"]
)
def test_hypercorn(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = needs("hypercorn.__main__")
    (tmp_path / "conf.toml").write_text("workers = 6\n")
    monkeypatch.chdir(tmp_path)
    seen: list[Any] = []
    monkeypatch.setattr(module, "run", lambda config: seen.append(config) or 0)
    module.main(["shop:app", *words.split()])
    started = only(f"hypercorn shop:app {words}", {"conf.toml": "workers = 6\n"}).started
    assert started.processes.only == seen[0].workers


@pytest.mark.parametrize("words", ["-p 3 -t 2", "--processes=3 --threads 5", "--proc 2 --thr 4 -Q a b -v"])
def test_dramatiq(words: str) -> None:
    given = needs("dramatiq.cli").make_argument_parser().parse_args(["shop.tasks", *words.split()])
    started = only(f"dramatiq shop.tasks {words}").started
    assert (started.processes.only, started.threads.only) == (given.processes, given.threads)


@pytest.mark.parametrize("words", ["", "--threads=8", "--thr 3 --port 80", "--no-expose-tracebacks --threads 2"])
def test_waitress(words: str) -> None:
    adjustments = needs("waitress.adjustments").Adjustments
    given, _ = adjustments.parse_args([*words.split(), "shop:app"])
    expected = int(given.get("threads", adjustments.threads))
    assert only(f"waitress-serve {words} shop:app").started.threads.only == expected


CELERY = """
import json, os, sys
import celery.apps.worker as worker
def start(self):
    size = (self.autoscale or [self.concurrency])[0]
    print("RESULT", json.dumps([size, self.pool_cls.__module__.rpartition(".")[2], bool(getattr(self, "beat", None))]))
    sys.stdout.flush()
    os._exit(0)
worker.Worker.start = start
sys.argv = ["celery", *json.loads(sys.argv[1])]
from celery.bin.celery import main
main()
"""


@pytest.mark.parametrize(
    ("words", "env"),
    [
        ("-c 3", {}),
        ("-c5 -P threads -B", {}),
        ("--autoscale=10,3 -l info", {"CELERY_WORKER_CONCURRENCY": "4"}),
        ("-E", {"CELERY_WORKER_CONCURRENCY": "7"}),
        ("--pool=solo", {}),
        ("-Q a,b --concurrency=2", {"CELERY_WORKER_AUTOSCALE": "9,2"}),
    ],
)
def test_celery(words: str, env: dict[str, str], tmp_path: Path) -> None:
    needs("celery")
    (tmp_path / "shop.py").write_text("from celery import Celery\napp = Celery('shop', broker='memory://')\n")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CELERY")}
    answer = subprocess.run(
        [sys.executable, "-c", CELERY, json.dumps(["-A", "shop", "worker", *words.split()])],
        cwd=tmp_path, env={**kept, **env}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    size, pool, has_beat = json.loads(answer.stdout.partition("RESULT ")[2])

    found = launched(f"celery -A shop worker {words}", env=env).found
    started = found[0].started
    total = started.processes.only if pool == "prefork" else started.threads.only
    assert total == (1 if pool == "solo" else size)
    assert str(started.worker_class).startswith(pool)
    assert (len(found) == 2) is has_beat
