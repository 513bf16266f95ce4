"""The configurations of docs/editors.md, in the editors that are installed here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from commands import run
from lsp_client import laid

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "editors.md").read_text(encoding="utf-8")
ENOUGH = 90  # seconds
FILES = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/settings.py": (
        'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.internal", "CONN_MAX_AGE": -5}}\n'
    ),
    "uwsgi.ini": "[uwsgi]\n# \U0001f418\nmodule = shop.wsgi\nlazy-apps = true\nprocesses = 9\nthreads = 12\n",
    "connlint.toml": "[servers.primary]\nhost = 'db.internal'\nmax-connections = 100\nreserved = 3\n",
}


def block(editor: str, language: str) -> str:
    """The code of an editor's section."""
    section = PAGE.split(f"\n## {editor}\n", 1)[1].split("\n## ", 1)[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.S)
    assert found is not None, editor
    return found[1]


def ran(command: list[str], folder: Path) -> str:
    """What a command prints, with this environment's connlint on the path and a home of its own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "HOME": str(folder / "home"), "XDG_CONFIG_HOME": str(folder / "home")}
    (folder / "home").mkdir(exist_ok=True)
    done = subprocess.run(
        command, cwd=folder / "project", env=environment, capture_output=True, text=True, timeout=ENOUGH, check=False
    )
    return done.stdout + done.stderr


NEOVIM = """
vim.cmd("edit uwsgi.ini")
local found = {}
vim.wait(60000, function()
  found = vim.diagnostic.get(0)
  return #found > 0
end, 50)
for _, each in ipairs(found) do print(string.format("%d:%d %s\\n", each.lnum, each.col, each.source)) end
vim.api.nvim_buf_set_lines(0, 5, 6, false, { "threads = 1" })
local gone = vim.wait(60000, function()
  for _, each in ipairs(vim.diagnostic.get(0)) do
    if each.message:find("108") then return false end
  end
  return true
end, 50)
print("repaired " .. tostring(gone) .. "\\n")
vim.cmd("qall!")
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed")
def test_neovim_shows_what_is_wrong_and_that_it_is_repaired(tmp_path: Path) -> None:
    laid(tmp_path / "project", FILES)
    (tmp_path / "init.lua").write_text(block("Neovim", "lua") + NEOVIM, encoding="utf-8")
    told = ran(["nvim", "--clean", "--headless", "-c", f"luafile {tmp_path / 'init.lua'}"], tmp_path)
    assert "4:12 connlint" in told, told  # the process count, below a line with an elephant
    assert "repaired true" in told, told


EMACS = """
(find-file "shop/settings.py")
(python-mode)
(apply #'eglot (eglot--guess-contact))
(flymake-mode 1)
(let ((until (+ (float-time) 60)))
  (while (and (null (flymake-diagnostics)) (< (float-time) until))
    (flymake-start)
    (accept-process-output nil 0.2)))
(dolist (each (flymake-diagnostics))
  (princ (format "%d %s %s\\n" (flymake-diagnostic-beg each) (flymake-diagnostic-type each)
                 (car (split-string (flymake-diagnostic-text each) "\\n")))))
(ignore-errors (eglot-shutdown (eglot-current-server)))
(kill-emacs 0)
"""


HELIX, SUBLIME, ZED, CODE = ("Helix", "toml"), ("Sublime Text", "json"), ("Zed", "json"), ("VS Code", "json")


def test_helix_and_sublime_text_start_the_command_that_there_is() -> None:
    helix = tomllib.loads(block(*HELIX))
    assert helix["language-server"]["connlint"] == {"command": "connlint", "args": ["server"]}
    assert all("connlint" in language["language-servers"] for language in helix["language"])
    assert json.loads(block(*SUBLIME))["clients"]["connlint"]["command"] == ["connlint", "server"]


def test_the_tasks_match_what_the_command_prints(tmp_path: Path) -> None:
    """The problem matcher of VS Code reads every finding of the concise output, and nothing else."""
    project = laid(tmp_path / "project", FILES)
    (task,) = json.loads(block(*CODE))["tasks"]
    (zed,) = json.loads(block(*ZED))
    assert task["command"] == zed["command"]
    pattern = task["problemMatcher"]["pattern"]
    command, *arguments = task["command"].split()
    lines = run(*arguments, str(project)).out.splitlines()
    found = [match for match in map(re.compile(pattern["regexp"]).match, lines) if match]
    findings = json.loads(run("check", str(project), "--output-format", "json").out)["findings"]
    assert command == "connlint"
    assert [
        (m[pattern["file"]], int(m[pattern["line"]]), m[pattern["severity"]], m[pattern["code"]]) for m in found
    ] == [(f["location"]["path"], f["location"]["line"], f["severity"], f["rule"]) for f in findings]


def has_eglot() -> bool:
    if shutil.which("emacs") is None:
        return False
    command = ["emacs", "--batch", "-f", "package-initialize", "--eval", "(require 'eglot)"]
    return subprocess.run(command, capture_output=True, timeout=ENOUGH, check=False).returncode == 0


@pytest.mark.skipif(not has_eglot(), reason="Emacs with Eglot is not installed")
def test_emacs_shows_what_is_wrong(tmp_path: Path) -> None:
    laid(tmp_path / "project", FILES)
    subprocess.run(["git", "init", "-q", str(tmp_path / "project")], check=True)  # what Emacs takes for a project
    (tmp_path / "init.el").write_text(block("Emacs", "elisp") + EMACS, encoding="utf-8")
    told = ran(["emacs", "--batch", "-f", "package-initialize", "-l", str(tmp_path / "init.el")], tmp_path)
    done = run("check", str(tmp_path / "project" / "shop" / "settings.py"), "--output-format", "json", "--no-cache")
    first = [f["message"] for f in json.loads(done.out)["findings"] if f["location"]["path"] == "shop/settings.py"]
    assert first
    assert all(message[:60] in told for message in first), (first, told)
    assert "eglot-" in told
