"""Real projects' uWSGI files: all are read, and some values were worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from connlint.formats.document import Document
from connlint.formats.uwsgi.reader import read_uwsgi
from connlint.project.tree import Tree

from .uwsgi_reading import CPUS, env

SHARED = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "configs" / "uwsgi"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus is not beside this checkout")


def load(name: str, **variables: object) -> Document:
    tree = Tree(SHARED)
    return read_uwsgi(tree.read(name), tree, environment=env(**variables), cpus=CPUS)


def test_every_file_is_read() -> None:
    names = sorted(path.name for path in SHARED.iterdir())
    assert len(names) >= 36
    for name in names:
        document = load(name)
        assert document.entries, name
        assert not any(problem.fatal for problem in document.problems), name


@pytest.mark.parametrize(
    ("name", "variables", "values"),
    [
        ("0mk1__gifz-api__uwsgi.ini", {}, {"processes": 4, "http": ("0.0.0.0:8000",), "chmod-socket": "666"}),
        ("TencentBlueKing__bk-monitor__bklog__support-files__uwsgi.ini", {},
         {"processes": 16, "cheaper": 4, "cheaper-step": 2, "cheaper-algo": "busyness", "max-requests": 1024}),
        ("healthchecks__healthchecks__docker__uwsgi.ini", {},
         {"processes": 4, "threads": 1, "harakiri": 10, "strict": True, "http-socket": (":8000",), "master": True,
          "attach-daemon": ("./manage.py sendalerts --skip-checks", "./manage.py sendreports --loop --skip-checks")}),
        ("healthchecks__healthchecks__docker__uwsgi.ini",
         {"UWSGI_PROCESSES": "9", "LISTEN_IPV6": "", "SMTPD_PORT": "25"},
         {"processes": 9, "http-socket": ("[::]:8000",),
          "attach-daemon": ("./manage.py sendalerts --skip-checks", "./manage.py sendreports --loop --skip-checks",
                            "./manage.py smtpd --port 25 --skip-checks")}),
        ("kobotoolbox__kpi__docker__uwsgi.ini", {"UWSGI_WORKERS_COUNT": "6", "UWSGI_CHEAPER_WORKERS_COUNT": "3"},
         {"processes": 6, "cheaper": 3, "cheaper-initial": 3, "cheaper-rss-limit-soft": 2147483648,
          "post-buffering": 0}),
        ("mitodl__micromasters__uwsgi.ini", {"UWSGI_THREADS": "5"},
         {"processes": 2, "threads": 5, "harakiri": 60, "vacuum": True, "wsgi-file": "micromasters/wsgi.py"}),
        ("unbit__uwsgi__examples__welcome.ini", {"PORT": "1"},
         {"processes": 4, "module": "welcome", "master": True, "socket": (":1", "/tmp/uwsgi_welcome.socket")}),
        ("unbit__uwsgi__examples__zmqgevent.ini", {}, {"gevent": 1000}),
        ("unbit__uwsgi__examples__werkzeug.yml", {}, {"processes": 8, "master": True}),
        ("unbit__uwsgi__vassals__multi.xml", {},
         {"processes": 4, "socket": ("127.0.0.1:3039", "/tmp/app001.sock2")}),
        ("wagtail__bakerydemo__etc__uwsgi.ini", {"PORT": "80"},
         {"processes": 2, "threads": 4, "lazy-apps": True, "http-socket": (":80",)}),
    ],
)  # fmt: skip
def test_values(name: str, variables: dict[str, str], values: dict[str, object]) -> None:
    settings = load(name, **variables).settings
    assert {key: settings[key].only for key in values} == values
