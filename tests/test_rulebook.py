"""The rule book: every example of every page, and the form that pages and rules keep."""

from __future__ import annotations

import importlib
import inspect
import os
import re
from pathlib import Path

import pytest
from rulepages import OPTIONAL, SECTIONS, UPDATE, Command, Example, Page, plant, read, rewrite, run

from connlint import rulebook
from connlint.finding import Severity
from connlint.rulebook import Rule, families, rules

ROOT = Path(__file__).resolve().parents[1]
PAGES = [read(path) for path in sorted(ROOT.joinpath("rules").glob("**/*.md"))]
EXAMPLES = [
    pytest.param(page, example, id=f"{page.name}: {example.title}") for page in PAGES for example in page.examples
]
each_page = pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
each_rule = pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.name) for rule in rules()])


@pytest.mark.parametrize(("page", "example"), EXAMPLES)
def test_an_example_prints_exactly_what_its_page_says(
    page: Page, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    plant(project, example)
    monkeypatch.chdir(project)
    for console in example.consoles:
        printed = []
        for command in console.commands:
            code, output, complaints = run(command)
            assert code in (0, 1), f"{command.line}: exit code {code}\n{complaints}"
            assert str(tmp_path) not in output, "the output depends on where the project lies"
            printed.append(Command(command.line, output))
        if os.environ.get(UPDATE):
            rewrite(page.path, page.consoles.index(console), printed)
        else:
            assert _shown(printed) == _shown(console.commands)


def _shown(commands: list[Command]) -> list[str]:
    """Commands and outputs line by line, which is how a difference reads best."""
    return [line for command in commands for line in (f"$ {command.line}", *command.output.split("\n"))]


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert sorted(f"{page.family}/{page.name}" for page in PAGES) == sorted(f"{r.family}/{r.name}" for r in rules())
    assert len(rules()) > 0


def test_the_rule_book_holds_nothing_but_pages() -> None:
    """A Python file there would make `rules` a package and clash with django-rules."""
    files = [path.relative_to(ROOT).as_posix() for path in ROOT.joinpath("rules").rglob("*") if path.is_file()]
    assert [path for path in files if not re.fullmatch(r"rules/[a-z]+/[a-z0-9-]+\.md", path)] == []


@each_page
def test_the_form_of_a_page(page: Page) -> None:
    assert page.faults == []
    assert page.title == page.name
    required = [section for section in SECTIONS if section in page.sections or section not in OPTIONAL]
    assert page.sections == required
    for section in required:
        assert section == "Examples" or "".join(page.bodies.get(section, [])).strip(), f"{section} is empty"


@each_page
def test_the_first_paragraph_is_the_summary_and_nothing_else_comes_before_the_sections(page: Page) -> None:
    text = "\n".join(page.summary).strip()
    assert text
    assert "\n\n" not in text
    assert 20 <= len(text) <= 300


@each_page
def test_every_example_has_files_and_a_command(page: Page) -> None:
    for example in page.examples:
        assert example.files, f"{example.title!r} has no file"
        assert example.commands, f"{example.title!r} has no console block"


@each_page
def test_a_page_shows_its_rule_firing_and_staying_silent(page: Page) -> None:
    mark = f"[{page.name}]"
    outcomes = {
        mark in command.output
        for example in page.examples
        for command in example.commands
        if command.checks(page.name, page.family)
    }
    assert outcomes == {True, False}, "it needs an example that fires and a near miss that stays silent"


@each_page
def test_error_messages_are_a_list_of_texts(page: Page) -> None:
    lines = [line for line in page.bodies.get("Error messages", []) if line.strip()]
    assert [line for line in lines if not line.startswith(("- `", "  "))] == []


@each_page
def test_links_within_the_repository_are_not_dead(page: Page) -> None:
    assert page.dead_links(ROOT) == []


@each_rule
def test_a_rule_says_its_severity_its_version_and_where_its_claim_is_written(rule: Rule) -> None:
    module = importlib.import_module(rule.generator.__module__)
    words = module.__doc__ or ""
    if rule.family != "hygiene":  # whose claims are about connlint itself
        assert re.search(r"https?://\S+|\blab\b", words), "the docstring names no source: a URL, or a lab experiment"
    assert isinstance(rule.severity, Severity)
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", rule.since)
    assert set(rule.fixable) <= {"safe", "unsafe"}
    assert inspect.isgeneratorfunction(rule.generator)
    assert len(inspect.getsource(module).splitlines()) <= 100


@each_rule
def test_a_rule_sees_the_map_and_never_a_file(rule: Rule) -> None:
    source = inspect.getsource(importlib.import_module(rule.generator.__module__))
    imported = set(re.findall(r"^\s*(?:from|import) connlint\.(\w+)", source, re.MULTILINE))
    allowed = {"checks", "rulebook", "fixing", "deployment", "facts", "finding", "value", "source"}
    assert imported <= (allowed | {"ignores"} if rule.afterthought is not None else allowed)


@each_page
def test_the_program_finds_the_page_and_its_summary(page: Page) -> None:
    rule = next(rule for rule in rules() if rule.name == page.name)
    assert rulebook.page(rule) == page.path.read_text(encoding="utf-8")
    assert rulebook.summary(rule) == " ".join(" ".join(page.summary).split())


def test_names_are_unique_and_never_those_of_families() -> None:
    names = [rule.name for rule in rules()]
    assert len(set(names)) == len(names)
    assert not set(names) & set(families())
