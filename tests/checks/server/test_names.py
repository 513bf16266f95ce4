"""Names that gunicorn and uWSGI make nothing of."""

from __future__ import annotations

import pytest
from inspecting import report, said, settings

GUNICORN = "unknown-gunicorn-setting"
UWSGI = "unknown-uwsgi-option"


def gunicorn(text: str) -> dict[str, str]:
    return {**settings(), "gunicorn.conf.py": text}


def uwsgi(text: str) -> dict[str, str]:
    return {**settings(), "uwsgi.ini": f"[uwsgi]\nmodule = shop.wsgi\n{text}"}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("worker", "workers"),
        ("Workers", "workers"),
        ("WORKERS", "workers"),
        ("thread", "threads"),
        ("preload", "preload_app"),
        ("keep_alive", "keepalive"),
        ("max_request", "max_requests"),
        ("time_out", "timeout"),
        ("worker_clas", "worker_class"),
        ("gracefull_timeout", "graceful_timeout"),
    ],
)
def test_a_slip_for_a_setting(name: str, meant: str) -> None:
    (finding,) = report(GUNICORN, gunicorn(f"{name} = 3\n")).findings
    assert finding.message.startswith(f"{name} is no setting of gunicorn")
    assert [(edit.span.text, edit.text) for edit in finding.fix.edits if finding.fix] == [(name, meant)]


@pytest.mark.parametrize(
    "text",
    [
        "workers = 3\n",
        "WORKERS = 3\nworkers = WORKERS\n",
        "worker = 3\nworkers = worker\n",
        "worker = 3\n\ndef when_ready(server):\n    print(worker)\n",
        "worker = 3\nworkers = 4\n",  # beside the setting
        "_workers = 3\n",
        "cpu_count = 4\nproject = 'shop'\nname = 'shop'\nport = 8000\nmax_workers = 3\nworker_count = 2\n",
        "worker = 3\nbind = globals()['worker']\n",
        "import timeouts\n",
        "for thread in range(3):\n    pass\n",
    ],
)
def test_variables_of_ones_own(text: str) -> None:
    assert said(GUNICORN, gunicorn(text)) == []


def test_every_line_that_binds_the_name_is_renamed() -> None:
    (finding,) = report(GUNICORN, gunicorn("if True:\n    worker = 3\nelse:\n    worker = 4\n")).findings
    assert finding.fix is not None
    assert [edit.span.line for edit in finding.fix.edits] == [2, 4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("process = 4\n", ["process"]),
        ("buffer_size = 4096\n", ["buffer_size"]),
        ("owner = shop\n", ["owner"]),
        ("owner = shop\nprocname = %(owner)\n", []),
        ("processes = 4\nworkers = 3\n", []),
        ("plugin = of_our_own\nprocess = 4\n", []),  # it may be the plugin's
        ("ini = /etc/uwsgi/base.ini\nowner = shop\n", []),  # what refers to it may be there
    ],
)
def test_options_uwsgi_ignores(text: str, expected: list[str]) -> None:
    lines = said(UWSGI, uwsgi(text))
    assert lines == [
        f"warning certain: uWSGI knows no option {name} and ignores it without a word" for name in expected
    ]


def test_under_strict_it_does_not_start() -> None:
    assert said(UWSGI, uwsgi("strict = true\nprocess = 4\n")) == [
        "error certain: uWSGI knows no option process and does not start (strict)"
    ]


def test_the_rename_is_offered_where_it_is_clear() -> None:
    slip, own = report(UWSGI, uwsgi("process = 4\nowner = shop\n")).findings
    assert slip.fix is not None
    assert [(edit.span.text, edit.text) for edit in slip.fix.edits] == [("process", "processes")]
    assert own.fix is None
