"""Starting costs little: what a command does not need is not imported. By names, since times differ by machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"argparse", "ast", "asyncio", "dataclasses", "django", "gettext", "importlib.metadata", "importlib.resources", "inspect",
         "json", "libcst", "logging", "pathlib", "pydoc", "re", "shutil", "subprocess", "tomllib", "tomli", "typing", "unittest", "yaml"}  # fmt: skip
NEVER = {"asyncio", "django", "libcst", "logging", "multiprocessing", "pydoc", "subprocess", "unittest"}


def imported(*arguments: str, folder: Path | None = None) -> set[str]:
    """The modules that a fresh interpreter imports while it runs with `arguments`."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, cwd=folder, check=False
    )
    assert run.returncode in (0, 1), run.stderr
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.fixture(scope="module")
def nothing() -> set[str]:
    """What Python imports to do nothing."""
    return imported("-c", "pass")


def test_importing_the_package_imports_nothing_else(nothing: set[str]) -> None:
    assert imported("-c", "import connlint") - nothing == {"connlint"}


def test_the_version_costs_no_more_than_the_interpreter(nothing: set[str]) -> None:
    extra = imported("-c", "from connlint.cli import main; main(['--version'])") - nothing
    assert extra & HEAVY == set()
    assert {module for module in extra if module.startswith("connlint")} == {"connlint", "connlint.cli"}


def test_running_the_package_as_a_module_imports_little_more(nothing: set[str]) -> None:
    extra = imported("-m", "connlint", "--version") - nothing
    assert {module for module in extra if module.startswith("connlint")} <= {
        "connlint",
        "connlint.cli",
        "connlint.__main__",
    }
    assert extra & {"argparse", "dataclasses", "re", "json", "yaml", "libcst"} == set()


@pytest.mark.parametrize("command", ["check", "budget", "show"])
def test_no_command_imports_what_it_does_not_use(command: str, tmp_path: Path, nothing: set[str]) -> None:
    """A project without YAML or TOML needs no reader of them; nothing is ever started, and Django never imported."""
    (tmp_path / "settings.py").write_text("DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n")
    extra = (
        imported("-c", f"from connlint.cli import main; raise SystemExit(main([{command!r}]))", folder=tmp_path)
        - nothing
    )
    assert "connlint.engine" in extra
    assert extra & (NEVER | {"yaml", "xml.etree.ElementTree", "xml.parsers.expat"}) == set()


def test_help_reads_no_rule_and_no_project(nothing: set[str]) -> None:
    extra = imported("-c", "from connlint.cli import main; main(['--help'])") - nothing
    assert {module for module in extra if module.startswith(("connlint.checks", "connlint.engine"))} == set()
