"""`--diff-base`: what a branch changes, read from git's objects without running anything the repository says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from commands import laid_out, run

from connlint.project.history import NoHistory, past
from connlint.project.tree import Tree

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

CONFIGURATION = """\
[tool.connlint]
settings = ["shop.settings"]
[tool.connlint.servers.db]
host = "db"
max-connections = {}
reserved = 3
"""
PROJECT = {
    "pyproject.toml": CONFIGURATION.format(100),
    "shop/__init__.py": "",
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}\n',
    "gunicorn.conf.py": 'workers = 6\nthreads = 10\nworker_class = "gthread"\n',
}
SERVER = "server db, max_connections"


def git(folder: Path, *arguments: str) -> str:
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    command = ("git", "-C", str(folder), *who, *arguments)
    return subprocess.run(command, env={**os.environ, **alone}, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, files: dict[str, str]) -> None:
    laid_out(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "a change")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose branch `main` holds the project, and whose current branch nothing more yet."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, PROJECT)
    git(folder, "switch", "--quiet", "--create", "change")
    monkeypatch.chdir(folder)
    return folder


def workers(number: int) -> dict[str, str]:
    return {"gunicorn.conf.py": PROJECT["gunicorn.conf.py"].replace("6", str(number))}


class TestWhatIsSaid:
    def test_what_a_change_adds_at_each_limit(self, shop: Path) -> None:
        laid_out(shop, workers(7))
        ran = run("check", "--diff-base", "main")
        head = git(shop, "rev-parse", "main")[:8]
        assert ran.code == 0
        assert ran.out == (
            f"compared with main ({head}):\n  {SERVER}: this change adds 10 connections: 60 -> 70 of 97\n\n"
            "no mistakes found in 3 files (1 deployment)\n"
        )
        assert run("budget", "--diff-base", "main").out.endswith(
            f"  {SERVER}: this change adds 10 connections: 60 -> 70 of 97\n"
        )

    def test_a_change_that_changes_no_limit(self, shop: Path) -> None:
        laid_out(shop, {"README.md": "more\n"})
        assert "no limit is asked for more or less\n" in run("check", "--diff-base", "main").out

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            (workers(5), "this change removes 10 connections: 60 -> 50 of 97"),
            ({"pyproject.toml": CONFIGURATION.format(80)}, "60 as before of 77, which was 97"),
            ({"gunicorn.conf.py": "import os\nworkers = 6 if os.environ.get('A') else 7\nthreads = 10\n"}, ": 60 -> "),
            (
                {"pyproject.toml": CONFIGURATION.format(100) + "[tool.connlint.processes.web]\nreplicas = 2\n"},
                "adds 60",
            ),
        ],
    )
    def test_other_changes(self, shop: Path, files: dict[str, str], said: str) -> None:
        laid_out(shop, files)
        ran = run("check", "--diff-base", "main", "--exit-zero")
        assert said in ran.out, ran.told

    def test_only_findings_that_are_new_or_worse_are_reported(self, shop: Path) -> None:
        commit(shop, workers(12))
        assert run("check", "--diff-base", "main").code == 1
        git(shop, "branch", "--force", "main", "change")
        assert run("check").code == 1
        ran = run("check", "--diff-base", "main")
        assert (ran.code, ran.out.splitlines()[-1]) == (
            0,
            "no mistakes found in 3 files (1 deployment); 1 was there before",
        )
        laid_out(shop, {"gunicorn.conf.py": "\n\n\n" + workers(12)["gunicorn.conf.py"]})
        assert run("check", "--diff-base", "main").code == 0
        laid_out(shop, workers(13))
        ran = run("check", "--diff-base", "main")
        assert ran.code == 1
        assert "120 of 97 is what it was at main" in ran.out

    def test_what_counts_is_where_the_branch_left_and_not_what_main_has_become(self, shop: Path) -> None:
        git(shop, "switch", "--quiet", "main")
        commit(shop, workers(2))
        git(shop, "switch", "--quiet", "change")
        assert "no limit is asked for more or less" in run("check", "--diff-base", "main").out

    def test_as_json(self, shop: Path) -> None:
        laid_out(shop, workers(7))
        for command in ("check", "budget"):
            told = json.loads(run(command, "--diff-base", "main", "--output-format", "json").out)["diff_base"]
            assert (told["ref"], told["commit"]) == ("main", git(shop, "rev-parse", "main").strip())
            (limit,) = told["limits"]
            assert (limit["before"]["steady"]["value"], limit["after"]["steady"]["value"]) == (60, 70)
            assert limit["summary"] == f"{SERVER}: this change adds 10 connections: 60 -> 70 of 97"

    def test_for_a_workflow(self, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        laid_out(shop, workers(7))
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
        told = run("check", "--diff-base", "main", "--output-format", "github").out
        assert f"::{SERVER}: this change adds 10 connections: 60 -> 70 of 97\n" in told
        assert "this change adds 10 connections&#58; 60 -&#62; 70 of 97" in (tmp_path / "summary.md").read_text("utf-8")

    def test_a_project_that_was_not_there_yet(self, shop: Path) -> None:
        laid_out(shop, {f"new/{name}": text for name, text in {**PROJECT, **workers(12)}.items()})
        ran = run("check", "new", "--diff-base", "main")
        assert ran.code == 1
        assert f"{SERVER}: new, 120 of 97" in ran.out

    def test_a_configuration_that_was_mistaken(self, shop: Path) -> None:
        commit(shop, {"pyproject.toml": "[tool.connlint]\ncpu = 3\n"})
        git(shop, "branch", "--force", "main", "change")
        laid_out(shop, PROJECT)
        ran = run("check", "--diff-base", "main")
        assert "is mistaken: everything counts as new" in ran.err
        assert f"{SERVER}: new, 60 of 97" in ran.out

    def test_secrets_of_then_are_secrets(self, shop: Path) -> None:
        secret = "Zq7rVx9canary"
        with_secret = PROJECT["shop/settings.py"].replace('"HOST": "db"', f'"HOST": "db", "PASSWORD": "{secret}"')
        commit(
            shop,
            {
                "shop/settings.py": with_secret,
                f"{secret}.env": "A=1\n",
                "compose.yaml": f"services:\n  {secret}:\n    image: postgres\n",
            },
        )
        git(shop, "branch", "--force", "main", "change")
        for path in ("compose.yaml", f"{secret}.env"):
            (shop / path).unlink()
        laid_out(shop, PROJECT)
        for form in ("text", "json", "github"):
            assert secret not in run("check", "--diff-base", "main", "--output-format", form).told


class TestRefusals:
    def test_no_repository(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
        ran = run("check", str(laid_out(tmp_path / "loose", PROJECT)), "--diff-base", "main")
        assert (ran.code, ran.err) == (2, "error: --diff-base main: the project lies in no git repository\n")

    @pytest.mark.parametrize("ref", ["nowhere", "--all", "", "main:shop", "\n", "-"])
    @pytest.mark.usefixtures("shop")
    def test_a_ref_that_names_no_commit(self, ref: str) -> None:
        ran = run("check", f"--diff-base={ref}")
        assert ran.code == 2
        assert "the repository has no such commit or branch" in ran.err

    def test_a_history_that_is_cut_off(self, shop: Path, tmp_path: Path) -> None:
        commit(shop, workers(7))
        git(shop, "switch", "--quiet", "main")
        commit(shop, {"README.md": "other\n"})
        git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", shop.as_uri(), str(tmp_path / "shallow"))
        ran = run("check", str(tmp_path / "shallow"), "--diff-base", "origin/change")
        assert ran.code == 2
        assert "fetch-depth: 0" in ran.err

    @pytest.mark.usefixtures("shop")
    def test_a_repository_that_git_does_not_trust(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        ran = run("check", "--diff-base", "main")
        assert ran.code == 2
        assert "git does not trust the repository" in ran.err
        assert "safe.directory" in ran.err

    @pytest.mark.usefixtures("shop")
    def test_no_git(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        assert "git is not installed" in run("check", "--diff-base", "main").err


class TestNothingRuns:
    def test_whatever_the_repository_configures(self, shop: Path, tmp_path: Path) -> None:
        mark, script = tmp_path / "ran", tmp_path / "evil"
        script.write_text(f"#!/bin/sh\necho $0 >>'{mark}'\ncat\n", encoding="utf-8")
        script.chmod(0o755)
        commit(shop, {".gitattributes": "* filter=evil diff=evil\n"})
        for hook in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
            shutil.copy(script, shop / ".git/hooks" / hook)
        for key in ("core.fsmonitor", "core.hookspath", "filter.evil.smudge", "filter.evil.clean", "filter.evil.process",
                    "diff.evil.textconv", "diff.external", "core.pager", "core.sshcommand", "core.editor", "uploadpack.packobjectshook",
                    "alias.ls-tree", "alias.rev-parse", "core.alternaterefscommand", "credential.helper", "gpg.program"):  # fmt: skip
            git(shop, "config", key, f"!{script}" if key.startswith("alias") else str(script))
        before = (shop / ".git/index").read_bytes()
        mark.unlink(missing_ok=True)
        laid_out(shop, workers(7))
        assert run("check", "--diff-base", "main").code == 0
        assert not mark.exists()
        assert (shop / ".git/index").read_bytes() == before

    def test_replacements_of_objects_do_not_count(self, shop: Path) -> None:
        git(shop, "switch", "--quiet", "--create", "other")
        commit(shop, workers(1))
        git(shop, "replace", "main", "other")
        git(shop, "switch", "--quiet", "change")
        laid_out(shop, PROJECT)  # git itself has followed the replacement
        assert "no limit is asked for more or less" in run("check", "--diff-base", "main").out

    @pytest.mark.usefixtures("shop")
    def test_variables_do_not_lead_elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nothing"))
        assert run("check", "--diff-base", "main").code == 0


class TestFiles:
    def test_of_a_subfolder_with_an_odd_name(self, shop: Path) -> None:
        name = "my app ü*[a]"
        commit(shop, {f"{name}/{path}": text for path, text in PROJECT.items()})
        then = past(str(shop / name), "change")
        assert then.paths() == tuple(sorted(PROJECT))
        assert then.read("gunicorn.conf.py").text == PROJECT["gunicorn.conf.py"]
        assert then.base == os.path.realpath(shop / name)

    def test_are_decoded_as_on_disk_and_links_stay_inside(self, shop: Path, tmp_path: Path) -> None:
        (tmp_path / "outside.py").write_text("SECRET = 1\n", encoding="utf-8")
        laid_out(
            shop,
            {"bom.ini": b"\xef\xbb\xbfa = 1\n", os.fsdecode(b"caf\xe9.ini"): b"\xe9 = 1\n", "node_modules/x.py": "1\n"},
        )  # type: ignore[dict-item]
        for link, target in {"inner.py": "shop/settings.py", "twice.py": "inner.py", "loop.py": "loop.py",
                             "out.py": "../outside.py", "absolute.py": str(tmp_path / "outside.py")}.items():  # fmt: skip
            os.symlink(target, shop / link)
        commit(shop, {})
        then = past(str(shop), "change")
        assert then.read("bom.ini").text == "a = 1\n"
        assert then.read(os.fsdecode(b"caf\xe9.ini")).text == "\ufffd = 1\n"
        assert then.read("twice.py").text == PROJECT["shop/settings.py"]
        assert not {"out.py", "absolute.py", "loop.py", "node_modules/x.py"} & set(then.paths())

    def test_of_a_submodule_are_not_there(self, shop: Path) -> None:
        git(shop, "update-index", "--add", "--cacheinfo", f"160000,{git(shop, 'rev-parse', 'main').strip()},vendored")
        git(shop, "commit", "--quiet", "--message", "a submodule")
        assert past(str(shop), "change").paths() == tuple(sorted(PROJECT))

    def test_lie_in_the_same_folders_as_on_disk(self, shop: Path) -> None:
        commit(shop, {"a/b/c.py": "", "a/b/d.py": "", "a/e.py": "", "z.py": ""})
        then, now = past(str(shop), "change"), Tree(shop)
        for folder in ("", "a", "a/", "a/b", "a/b/c.py", "nowhere", "shop"):
            names = set(now.listdir(folder)) - {".git"}
            assert (then.is_dir(folder), set(then.listdir(folder))) == (now.is_dir(folder), names), folder

    def test_too_many_are_refused(self, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connlint.project.history.MOST_FILES", 2)
        with pytest.raises(NoHistory, match="too many files"):
            past(str(shop), "main")


def test_what_django_has_loaded_is_not_compared(shop: Path) -> None:
    from connlint.cli.request import Host
    from connlint.cli.run import run as run_command_line

    assert run_command_line(["check", "--diff-base", "main"], host=Host(str(shop), None)) == 2
