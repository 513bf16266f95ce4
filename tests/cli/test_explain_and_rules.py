"""`connlint explain` and `connlint rules`: pages, error texts and the table."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator

import pytest

from connlint.cli import explain as explain_command
from connlint.cli import main
from connlint.cli.inspection import Inspection
from connlint.cli.place import Project
from connlint.deployment.model import Deployment
from connlint.finding import Confidence, Finding, Label, Severity
from connlint.project.tree import Tree
from connlint.report import pages
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.style import Style
from connlint.rulebook import Found, Missing, Rule
from connlint.source import Source

PAGE = """\
# {name}

{summary}

## Why it matters

Some `code` and a [link](https://example.org/x).

## What to do

```ini
## not a heading
pool = 1
```

## Error messages

{messages}
"""

BOOK = {
    "exceeds-max-connections": ("More connections are asked for than granted.", [
        "FATAL: sorry, too many clients already",
        "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute",
        'FATAL: too many connections for role "shop"',
    ]),
    "exceeds-pooler-clients": ("More clients come than the pooler takes.", [
        "no more connections allowed (max_client_conn)",
    ]),
    "pool-smaller-than-threads": ("The pool has fewer connections than threads ask.", [
        "couldn't get a connection after 30.00 sec",
    ]),
    "server-side-cursors-with-transaction-pooling": ("Cursors outlive their connection.", [
        'cursor "_django_curs_140120_sync_1" does not exist',
    ]),
    "unbounded-connections": ("Nothing bounds the number of connections.", ["FATAL: sorry, too many clients already"]),
    "low-headroom": ("Little is left.", []),
}  # fmt: skip


def never(_: Deployment) -> Iterator[Found | Missing]:
    yield from ()


RULES = tuple(Rule(name, "budget", Severity.ERROR, "0.1", never, fixable=("unsafe",)) for name in BOOK)


def page(rule: Rule) -> str:
    summary, messages = BOOK[rule.name]
    return PAGE.format(name=rule.name, summary=summary, messages="\n".join(f"- `{text}`" for text in messages))


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small rule book in place of the real one."""
    monkeypatch.setattr(pages, "page", page)
    monkeypatch.setattr(explain_command, "page", page)
    monkeypatch.setattr(explain_command, "rules", lambda: RULES)
    monkeypatch.setattr(explain_command, "summary", lambda rule: BOOK[rule.name][0])
    monkeypatch.setattr("connlint.cli.rules.summary", lambda rule: BOOK[rule.name][0])
    monkeypatch.setattr("connlint.cli.rules.every_rule", lambda: RULES)
    monkeypatch.setattr("connlint.cli.rules.families", lambda: ("budget",))
    monkeypatch.setattr(explain_command, "_here", lambda _: None)


def here(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    """Let `rule` fire in the current project."""
    source = Source("uwsgi.ini", "processes = 9\n")
    found = Finding(rule, Severity.ERROR, Confidence.LIKELY, "36 of 30", (Label(source.span(12, 13)),), "db")

    def inspected(_: Namespace) -> Inspection:
        return Inspection(Report(findings=(found,)), Redactor(), Tree(None), Project("."))

    monkeypatch.setattr(explain_command, "_here", inspected)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("remaining connection slots are reserved", "exceeds-max-connections"),
        ("sorry, too many clients already", "exceeds-max-connections"),
        ("django.db.utils.OperationalError: FATAL:  sorry, TOO MANY clients already", "exceeds-max-connections"),
        ("too many connections for role other", "exceeds-max-connections"),
        ("psycopg_pool.PoolTimeout: couldn't get a connection after 5.00 sec", "pool-smaller-than-threads"),
        ("cursor _django_curs does not exist", "server-side-cursors-with-transaction-pooling"),
        ('cursor "_django_curs_7_sync_2" does not exist', "server-side-cursors-with-transaction-pooling"),
        ("no more connections allowed", "exceeds-pooler-clients"),
        ("max_client_conn", "exceeds-pooler-clients"),
    ],
)
@pytest.mark.usefixtures("book")
def test_the_rule_behind_an_error(query: str, first: str) -> None:
    assert next(match.rule.name for match in pages.search(query, RULES)) == first


