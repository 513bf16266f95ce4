"""Ignore comments: where they count, what they silence, and what is said about those that do not work."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from connlint.finding import Confidence, Finding, Label, Severity
from connlint.fix.plan import applied
from connlint.ignores import Aftermath, Applied, apply, find_ignores
from connlint.rulebook import Found, rules
from connlint.source import Source

UWSGI = "[uwsgi]\nprocesses = 9\nthreads = 4\n"


def hygiene(done: Applied, known: Collection[str], active: Collection[str]) -> list[tuple[str, Found]]:
    """What the rules about ignore comments say, each with its rule."""
    aftermath = Aftermath(done, frozenset(known), frozenset(active))
    asked = ((rule.name, rule.afterthought) for rule in rules() if rule.afterthought is not None)
    return [(name, found) for name, ask in asked for found in ask(aftermath)]


def finding(*places: tuple[Source, str], rule: str = "low-headroom") -> Finding:
    """A finding whose labels cover the given texts."""
    labels = tuple(
        Label(source.span(source.text.index(text), source.text.index(text) + len(text))) for source, text in places
    )
    return Finding(rule, Severity.WARNING, Confidence.CERTAIN, "message", labels, "subject")


def said(
    source: Source, *findings: Finding, active: tuple[str, ...] = ("low-headroom", "ignored-threads")
) -> list[str]:
    """What is said about the ignore comments of `source`."""
    known = ("low-headroom", "ignored-threads", "statement-pooling")
    return [f"{name}: {found.message}" for name, found in hygiene(apply(findings, [source]), known, active)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("settings.py", "AGE = 60  # connlint: ignore[low-headroom] -- measured\n"),
        ("settings.py", "AGE = 60  # noqa: E501  # connlint: ignore[low-headroom] -- measured\n"),
        ("settings.py", "AGE = 60  # connlint: ignore[low-headroom] -- measured  # noqa\n"),
        ("settings.py", "AGE = 60  #connlint:ignore[ignored-threads,low-headroom] -- measured\n"),
        ("settings.py", "# connlint: ignore[low-headroom] -- measured\n# and why\n\nAGE = 60\n"),
        ("settings.py", "# connlint: ignore-file[low-headroom] -- measured\n" + "\n" * 99 + "AGE = 60\n"),
        ("postgresql.conf", "max_connections = 60  # connlint: ignore[low-headroom] -- measured\n"),
        ("pgbouncer.ini", "; connlint: ignore[low-headroom] -- measured\ndefault_pool_size = 60\n"),
        ("uwsgi.ini", "# connlint: ignore[low-headroom] -- measured\r\nprocesses = 60\r\n"),
        ("uwsgi.xml", "<uwsgi>\n<!-- connlint: ignore[low-headroom] -- measured -->\n<processes>60</processes>\n"),
        ("compose.yml", "x: 60 # connlint: ignore[low-headroom] -- measured\n"),
    ],
)
def test_a_comment_silences_the_rule_it_names_on_its_line(path: str, text: str) -> None:
    source = Source(path, text)
    outcome = apply([finding((source, "60"))], [source])
    assert (len(outcome.kept), len(outcome.suppressed)) == (0, 1)
    assert find_ignores(source)[0].reason == "measured"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("settings.py", "AGE = 60\n# connlint: ignore[low-headroom]\nOTHER = 1\n"),
        ("settings.py", "AGE = 60  # connlint: ignore[ignored-threads]\n"),
        ("settings.py", 'AGE = 60; X = "# connlint: ignore[low-headroom]"\n'),
        ("settings.py", '"""\n# connlint: ignore-file[low-headroom]\n"""\nAGE = 60\n'),
        ("compose.yml", "x: '60 # connlint: ignore[low-headroom]'\n"),
        ("uwsgi.json", '{"processes": 60} // connlint: ignore[low-headroom]\n'),
        ("pgbouncer.ini", "default_pool_size = 60 ; connlint: ignore[low-headroom]\n"),
    ],
)
def test_elsewhere_it_does_not(path: str, text: str) -> None:
    source = Source(path, text)
    outcome = apply([finding((source, "60"))], [source])
    assert (len(outcome.kept), len(outcome.suppressed)) == (1, 0)


