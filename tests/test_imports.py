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


def imported_by_check(folder: Path, settings: str) -> set[str]:
    """The modules loaded at the end of a check of a project with these settings, those that code imports by name too."""
    (folder / "settings.py").write_text(settings)
    code = "import sys; from connlint.cli import main; main(['check', '--exit-zero']); print(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True)
    return set(run.stderr.split())


def test_a_check_imports_only_the_readers_and_models_of_what_the_project_has(tmp_path: Path) -> None:
    """Each server, library and output that is not there would cost every run as much as parsing a settings module."""
    found = imported_by_check(
        tmp_path,
        "import os\nfrom pathlib import Path\nBASE = Path(__file__).parent\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ.get('NAME', 'shop')}}\n",
    )
    assert "connlint.python.models.paths" in found
    readers = {f"connlint.formats.{server}.reader" for server in ("mysql", "pgbouncer", "postgresql", "uwsgi")}
    models = {f"connlint.python.{model}" for model in ("models.configurations", "models.ini", "models.pydantic")}
    bridges = {module for module in found if module.startswith("connlint.python.bridges.")}
    writers = {f"connlint.report.{writer}" for writer in ("json", "github", "difference", "pages")}
    assert found & (readers | models | writers) == set()
    assert bridges <= {"connlint.python.bridges.shared"}
    assert found & {"configparser", "decimal", "difflib", "json", "logging", "textwrap", "uuid", "yaml"} == set()
    assert found & {"dataclasses", "inspect", "shutil", "lzma", "tempfile", "hashlib"} == set()


@pytest.mark.parametrize(
    ("code", "model"),
    [
        ("import environ\nAGE = environ.Env().int('AGE', 0)", "connlint.python.bridges.environ"),
        ("import decimal\nAGE = int(decimal.Decimal('60'))", "decimal"),
    ],
    ids=["a library", "the standard library"],
)
def test_what_the_settings_use_is_imported(code: str, model: str, tmp_path: Path) -> None:
    databases = "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'CONN_MAX_AGE': AGE}}"
    assert model in imported_by_check(tmp_path, f"{code}\n{databases}\n")


def test_help_reads_no_rule_and_no_project(nothing: set[str]) -> None:
    extra = imported("-c", "from connlint.cli import main; main(['--help'])") - nothing
    assert {module for module in extra if module.startswith(("connlint.checks", "connlint.engine"))} == set()


def test_running_as_a_module_imports_nothing_of_the_linted_folder(tmp_path: Path) -> None:
    """`python -m` puts the current folder on the path; a stranger's `json.py` there must not run."""
    for name in ("json", "argparse", "difflib", "tomllib", "decimal", "dj_database_url"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('executed')\n", encoding="utf-8")
    (tmp_path / "settings.py").write_text('DATABASES = {"default": {"CONN_MAX_AGE": 60}}\n', encoding="utf-8")
    (tmp_path / "connlint.toml").write_text('settings = ["settings"]\n', encoding="utf-8")
    command = [sys.executable, "-m", "connlint", "show", "--output-format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "executed" not in done.stderr
    assert '"CONN_MAX_AGE"' in done.stdout


def test_a_repeated_answer_costs_little_more_than_the_interpreter(tmp_path: Path, nothing: set[str]) -> None:
    """A warm run has looked at every file before it loads an engine, an argument parser or even `typing`."""
    (tmp_path / "settings.py").write_text("DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n")
    code = "import sys; sys.argv = ['connlint', 'check']; from connlint.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    cold, warm = (
        set(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
            ).stderr.split()
        )
        for _ in range(2)
    )
    assert "connlint.engine" in cold
    ours = {"connlint", "connlint.cli", "connlint.cli.cache", "connlint.cli.place", "connlint.cli.terminal", "connlint.project", "connlint.project.seen"}  # fmt: skip
    assert {module for module in warm - nothing if module.startswith("connlint")} == ours
    assert warm & {"argparse", "dataclasses", "enum", "hashlib", "json", "re", "typing"} == nothing & {
        "enum",
        "re",
        "typing",
    }
