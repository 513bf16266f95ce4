"""`manage.py connlint` is the command line of connlint, with the settings that are loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django.core", reason="needs Django")

from django_projects import manage, postgresql, project

POOL = postgresql(CONN_MAX_AGE=60, OPTIONS={"pool": True})


def connlint(folder: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {**os.environ, "NO_COLOR": "1", "CONNLINT_CACHE_DIR": str(folder.parent / "cache")}
    run = subprocess.run([sys.executable, "-m", "connlint", *arguments], cwd=folder, env=environment, capture_output=True,
                         text=True, check=False)  # fmt: skip
    return run.returncode, run.stdout, run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",), ("check", "--output-format", "json"), ("check", "--select", "lifetimes"), ("check", "--statistics"),
        ("budget",), ("show",), ("show", "--output-format", "json"), ("check", "--nonsense"), ("rules",), ("--version",),
        ("explain", "pool-with-persistent-connections"), ("check", "--exit-zero"), ("check", "--settings", "shop.settings"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_output_and_exit_code_are_those_of_connlint(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """As long as the loaded settings are what their file says."""
    folder = project(tmp_path / "site", POOL)
    assert manage(folder, "connlint", *arguments) == connlint(folder, *arguments)


def test_without_a_command_it_checks(tmp_path: Path) -> None:
    folder = project(tmp_path, POOL)
    assert manage(folder, "connlint") == manage(folder, "connlint", "check")
    assert manage(folder, "connlint", "--exit-zero")[0] == 0


def test_help_is_that_of_connlint(tmp_path: Path) -> None:
    folder = project(tmp_path, POOL)
    for arguments in (("connlint", "--help"), ("help", "connlint")):
        code, out, _ = manage(folder, *arguments)
        assert (code, out.split()[:2]) == (0, ["usage:", "connlint"])


def test_djangos_own_options_are_understood(tmp_path: Path) -> None:
    folder = project(tmp_path, POOL)
    plain = manage(folder, "connlint", "check")
    assert manage(folder, "connlint", "check", "--verbosity", "2", "--traceback", "--no-color", "--pythonpath", ".") == plain  # fmt: skip
    assert "\x1b[" in manage(folder, "connlint", "check", "--force-color")[1]


def test_show_has_what_was_loaded_and_no_secret(tmp_path: Path) -> None:
    files = {"shop/vault.py": "import os\nAGE = os.getpid() and 60\n"}
    folder = project(tmp_path, f"from shop.vault import AGE\n{postgresql(CONN_MAX_AGE='<AGE>', USER='someone-secret')}", files)  # fmt: skip
    code, out, _ = manage(folder, "connlint", "show", "--output-format", "json")
    assert code == 0
    (settings,) = json.loads(out)["settings"]
    age = settings["databases"]["default"]["CONN_MAX_AGE"]
    assert (age["value"], age["certainty"]) == (60, "declared")
    assert "someone-secret" not in out


def test_a_password_that_stands_in_other_settings_is_masked(tmp_path: Path) -> None:
    folder = project(tmp_path, postgresql(HOST="db-correct-horse-battery.internal", CONN_MAX_AGE="60"))
    assert manage(folder, "connlint", "check")[0] == 1  # `manage` looks for the password in every output


def test_call_command_writes_where_it_is_told_and_raises(tmp_path: Path) -> None:
    folder = project(tmp_path, POOL)
    code = (
        "import io, django; django.setup()\n"
        "from django.core.management import CommandError, call_command\n"
        "held = io.StringIO()\n"
        "call_command('connlint', 'check', '--exit-zero', stdout=held)\n"
        "assert 'pool-with-persistent-connections' in held.getvalue()\n"
        "try:\n    call_command('connlint', 'check', stdout=held)\n"
        "except CommandError as error:\n    print(error, error.returncode)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert (run.stdout, run.returncode) == ("connlint found mistakes 1\n", 0), run.stderr
