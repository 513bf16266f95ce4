"""The documents beside the rule book: their commands print what they show, and their links lead somewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rulepages import UPDATE, Command, Page, read, rewrite, run

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    read(path)
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "bench/**/*.md")
    for path in sorted(ROOT.glob(pattern))
]
each_document = pytest.mark.parametrize(
    "document", [pytest.param(page, id=page.path.relative_to(ROOT).as_posix()) for page in DOCUMENTS]
)
SHOWING = [
    pytest.param(page, number, id=f"{page.path.relative_to(ROOT).as_posix()}: {console.commands[0].line}")
    for page in DOCUMENTS
    for number, console in enumerate(page.consoles)
    if console.commands
]


@pytest.mark.parametrize(("document", "number"), SHOWING)
def test_a_command_prints_exactly_what_the_document_shows(
    document: Page, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    printed = []
    for command in document.consoles[number].commands:
        code, output, complaints = run(command)
        assert code in (0, 1), f"{command.line}: exit code {code}\n{complaints}"
        printed.append(Command(command.line, output))
    if os.environ.get(UPDATE):
        rewrite(document.path, number, printed)
    else:
        assert [c.output.split("\n") for c in printed] == [
            c.output.split("\n") for c in document.consoles[number].commands
        ]


def test_the_readme_shows_a_real_run() -> None:
    commands = [command.line for console in read(ROOT / "README.md").consoles for command in console.commands]
    assert "connlint check examples/shop" in commands
    assert "connlint budget examples/shop" in commands


@each_document
def test_links_within_the_repository_are_not_dead(document: Page) -> None:
    assert document.dead_links(ROOT) == []


def test_decisions_are_numbered_without_a_gap_and_short() -> None:
    decisions = [page for page in DOCUMENTS if page.path.parent.name == "adr"]
    for number, page in enumerate(decisions, start=1):
        assert page.path.name.startswith(f"{number:04}-")
        assert page.title.startswith(f"{number}. ")
        assert len(page.lines) <= 20


def test_the_changelog_knows_the_version() -> None:
    from connlint import __version__

    assert f"## [{__version__}]" in ROOT.joinpath("CHANGELOG.md").read_text(encoding="utf-8")
