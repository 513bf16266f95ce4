"""The extension for VS Code: what it starts, and that it can be built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from connlint import __version__

FOLDER = Path(__file__).resolve().parents[2] / "editors" / "vscode"
MODULES = "CONNLINT_NODE_MODULES"  # names a folder in which `npm install` of the extension's package.json was run
ENOUGH = 120  # seconds


def test_it_has_the_version_of_connlint_and_the_settings_that_it_reads() -> None:
    package = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    code = (FOLDER / "src" / "extension.js").read_text(encoding="utf-8")
    assert package["version"] == __version__
    for name in package["contributes"]["configuration"]["properties"]:
        assert f'get("{name.removeprefix("connlint.")}"' in code
    for command in package["contributes"]["commands"]:
        assert f'registerCommand("{command["command"]}"' in code


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_it_starts_the_server_of_the_workspace() -> None:
    environment = {**os.environ, "CONNLINT_PYTHON": sys.executable}
    command = ["node", "--test", "test/"]
    done = subprocess.run(
        command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=ENOUGH, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "# skipped 0" in done.stdout


@pytest.mark.skipif(not os.environ.get(MODULES), reason=f"{MODULES} names no folder with the tools that build it")
def test_it_can_be_built(tmp_path: Path) -> None:
    built = Path(shutil.copytree(FOLDER, tmp_path / "vscode", ignore=shutil.ignore_patterns("node_modules", "dist")))
    (built / "node_modules").symlink_to(Path(os.environ[MODULES]).resolve())
    done = subprocess.run(
        ["npm", "run", "package"], cwd=built, capture_output=True, text=True, timeout=ENOUGH, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(built / "connlint.vsix") as archive:
        names = set(archive.namelist())
    assert {"extension/package.json", "extension/dist/extension.js"} <= names
    assert not any(name.startswith(("extension/src", "extension/test", "extension/node_modules")) for name in names)
