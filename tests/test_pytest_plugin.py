"""`pytest --connlint` in projects of its own, with the plugin that pytest finds by itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = "pytester"

SETTINGS = """
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.internal", "CONN_MAX_AGE": 60,
                         "CONN_HEALTH_CHECKS": True, "OPTIONS": {"pool": %s}}}
"""
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"


def project(pytester: pytest.Pytester, *, pool: bool = False, expected: str = "", more: str = "") -> None:
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\n{expected}\n[tool.connlint]\n{more}\n")
    files = {
        "manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": SETTINGS % pool, "shop/wsgi.py": MANAGE,
        "gunicorn.conf.py": "workers = 3\nthreads = 4\nworker_class = 'gthread'\n",
        "postgresql.conf": "max_connections = 100\n", "test_shop.py": "def test_shop():\n    pass\n",
    }  # fmt: skip
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_nothing_happens_unless_it_is_asked_for(pytester: pytest.Pytester) -> None:
    project(pytester, pool=True, expected="connlint_max_connections = ['1']")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_findings_are_a_test_that_fails_with_their_text(pytester: pytest.Pytester) -> None:
    project(pytester, pool=True)
    result = pytester.runpytest_subprocess("--connlint")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*connlint::findings*", "error[[]pool-with-persistent-connections[]]: *", " --> shop/settings.py:2:*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_project_without_findings_passes(pytester: pytest.Pytester) -> None:
    project(pytester)
    pytester.runpytest_subprocess("--connlint").assert_outcomes(passed=2)


def test_what_is_asked_for_is_compared_with_what_is_expected(pytester: pytest.Pytester) -> None:
    project(pytester, expected="connlint_max_connections = ['12']")
    pytester.runpytest_subprocess("--connlint").assert_outcomes(passed=3)
    project(pytester, expected="connlint_max_connections = ['11']")
    result = pytester.runpytest_subprocess("--connlint")
    result.assert_outcomes(passed=2, failed=1)
    said = "*: db.internal may be asked for 12 = 3 (gunicorn.conf.py:1) x 4 (gunicorn.conf.py:2) connections, expected at most 11 (connlint_max_connections)"
    result.stdout.fnmatch_lines([said])


def test_a_deploy_counts_too(pytester: pytest.Pytester) -> None:
    project(pytester, expected="connlint_max_connections = ['12']", more="processes.web = { replicas = 1, surge = 1 }")
    pytester.runpytest_subprocess("--connlint", "-k", "max_connections").assert_outcomes(failed=1, deselected=2)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("['db.internal = 11', '500']", "*db.internal may be asked for 12 *expected at most 11*"),
        ("['db.external = 11']", "connlint_max_connections: there is no server db.external; known are: db.internal"),
        ("['many']", "connlint_max_connections: expected a number, or SERVER = NUMBER, found 'many'"),
    ],
)
def test_an_expectation_may_name_its_server(pytester: pytest.Pytester, lines: str, said: str) -> None:
    project(pytester, expected=f"connlint_max_connections = {lines}")
    result = pytester.runpytest_subprocess("--connlint")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([said])


def test_a_mistaken_configuration_fails_with_its_line(pytester: pytest.Pytester) -> None:
    project(pytester, more="cpu = 4")
    result = pytester.runpytest_subprocess("--connlint")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(['pyproject.toml:4: unknown key "cpu" in [[]tool.connlint[]]*'])


def test_a_project_with_nothing_to_analyse_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it():\n    pass\n")
    pytester.runpytest_subprocess("--connlint").assert_outcomes(passed=1, failed=1)


def test_several_workers_run_it_once(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist", reason="needs pytest-xdist")
    project(pytester, pool=True, expected="connlint_max_connections = ['11']")
    pytester.runpytest_subprocess("--connlint", "-n", "2").assert_outcomes(passed=1, failed=2)


def test_being_installed_imports_no_room_of_connlint(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\ndef test_it():\n    assert {m for m in sys.modules if m.startswith('connlint')} <= {'connlint', 'connlint.pytest_plugin'}\n"
    )
    run = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=pytester.path, capture_output=True, check=False)
    assert run.returncode == 0, run.stdout