def test_any_labelled_line_in_any_file_of_a_finding_will_do() -> None:
    server = Source("postgresql.conf", "max_connections = 100 # connlint: ignore[low-headroom] -- a big machine\n")
    web = Source("uwsgi.ini", UWSGI)
    outcome = apply([finding((web, "9"), (web, "4"), (server, "100"))], [web, server])
    assert outcome.suppressed
    assert not outcome.unused


def test_a_label_over_several_lines_is_silenced_from_each_of_them() -> None:
    source = Source("settings.py", "A = {\n  'x': 1,  # connlint: ignore[low-headroom] -- x\n}\n")
    assert apply([finding((source, "{\n  'x': 1,  # connlint: ignore[low-headroom] -- x\n}"))], [source]).suppressed


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("ignore", "it names no rule"),
        ("ignore[]", "it names no rule"),
        ("ignore: low-headroom", "it names no rule"),
        ("ignore[low-headroom", "its bracket is not closed"),
        ("ignore[low-headroom] because", "after the bracket only ` -- ` and a reason may follow"),
        ("ignore[Low Headroom]", "what it names is not the name of a rule"),
        ("disable=low-headroom", "its first word is not `ignore`"),
        ("noqa", "its first word is not `ignore`"),
        ("ignore[low-hedroom]", "there is no rule low-hedroom"),
    ],
)
def test_what_cannot_be_read_is_said(comment: str, fault: str) -> None:
    source = Source("settings.py", f"AGE = 60  # connlint: {comment}\n")
    assert said(source, finding((source, "60"))) == [f"malformed-ignore: this ignore comment has no effect: {fault}"]


def test_prose_about_connlint_is_no_ignore() -> None:
    assert find_ignores(Source("pyproject.toml", "# connlint: what is declared for it\n[tool.connlint]\n")) == ()


def test_behind_a_value_of_an_ini_file_a_comment_would_be_part_of_the_value() -> None:
    source = Source("pgbouncer.ini", "default_pool_size = 60 ; connlint: ignore[low-headroom]\n")
    assert said(source) == [
        "malformed-ignore: this ignore comment has no effect: "
        "this dialect has no comments behind a value; put it on a line of its own above"
    ]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("AGE = 60  # connlint: ignore[low-headroom] -- why\nB = 1\n", "AGE = 60\nB = 1\n", "low-headroom"),
        ("A = 1\n  # connlint: ignore[low-headroom]\nB = 1\n", "A = 1\nB = 1\n", "low-headroom"),
        ("# connlint: ignore[low-headroom]\r\nB = 1\r\n", "B = 1\r\n", "low-headroom"),
        ("A = 1  # connlint: ignore[low-headroom]  # noqa\n", "A = 1  # noqa\n", "low-headroom"),
        ("A = 1  # connlint: ignore[low-headroom]", "A = 1", "low-headroom"),
        (
            "A = 1  # connlint: ignore[low-headroom, statement-pooling] -- why\n",
            "A = 1  # connlint: ignore[statement-pooling] -- why\n",
            "low-headroom",
        ),
    ],
)
def test_an_unused_comment_is_removed_by_its_fix(before: str, after: str, message: str) -> None:
    source = Source("settings.py", before)
    ((_, unused),) = hygiene(apply([], [source]), ("low-headroom", "statement-pooling"), ("low-headroom",))
    assert unused.message == f"nothing here is silenced by ignore[{message}]"
    assert unused.fix is not None
    assert applied(before, unused.fix.edits) == after


def test_an_unused_xml_comment_goes_with_its_end() -> None:
    source = Source("uwsgi.xml", "<uwsgi>\n  <!-- connlint: ignore[low-headroom] -->\n</uwsgi>\n")
    ((_, unused),) = hygiene(apply([], [source]), ("low-headroom",), ("low-headroom",))
    assert unused.fix is not None
    assert applied(source.text, unused.fix.edits) == "<uwsgi>\n</uwsgi>\n"


def test_a_rule_that_did_not_run_says_nothing_about_its_comments() -> None:
    source = Source("settings.py", "AGE = 60  # connlint: ignore[statement-pooling]\n")
    assert said(source) == []


def test_a_broken_python_file_still_has_comments() -> None:
    source = Source("settings.py", 'AGE = (60  # connlint: ignore[low-headroom] -- half written\n\'""" ]\n')
    assert apply([finding((source, "60"))], [source]).suppressed
