"""The hooks under the real pre-commit and prek: tried, installed, refusing a commit, and letting it pass once it is fixed.

Their environments are installed by pip, as for any user, which needs a package index; without one these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RUNNERS = {"pre-commit": "PRE_COMMIT_HOME", "prek": "PREK_HOME"}  # and where each keeps its environments
SHIPPED = (
    "connlint",
    "rules",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".pre-commit-hooks.yaml",
    "pre-commit-hooks.yaml",
)
ENOUGH = 300  # seconds for one command, which may build an environment
UNREACHABLE = ("No matching distribution", "Could not find a version", "NewConnectionError", "Failed to fetch",
               "error sending request", "Could not resolve host", "No solution found", "dns error")  # fmt: skip
BROKEN = """\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db",
        "CONN_MAX_AGE": "60",
        "CONN_HEALTH_CHECKS": True,
    }
}
"""
CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: v1
    hooks:
      - id: connlint
      - id: connlint-fix
        stages: [manual]
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("hooks"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


@dataclass(frozen=True)
class Hooks:
    """A runner of hooks, the repository it takes them from, and a project that uses them."""

    runner: str
    repository: Path
    project: Path
    environment: dict[str, str]

    def run(self, *command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder or self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=ENOUGH,
            check=False,
        )

    def runs(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the runner; skips the test where its environment cannot be installed here."""
        found = shutil.which(self.runner, path=self.environment["PATH"])
        assert found is not None
        done = self.run(found, *arguments)
        told = done.stdout + done.stderr
        if done.returncode and any(words in told for words in UNREACHABLE):
            pytest.skip(f"{self.runner} cannot install an environment here: no package index answers")
        return done

    def git(self, *arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return self.run("git", *arguments, folder=folder)


@pytest.fixture(scope="module", params=RUNNERS)
def hooks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Hooks:
    """The hooks in a repository of their own, tagged, and a project with a mistake that uses them."""
    runner: str = request.param
    binaries = Path(sys.executable).parent
    if shutil.which(runner, path=f"{binaries}{os.pathsep}{os.environ['PATH']}") is None:
        pytest.skip(f"{runner} is not installed")
    folder = tmp_path_factory.mktemp(runner)
    kept = {
        n: v
        for n, v in os.environ.items()
        if not n.startswith(("GIT_", "PYTHON", "PYTEST", "PRE_COMMIT", "PREK", "COV"))
    }
    identity = {
        f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {
        **kept, **identity, RUNNERS[runner]: str(folder / "home"), "GIT_CONFIG_GLOBAL": os.devnull,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", "GIT_ALLOW_PROTOCOL": "file",
    }  # fmt: skip
    made = Hooks(runner, folder / "hooks", folder / "project", environment)
    made.repository.mkdir()
    made.project.mkdir()
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, made.repository / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, made.repository / name)
    for each in (made.repository, made.project):
        made.git("init", "--quiet", folder=each)
    made.git("add", "--all", folder=made.repository)
    made.git("commit", "--quiet", "--message", "hooks", folder=made.repository)
    made.git("tag", "v1", folder=made.repository)
    (made.project / ".pre-commit-config.yaml").write_text(
        CONFIGURATION.format(repository=made.repository), encoding="utf-8"
    )
    (made.project / "shop").mkdir()
    (made.project / "shop/__init__.py").touch()
    (made.project / "shop/settings.py").write_text(BROKEN, encoding="utf-8")
    (made.project / "gunicorn.conf.py").write_text("workers = 2\n", encoding="utf-8")
    made.git("add", "--all")
    return made


def test_a_commit_is_refused_until_the_mistake_is_fixed(hooks: Hooks) -> None:
    installed = hooks.runs("install", "--install-hooks")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    refused = hooks.git("commit", "--message", "shop")
    assert refused.returncode == 1
    assert "error[wrong-setting-type]" in refused.stdout + refused.stderr
    assert hooks.git("rev-parse", "--verify", "HEAD").returncode != 0
    fixed = hooks.runs("run", "connlint-fix", "--hook-stage", "manual", "--all-files")
    assert fixed.returncode == 1  # the hook has changed a file, which is not staged yet
    assert '"CONN_MAX_AGE": 60,' in (hooks.project / "shop/settings.py").read_text(encoding="utf-8")
    hooks.git("add", "--update")
    passed = hooks.git("commit", "--message", "shop")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert hooks.git("rev-parse", "--verify", "HEAD").returncode == 0


def test_a_commit_that_concerns_no_such_file_is_not_checked(hooks: Hooks) -> None:
    hooks.git("commit", "--no-verify", "--quiet", "--message", "everything so far")
    (hooks.project / "models.py").write_text("A = 1\n", encoding="utf-8")
    hooks.git("add", "models.py")
    ran = hooks.runs("run", "connlint")
    assert ran.returncode == 0
    assert "no files to check" in ran.stdout


def test_the_hooks_can_be_tried_from_a_clone_without_symbolic_links(hooks: Hooks, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    hooks.git("-c", "core.symlinks=false", "clone", "--quiet", hooks.repository, clone, folder=tmp_path)
    assert not (clone / ".pre-commit-hooks.yaml").is_symlink()
    (hooks.project / "shop/settings.py").write_text(BROKEN, encoding="utf-8")
    ran = hooks.runs("try-repo", clone, "connlint", "--all-files")
    assert ran.returncode == 1
    assert "error[wrong-setting-type]" in ran.stdout, ran.stderr
    assert ran.stdout.count("error[wrong-setting-type]") == 1  # once for the project, however many files there are
