"""gunicorn.conf.py as gunicorn takes it, in environments given and with a number of CPUs given."""

from __future__ import annotations

import pytest

from connlint.project.tree import Tree
from connlint.python.gunicorn import evaluate_gunicorn
from connlint.value import Origin, Value

FOUR = Value.exact(4, Origin.declared(None, "cpus"))


def read(text: str, environment: dict[str, str] | None = None, cpus: Value = FOUR):  # type: ignore[no-untyped-def]
    held = {name: Value.exact(value, Origin.declared(None, name)) for name, value in (environment or {}).items()}
    return evaluate_gunicorn(Tree(None, {"gunicorn.conf.py": text}), "gunicorn.conf.py", environment=held, cpus=cpus)


def test_settings_are_cast_as_gunicorn_does() -> None:
    document = read(
        'workers = "3"\nbind = ":8000"\npreload_app = "true"\ntimeout = True\nworker_class = " gthread "\nmine = 1\n'
    )
    assert {name: value.only for name, value in document.settings.items()} == {
        "workers": 3,
        "bind": [":8000"],
        "preload_app": True,
        "timeout": 1,
        "worker_class": "gthread",
    }


def test_every_name_the_file_assigns_is_an_entry() -> None:
    document = read(
        "import os\nkeep_alive = 5\nif True:\n    workers = 2\n\n\ndef post_fork(server, worker):\n    x = 1\n"
    )
    assert [(e.key, e.value, e.key_span.line) for e in document.entries] == [
        ("keep_alive", "5", 2),
        ("workers", "2", 4),
        ("post_fork", None, 7),
    ]
    assert document.settings["post_fork"].only == "post_fork()"


def test_cpus_are_a_parameter_and_leave_a_trace() -> None:
    code = "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n"
    known = read(code).settings["workers"]
    assert known.only == 9
    assert "the number of CPUs" in [origin.note for origin in known.origins]
    unknown = read(code, cpus=Value.unknown("how many CPUs there are is not declared")).settings["workers"]
    assert unknown.reason == "how many CPUs there are is not declared"
    assert "the number of CPUs" in [origin.note for origin in unknown.origins]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("workers = 1.5", "gunicorn expects a whole number, as a number or a text"),
        ("workers = -1", "gunicorn expects a number that is not negative"),
        ('preload_app = "yes"', "gunicorn expects True or False"),
    ],
)
def test_what_gunicorn_refuses_is_a_fatal_problem(code: str, reason: str) -> None:
    document = read(code + "\n")
    name = code.split()[0]
    assert document.settings[name].reason == reason
    assert [(p.code, p.message, p.fatal) for p in document.problems] == [("bad-value", f"{name}: {reason}", True)]


def test_the_class_of_a_worker_is_named() -> None:
    assert read("from uvicorn.workers import UvicornWorker as worker_class\n").settings["worker_class"].only == (
        "uvicorn.workers.UvicornWorker"
    )


def test_a_file_that_is_not_there_or_does_not_parse_is_a_problem() -> None:
    tree = Tree(None, {})
    missing = evaluate_gunicorn(tree, "gunicorn.conf.py", environment={}, cpus=FOUR)
    assert [(p.code, p.fatal) for p in missing.problems] == [("missing", True)]
    assert [(p.code, p.span.line, p.fatal) for p in read("workers = = 1\n").problems] == [("syntax", 1, True)]
