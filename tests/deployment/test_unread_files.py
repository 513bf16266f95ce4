"""A file of which nothing can be read states nothing, and the defaults do not speak in its place."""

from __future__ import annotations

import pytest

from connlint.deployment.budget import limits
from connlint.engine import Options, inspect
from connlint.project.tree import Tree

SETTINGS = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "CONN_MAX_AGE": 60}}\n'
CONF = {"postgresql.conf": "max_connections = 100\n"}


@pytest.mark.parametrize(
    ("name", "text"), [("gunicorn.conf.py", "workers = 4\nthreads = \n"), ("uwsgi.xml", "<uwsgi><processes>4")]
)
def test_a_server_that_cannot_be_read(name: str, text: str) -> None:
    report = inspect(Tree(None, {"shop/__init__.py": "", "shop/settings.py": SETTINGS, name: text, **CONF}), Options())
    (limit,) = limits(report.deployments[0])
    assert limit.verdict == "unknown"
    assert report.deployments[0].groups[0].deadline is None
    assert [finding.rule for finding in report.findings] == ["unreadable-file"]


def test_a_database_server_that_cannot_be_read() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": SETTINGS,
        "gunicorn.conf.py": "",
        "postgresql.conf": "max_connections = 'a\n",
    }
    report = inspect(Tree(None, files), Options())
    (limit,) = limits(report.deployments[0])
    assert (limit.verdict, limit.usable.reason) == ("unknown", "postgresql.conf cannot be read")


def test_declared_threads_make_gunicorn_a_server_of_threads_whose_timeout_ends_no_request() -> None:
    files = {"shop/__init__.py": "", "shop/settings.py": SETTINGS}
    for threads, deadline in ((1, 30), (4, None)):
        declared = f'processes.web = {{ server = "gunicorn", processes = 2, threads = {threads} }}'
        (web,) = inspect(Tree(None, files), Options(overrides=(declared,))).deployments[0].groups
        assert (web.deadline.only if web.deadline is not None else None) == deadline