@pytest.mark.parametrize("query", ["", "connection", "the", "30", "database is locked", "index out of range", "!!!"])
@pytest.mark.usefixtures("book")
def test_no_rule_behind_other_texts(query: str) -> None:
    assert pages.search(query, RULES) == []


@pytest.mark.usefixtures("book")
def test_rules_that_fire_here_come_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    here(monkeypatch, "unbounded-connections")
    assert main(["explain", "sorry, too many", "clients already"]) == 0
    assert (
        capsys.readouterr().out
        == """\
2 rules know "sorry, too many clients already"

what causes it in this project:
  error[unbounded-connections]: Nothing bounds the number of connections.
    uwsgi.ini:1: 36 of 30 (likely)

what else can cause it:
  error[exceeds-max-connections]: More connections are asked for than granted.

connlint explain unbounded-connections shows what to do
"""
    )


@pytest.mark.usefixtures("book")
def test_without_a_project_all_causes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "too many connections for role postgres://bob:hunter2@db"])
    told = capsys.readouterr().out
    assert told.startswith('1 rule knows "too many connections for role postgres://•••@db"\n\nwhat can cause it:\n')


@pytest.mark.usefixtures("book")
def test_json_of_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    here(monkeypatch, "exceeds-pooler-clients")
    main(["explain", "no more connections allowed", "--output-format", "json"])
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "error": "no more connections allowed",
        "rules": [
            {
                "name": "exceeds-pooler-clients",
                "family": "budget",
                "severity": "error",
                "since": "0.1",
                "fix": ["unsafe"],
                "summary": "More clients come than the pooler takes.",
                "matched": "no more connections allowed (max_client_conn)",
                "findings": [{"message": "36 of 30", "path": "uwsgi.ini", "line": 1}],
            }
        ],
    }


@pytest.mark.usefixtures("book")
def test_the_page_of_a_rule_with_what_the_registry_knows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "low-headroom"]) == 0
    assert capsys.readouterr().out.startswith(
        "# low-headroom\n\nseverity: error · family: budget · since: 0.1 · fix: unsafe\n\nLittle is left.\n"
    )


@pytest.mark.usefixtures("book")
def test_a_page_on_a_terminal_has_no_marks_of_markdown() -> None:
    shown = pages.painted(page(RULES[0]), Style(colour=True))
    assert "\x1b[1mWhy it matters\x1b[0m\n\nSome \x1b[1;34mcode\x1b[0m and a link <https://example.org/x>.\n" in shown
    assert "    ## not a heading\n    pool = 1\n" in shown
    assert "```" not in shown


@pytest.mark.usefixtures("book")
def test_a_name_nobody_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "low-hedroom"]) == 2
    assert capsys.readouterr().err == "error: there is no rule low-hedroom; did you mean low-headroom?\n"
    assert main(["explain", "database is locked"]) == 2
    assert capsys.readouterr().err == "error: no rule knows this error text; connlint rules lists what is checked\n"


@pytest.mark.usefixtures("book")
def test_headings_inside_code_are_no_sections() -> None:
    assert list(pages.sections(page(RULES[0]))) == ["Why it matters", "What to do", "Error messages"]


@pytest.mark.usefixtures("book")
def test_the_table_of_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "budget",
        "  exceeds-max-connections                       error    unsafe fix  More connections are asked for than granted.",
    ]
    assert lines[-1] == "6 rules; connlint explain RULE shows one's page"
    assert main(["rules", "--output-format", "json"]) == 0
    assert [rule["name"] for rule in json.loads(capsys.readouterr().out)["rules"]] == list(BOOK)
