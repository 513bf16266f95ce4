"""How many of something fit: `connlint budget --max`."""

from __future__ import annotations

from connlint.deployment.fitting import Fit, most_that_fit
from connlint.engine import Options, inspect
from connlint.project.tree import Tree

SETTINGS = """
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.internal", "CONN_MAX_AGE": 60}}
"""


def fitting(count: str, declared: str = "", gunicorn: str = "workers = 4\nthreads = 5\n", **more: str) -> Fit | None:
    files = {
        "shop/settings.py": SETTINGS,
        "gunicorn.conf.py": gunicorn,
        "pyproject.toml": f'[tool.connlint]\nsettings = ["shop.settings"]\n{declared}',
        **more,
    }
    report = inspect(Tree(None, files), Options())
    return most_that_fit(report.deployments[0], "web", count)


LIMIT = "servers.db.max-connections = 100\nservers.db.reserved = 3\n"


def test_the_last_number_before_the_limit() -> None:
    fit = fitting("replicas", LIMIT)  # 97 of 4 x 5 each
    assert fit is not None
    assert (fit.most, fit.key) == (4, "processes.web.replicas")
    assert fit.at is not None
    assert (fit.at.steady.only, fit.at.usable.only, fit.at.verdict) == (100, 97, "exceeds")


def test_exactly_the_limit_fits() -> None:
    fit = fitting("replicas", "servers.db.max-connections = 60\nservers.db.reserved = 0\n")
    assert fit is not None
    assert fit.most == 3


def test_a_deploy_counts() -> None:
    fit = fitting("replicas", LIMIT + "processes.web.surge = 2\n")
    assert fit is not None
    assert fit.most == 2


def test_the_processes_and_threads_of_a_group_likewise() -> None:
    processes, threads = fitting("processes", LIMIT), fitting("threads", LIMIT)
    assert processes is not None
    assert threads is not None
    assert (processes.most, threads.most) == (19, 24)


def test_none_may_fit() -> None:
    fit = fitting("replicas", "servers.db.max-connections = 10\nservers.db.reserved = 0\n")
    assert fit is not None
    assert fit.most == 0


def test_a_limit_that_nobody_knows() -> None:
    fit = fitting("replicas")
    assert fit is not None
    assert fit.most is None
    assert fit.unknown == "max_connections of db.internal is not known"


def test_a_process_that_nobody_knows() -> None:
    report = inspect(Tree(None, {"shop/settings.py": SETTINGS}), Options(settings=("shop.settings",)))
    assert most_that_fit(report.deployments[0], "worker", "replicas") is None
