"""Every fix that the rule book shows: it repairs what it says, breaks nothing else, and comes to an end."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mending import mend
from rulepages import Example, Page, read

from connlint.engine import Options, inspect
from connlint.finding import Safety
from connlint.project.tree import Tree
from connlint.rulebook import rules

ROOT = Path(__file__).resolve().parents[2]
PAGES = [read(path) for path in sorted(ROOT.joinpath("rules").glob("**/*.md"))]
FIXABLE = {rule.name: rule.fixable for rule in rules()}
EXAMPLES = [
    pytest.param(example, id=f"{page.name}: {example.title}")
    for page in PAGES
    for example in page.examples
    if any("= fix:" in command.output for command in example.commands)
]
each_example = pytest.mark.parametrize("example", EXAMPLES)


# What a rule leaves unsaid while a worse mistake of the same process stands.
BEHIND = {"persistent-under-asgi": "unbounded-connections"}


def safeties(page: Page) -> set[str]:
    """How safe the fixes are that a page shows for its own rule."""
    return {
        finding.fix.safety.value
        for example in page.examples
        for finding in inspect(Tree(None, example.files), Options()).findings
        if finding.fix is not None and finding.rule == page.name
    }


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
def test_a_page_shows_the_fixes_that_its_rule_claims(page: Page) -> None:
    claimed = set(FIXABLE[page.name])
    shown = safeties(page)
    assert bool(claimed) == bool(shown)
    assert shown <= claimed | ({"unsafe"} if "safe" in claimed else set())  # no fix of a finding in doubt is safe
    assert "safe" not in claimed or "safe" in shown


@each_example
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_what_is_fixed_is_gone(example: Example, unsafe: bool) -> None:
    for each in mend(example.files, Options(), unsafe=unsafe):
        assert each.remaining == []


@each_example
def test_safe_fixes_bring_no_new_finding(example: Example) -> None:
    for each in mend(example.files):
        behind = {BEHIND[finding.rule] for finding in each.fixed if finding.rule in BEHIND}
        assert [new for new in each.new if new.partition(":")[0] not in behind] == []


@each_example
def test_every_fixed_file_can_be_read(example: Example) -> None:
    for each in mend(example.files, unsafe=True):
        for path, text in each.files.items():
            if path.endswith(".py"):
                ast.parse(text)
        assert {f.rule for f in each.after} & {"unreadable-file", "invalid-pgbouncer-line"} <= {
            f.rule for f in each.before
        }


def test_the_rules_that_offer_fixes() -> None:
    assert {Safety(each) for fixable in FIXABLE.values() for each in fixable} == set(Safety)
