"""What docs/django.md tells people to type is what works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django.core", reason="needs Django")

from django_projects import manage, postgresql, project

from connlint.rulebook import rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT.joinpath("docs", "django.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.S | re.M)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the settings that the document shows, whose database does not answer."""
    folder = tmp_path_factory.mktemp("site")
    settings = "\n".join(block for block in blocks("python") if "INSTALLED_APPS" not in block)
    expected = "".join(blocks("toml"))
    files = {
        "test_it.py": "def test_it():\n    pass\n",
        "pyproject.toml": f"{expected}\n[tool.connlint]\ncpus = 4\n",
        "gunicorn.conf.py": "workers = 2\n",
        "postgresql.conf": "max_connections = 100\n",
        "shop/wsgi.py": "import django\n",
    }
    return project(folder, f"{postgresql(HOST='127.0.0.1', PORT=1)}\n{settings}", files)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_document_works(line: str, site: Path) -> None:
    words = shlex.split(line)
    if words[:2] == ["pip", "install"]:
        (package,) = words[2:]
        extra = package.removeprefix("connlint[").removesuffix("]")
        stated = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text(encoding="utf-8"))
        assert extra in stated["project"]["optional-dependencies"]
    elif words[0] == "pytest":
        run = subprocess.run([sys.executable, "-m", *words], cwd=site, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    else:
        assert words[:2] == ["python", "manage.py"]
        code, out, err = manage(site, *words[2:])
        if "--database" in words:
            assert code == 2
            assert "default" in out + err
        else:
            assert (code, err if "connlint" in words[2] else "") == (0, "")


def test_every_id_that_the_document_names_is_a_rule() -> None:
    names = set(re.findall(r'"connlint\.([a-z-]+)"', TEXT)) - {"django"}
    assert names
    assert names <= {rule.name for rule in rules()}
