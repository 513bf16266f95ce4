"""The GitHub action and the GitLab component: held against their schemas, audited, and their scripts run as a runner would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import laid_out

ROOT = Path(__file__).resolve().parents[1]
ACTION = ROOT / "action.yml"
TEMPLATE = ROOT / "templates/connlint.yml"
BINARIES = Path(sys.executable).parent
BROKEN = {"gunicorn.conf.py": "worker = 9\n", "shop/settings.py": "DATABASES = {}\n"}
NO_INDEX = ("No matching distribution", "Could not find a version", "NewConnectionError")

posix = pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="bash is not installed")


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    found = shutil.which(name, path=f"{BINARIES}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run((found, *arguments), capture_output=True, text=True, check=False)


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as runners do, with nothing of the test's own environment but what is needed."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "TMPDIR", "PIP_CONFIG_FILE", "PIP_INDEX_URL")
        if name in os.environ
    }
    command = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
    return subprocess.run(
        command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


def installed(home: Path) -> Path:
    """An environment whose `connlint` is this checkout's."""
    command = laid_out(
        home, {"bin/connlint": f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m connlint "$@"\n'}
    )
    (command / "bin/connlint").chmod(0o755)
    return home


class TestAction:
    def test_it_keeps_to_the_schema(self) -> None:
        done = tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)
        assert done.returncode == 0, done.stdout

    def test_nothing_in_it_is_unsafe(self) -> None:
        done = tool("zizmor", "--offline", "--no-progress", "--persona=pedantic", ACTION)
        assert done.returncode == 0, done.stdout

    def test_no_input_is_part_of_a_script_and_nobody_elses_action_is_used(self) -> None:
        (action,) = documents(ACTION)
        for step in action["runs"]["steps"]:
            assert "${{" not in step["run"]
            assert "uses" not in step
        given = {value for step in action["runs"]["steps"] for value in step["env"].values()}
        assert {f"${{{{ inputs.{name} }}}}" for name in action["inputs"]} <= given

    def step(self, number: int) -> str:
        return str(documents(ACTION)[0]["runs"]["steps"][number]["run"])

    @posix
    def test_findings_are_annotated_summed_up_and_written_as_sarif(self, tmp_path: Path) -> None:
        laid_out(tmp_path / "work", BROKEN)
        ran = bash(
            self.step(1), tmp_path / "work", CONNLINT_HOME=str(installed(tmp_path / "home")), CONNLINT_PATH=".",
            CONNLINT_DIFF_BASE="", CONNLINT_FAIL_ON="", CONNLINT_SARIF="found.sarif",
            GITHUB_OUTPUT=str(tmp_path / "output"), GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
        )  # fmt: skip
        assert ran.returncode == 1, ran.stderr
        assert ran.stdout.startswith("::warning file=gunicorn.conf.py,line=1,")
        assert (tmp_path / "output").read_text(encoding="utf-8") == "exit-code=1\n"
        assert "unknown-gunicorn-setting" in (tmp_path / "summary").read_text(encoding="utf-8")
        assert len(json.loads((tmp_path / "work/found.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]) == 1

    @posix
    @pytest.mark.parametrize("name", ["CONNLINT_PATH", "CONNLINT_DIFF_BASE", "CONNLINT_FAIL_ON", "CONNLINT_SARIF"])
    def test_an_input_is_never_run(self, name: str, tmp_path: Path) -> None:
        laid_out(tmp_path / "work", BROKEN)
        inputs = {"CONNLINT_PATH": ".", "CONNLINT_DIFF_BASE": "", "CONNLINT_FAIL_ON": "", "CONNLINT_SARIF": ""}
        bash(
            self.step(1), tmp_path / "work", CONNLINT_HOME=str(installed(tmp_path / "home")),
            GITHUB_OUTPUT=str(tmp_path / "output"), **{**inputs, name: '"; touch pwned; $(touch pwned) `touch pwned` --fix'},
        )  # fmt: skip
        assert not (tmp_path / "work/pwned").exists()
        assert (tmp_path / "work/gunicorn.conf.py").read_text(encoding="utf-8") == BROKEN["gunicorn.conf.py"]

    @posix
    @pytest.mark.slow
    def test_it_installs_itself(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        ran = bash(
            self.step(0), tmp_path, CONNLINT_VERSION="", CONNLINT_PYTHON=sys.executable, CONNLINT_SOURCE=str(ROOT), CONNLINT_HOME=str(home)
        )  # fmt: skip
        if ran.returncode and any(words in ran.stdout + ran.stderr for words in NO_INDEX):
            pytest.skip("no package index answers")
        assert ran.returncode == 0, ran.stderr
        assert bash(f"'{home}/bin/connlint' --version", tmp_path).stdout.startswith("connlint ")


class TestComponent:
    def test_it_keeps_to_the_schema(self, tmp_path: Path) -> None:
        head, pipeline = documents(TEMPLATE)
        for name, content in (("head.yml", head), ("pipeline.yml", pipeline)):
            (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
            done = tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", tmp_path / name)
            assert done.returncode == 0, done.stdout

    def test_every_input_that_is_used_is_declared_and_none_is_part_of_a_script(self) -> None:
        head, pipeline = documents(TEMPLATE)
        used = set(re.findall(r"\$\[\[ inputs\.([\w-]+)", yaml.safe_dump(pipeline)))
        assert used == set(head["spec"]["inputs"])
        assert not any("$[[" in line for line in pipeline["connlint"]["script"])

    @posix
    @pytest.mark.parametrize(("severity", "code"), [("warning", 1), ("error", 0)])
    def test_its_script_writes_the_report_and_fails_the_job(self, severity: str, code: int, tmp_path: Path) -> None:
        laid_out(tmp_path / "work", BROKEN)
        job = documents(TEMPLATE)[1]["connlint"]
        installed(tmp_path / "connlint")
        script = "\n".join(line for line in job["script"] if "-m venv" not in line and "-m pip" not in line)
        ran = bash(
            script, tmp_path / "work", CI_BUILDS_DIR=str(tmp_path), CONNLINT_PATH=".", CONNLINT_DIFF_BASE="", CONNLINT_FAIL_ON=severity
        )  # fmt: skip
        assert ran.returncode == code, ran.stderr
        (report,) = json.loads(
            (tmp_path / "work" / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8")
        )
        assert report["check_name"] == "unknown-gunicorn-setting"
