"""docs/ci.md: its commands run in a project such as it speaks of, and its files are what their readers accept."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from commands import run
from test_ci import tool
from test_diff_base import git

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/ci.md").read_text(encoding="utf-8"), re.M | re.S)


def commands() -> Iterator[list[str]]:
    for language, text in BLOCKS:
        for line in text.splitlines():
            if language == "sh" and line.startswith("connlint "):
                yield shlex.split(line.partition(" > ")[0], comments=True)[1:]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commands_run_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shutil.copytree(ROOT / "examples/shop", tmp_path / "shop")
    git(shop, "init", "--quiet", "--initial-branch", "main")
    git(shop, "add", "--all")
    git(shop, "commit", "--quiet", "--message", "shop")
    monkeypatch.chdir(shop)
    told = {tuple(arguments): run(*arguments) for arguments in commands()}
    assert {ran.code for ran in told.values()} <= {0, 1}, [ran.err for ran in told.values()]
    assert told["baseline",].out == ".connlint-baseline.json accepts 5 findings\n"
    assert (told["check",].code, told["check", "--no-baseline"].code) == (0, 1)
    assert "no limit is asked for more or less" in told["budget", "--diff-base", "main"].out


def test_the_files_are_valid(tmp_path: Path) -> None:
    schema = ("check-jsonschema", "--builtin-schema")
    readers = {
        "repos": ("pre-commit", "validate-config"),
        "jobs": (*schema, "vendor.github-workflows"),
        "include": (*schema, "vendor.gitlab-ci"),
    }
    checked = []
    for language, text in BLOCKS:
        if language == "yaml":
            (key,) = set(readers) & set(yaml.safe_load(text))
            path = tmp_path / f"{key}.yml"
            path.write_text(text, encoding="utf-8")
            done = tool(*readers[key], path)
            assert done.returncode == 0, f"{done.stdout}{done.stderr}"
            checked.append(key)
    assert sorted(checked) == sorted(readers)


def test_the_inputs_of_the_examples_are_there() -> None:
    texts = {
        next(iter(set(yaml.safe_load(t)) & {"jobs", "include"}), ""): yaml.safe_load(t)
        for lang, t in BLOCKS
        if lang == "yaml"
    }
    steps = texts["jobs"]["jobs"]["connlint"]["steps"]
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert set(steps[1]["with"]) <= set(action["inputs"])
    head = next(yaml.safe_load_all((ROOT / "templates/connlint.yml").read_text(encoding="utf-8")))
    assert set(texts["include"]["include"][0]["inputs"]) <= set(head["spec"]["inputs"])


def test_the_other_command_is_the_one_that_the_hooks_are_tested_with() -> None:
    others = [
        line for lang, text in BLOCKS if lang == "sh" for line in text.splitlines() if not line.startswith("connlint ")
    ]
    (words,) = map(shlex.split, others)
    tested = (ROOT / "tests/test_hooks.py").read_text(encoding="utf-8")
    assert words[0] == "pre-commit"
    assert ", ".join(f'"{word}"' for word in words[1:]) in tested
