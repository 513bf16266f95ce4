"""Small Django projects on the disk, and `manage.py` run in them by a Python that has Django."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
# Set and never printed: each test that looks at output looks for it, too.
PASSWORD = "correct-horse-battery"


def project(folder: Path, settings: str, files: Mapping[str, str] | None = None) -> Path:
    """A project with these settings, which stand below INSTALLED_APPS with `connlint.django`."""
    written = {
        "manage.py": MANAGE,
        "pyproject.toml": "[tool.connlint]\ncpus = 4\n",
        "shop/__init__.py": "",
        "shop/urls.py": "urlpatterns = []\n",
        "shop/settings.py": f"import os\nSECRET_KEY = 'x'\nUSE_TZ = True\nROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = ['connlint.django']\n{settings}\n",
        **(files or {}),
    }
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def postgresql(**settings: object) -> str:
    """DATABASES with one alias, whose values may be names of the module in angle brackets: `<os.environ["X"]>`."""
    every = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "PASSWORD": PASSWORD, **settings}
    text = ", ".join(f"{key!r}: {value[1:-1] if _is_code(value) else repr(value)}" for key, value in every.items())
    return f"DATABASES = {{'default': {{{text}}}}}"


def _is_code(value: object) -> bool:
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


def manage(folder: Path, *arguments: str, where: Path | None = None, **environment: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `manage.py` with these arguments; no output ever shows the password."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "CONNLINT", "COV"))}
    command = [sys.executable, str(folder / "manage.py"), *arguments]
    run = subprocess.run(command, cwd=where or folder, env={**kept, "NO_COLOR": "1", **environment}, capture_output=True,
                         text=True, check=False, timeout=120)  # fmt: skip
    assert PASSWORD not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr, run.stderr
    return run.returncode, run.stdout, run.stderr
