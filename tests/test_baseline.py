"""A baseline: what it accepts, when it speaks, and that it only gets smaller by itself."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from commands import laid_out, run
from hypothesis import given
from hypothesis import strategies as st

from connlint.baseline import Entry, entries, lowered, read, settle, written
from connlint.engine import BASELINE, Options, inspect
from connlint.finding import Amount, Confidence, Finding, Label, Severity
from connlint.project.configuration import ConfigurationError
from connlint.project.tree import Tree
from connlint.report.redact import Redactor
from connlint.source import Source
from connlint.value import Value

CLEAN = Redactor()
PLACE = Label(Source("uwsgi.ini", "[uwsgi]\n").span(0, 3))
FINDING = Finding(
    "exceeds-max-connections", Severity.ERROR, Confidence.CERTAIN, "432 of 97", (PLACE,), "db: max_connections"
)


def asking(asked: float, granted: float | None = 97, subject: str = "db") -> Finding:
    return replace(FINDING, amount=Amount(asked, granted), subject=subject)


class TestAmounts:
    @pytest.mark.parametrize(
        ("asked", "granted", "amount"),
        [
            (Value.exact(432), Value.exact(97), Amount(432, 97)),
            (Value.between(4, 16), Value.between(90, 97), Amount(16, 90)),
            (Value.between(4, None), Value.exact(97), Amount(4, 97)),
            (Value.unknown("who knows", least=40), Value.exact(20), Amount(40, 20)),
            (Value.exact(9), Value.unknown("who knows"), Amount(9)),
            (Value.unknown("who knows"), Value.exact(97), None),
        ],
    )
    def test_are_the_worst_of_what_is_known(self, asked: Value, granted: Value, amount: Amount | None) -> None:
        assert Amount.of(asked, granted) == amount

    @pytest.mark.parametrize(
        ("asked", "granted", "quiet"),
        [(432, 97, True), (433, 97, False), (431, 97, True), (432, 96, False), (432, 98, True)],
    )
    def test_a_finding_is_quiet_up_to_what_was_accepted(self, asked: int, granted: int, quiet: bool) -> None:
        known = entries([asking(432)], CLEAN)
        assert (settle([asking(asked, granted)], known, CLEAN).kept == ()) is quiet

    def test_what_has_no_amount_is_accepted_by_its_name(self) -> None:
        assert settle([FINDING], entries([FINDING], CLEAN), CLEAN).kept == ()

    def test_a_finding_that_got_worse_says_what_was_accepted(self) -> None:
        (kept,) = settle([replace(asking(433), help="lower it")], entries([asking(432)], CLEAN), CLEAN).kept
        assert kept.help == "lower it; 432 of 97 is what was accepted"

    @given(st.lists(st.integers(0, 5), max_size=6), st.lists(st.integers(0, 5), max_size=6))
    def test_each_entry_accepts_one_finding_and_as_many_as_can_be_are_accepted(
        self, found: list[int], known: list[int]
    ) -> None:
        settled = settle([asking(n) for n in found], [Entry(FINDING.rule, "db", Amount(n, 97)) for n in known], CLEAN)
        assert len(settled.kept) + len(settled.accepted) == len(found)
        assert len(settled.unused) + len(settled.accepted) == len(known)
        assert all(entry.accepts(finding.amount) for finding, entry in settled.accepted)
        most = max(
            sum(a <= b for a, b in zip(sorted(found)[:size], sorted(known)[len(known) - size :], strict=True)) == size
            and size
            for size in range(min(len(found), len(known)) + 1)
        )
        assert len(settled.accepted) == most


class TestTheFile:
    def test_has_a_line_for_each_entry(self) -> None:
        assert (
            written(entries([asking(432), replace(FINDING, rule="ignored-threads", subject="web")], CLEAN))
            == """\
{
  "version": 1,
  "accepted": [
    {"rule": "exceeds-max-connections", "subject": "db", "amount": 432, "granted": 97},
    {"rule": "ignored-threads", "subject": "web"}
  ]
}
"""
        )

    @given(st.lists(st.tuples(st.text(min_size=1), st.none() | st.integers(0, 999)), max_size=5))
    def test_reads_as_it_was_written(self, several: list[tuple[str, int | None]]) -> None:
        known = [Entry("low-headroom", subject, None if n is None else Amount(n, 97)) for subject, n in several]
        text = written(known)
        assert written(read(Tree(None, {BASELINE: text}), BASELINE)) == text

    @pytest.mark.parametrize(
        ("text", "line", "why"),
        [
            ("", 1, "not valid JSON"),
            ("{\n<<<<<<< HEAD\n", 2, "not valid JSON"),
            ("[" * 100_000, 1, "not valid JSON"),
            ('{"version": 1, "accepted": [' + "9" * 5_000 + "]}", 1, "not valid JSON"),
            ("[]", 1, 'expected an object with a list called "accepted"'),
            ('{"version": 2, "accepted": []}', 1, 'expected "version": 1'),
            ('{"version": 1, "accepted": [\n{"rule": "a", "subject": "b"},\n4]}', 3, "expected an object for each finding"),
            ('{"version": 1, "accepted": [\n\n{"rule": "a"}]}', 3, '"rule" and "subject" must be strings'),
            ('{"version": 1, "accepted": [\n{"rule": "a", "subject": "b", "amount": true}]}', 2, "must be numbers"),
            ('{"version": 1, "accepted": [\n{"rule": "a", "subject": "b", "amount": NaN}]}', 2, "must be numbers"),
            ('{"version": 1, "accepted": [\n{"rule": "a", "subject": "b", "granted": 9}]}', 2, 'nothing without "amount"'),
            ('{"version": 1, "accepted": [\n{"rule": "a", "subject": "b", "line": 9}]}', 2, "unknown key"),
        ],
        ids=str,
    )  # fmt: skip
    def test_a_mistake_in_it_is_named_with_its_line(self, text: str, line: int, why: str) -> None:
        with pytest.raises(ConfigurationError, match="the baseline cannot be read") as raised:
            read(Tree(None, {BASELINE: text}), BASELINE)
        assert why in str(raised.value)
        assert raised.value.span is not None
        assert raised.value.span.line == line

    def test_subjects_pass_the_redactor_both_ways(self) -> None:
        clean, secret = Redactor(["hunter2hunter2"]), asking(4, subject="db hunter2hunter2")
        text = written(entries([secret], clean))
        assert "hunter2" not in text
        assert settle([secret], read(Tree(None, {"b.json": text}), "b.json"), clean).kept == ()


def test_lowering_keeps_what_is_needed_at_what_it_is_now() -> None:
    known = [*entries([asking(432)], CLEAN), Entry("low-headroom", "db")]
    settled = settle([asking(400), asking(9, subject="other")], known, CLEAN)
    assert lowered(settled, CLEAN) == entries([asking(400)], CLEAN)
    assert settled.unused == (Entry("low-headroom", "db"),)


PROJECT = {
    "pyproject.toml": '[tool.connlint]\nsettings = ["shop.settings"]\n[tool.connlint.servers.db]\nhost = "db"\nmax-connections = 20\nreserved = 0\n',
    "shop/__init__.py": "",
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}\n',
    "gunicorn.conf.py": 'workers = 9\nthreads = 4\nworker_class = "gthread"\n',
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(laid_out(tmp_path / "shop", PROJECT))
    return tmp_path / "shop"


def test_only_new_and_worse_findings_are_reported(shop: Path) -> None:
    assert run("check").code == 1
    ran = run("baseline")
    assert (ran.code, ran.out) == (0, f"{BASELINE} accepts 1 finding\n")
    ran = run("check")
    assert (ran.code, ran.out) == (0, "no mistakes found in 3 files (1 deployment); 1 accepted\n")
    laid_out(shop, {"gunicorn.conf.py": "\n\n" + PROJECT["gunicorn.conf.py"]})
    assert run("check").code == 0
    laid_out(shop, {"gunicorn.conf.py": PROJECT["gunicorn.conf.py"].replace("4", "5")})
    ran = run("check")
    assert ran.code == 1
    assert "36 of 20 is what was accepted" in ran.out
    assert run("check", "--no-baseline").code == 1


def test_it_is_lowered_only_when_asked(shop: Path) -> None:
    run("baseline")
    before = (shop / BASELINE).read_text(encoding="utf-8")
    laid_out(shop, {"gunicorn.conf.py": PROJECT["gunicorn.conf.py"].replace("4", "3")})
    assert run("check").code == 0
    assert (shop / BASELINE).read_text(encoding="utf-8") == before
    ran = run("baseline")
    assert ran.code == 2
    assert "there is a baseline already" in ran.err
    assert run("baseline", "--update").out == f"{BASELINE} accepts 1 finding: 1 lowered, 0 dropped\n"
    assert json.loads((shop / BASELINE).read_text(encoding="utf-8"))["accepted"][0]["amount"] == 27
    laid_out(shop, PROJECT)
    assert run("check").code == 1
    ran = run("baseline", "--update")
    assert ran.out == f"{BASELINE} accepts 0 findings: 0 lowered, 1 dropped; 1 finding more is not accepted\n"


def test_what_is_accepted_and_gone_is_a_note(shop: Path) -> None:
    run("baseline")
    laid_out(shop, {"gunicorn.conf.py": "workers = 2\n"})
    ran = run("check")
    assert ran.code == 0
    assert "accepts what is not there any more: exceeds-max-connections of db: max_connections" in ran.err
    assert "accepts what is not there" not in run("check", "--select", "low-headroom").err


def test_the_file_can_be_named(shop: Path) -> None:
    assert run("baseline", "--baseline", "deploy.json").out == "deploy.json accepts 1 finding\n"
    assert run("check").code == 1
    assert run("check", "--baseline", "deploy.json").code == 0
    with (shop / "pyproject.toml").open("r+") as file:
        text = file.read()
        file.seek(0)
        file.write(text.replace("[tool.connlint]", '[tool.connlint]\nbaseline = "deploy.json"', 1))
    assert run("check").code == 0
    assert run("baseline", "--update").out.startswith("deploy.json accepts 1 finding:")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--baseline", "missing.json"), "the baseline missing.json cannot be read: no such file"),
        (("check", "--baseline", "../outside.json"), "is no file of the project"),
        (("baseline", "--baseline", "../outside.json"), "is no file of the project"),
        (("baseline", "--update"), "cannot be read: no such file"),
        (("baseline", "--baseline", "nowhere/x.json"), "cannot be written: no such file or directory"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("shop")
def test_wrong_files(arguments: tuple[str, ...], said: str) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_link_out_of_the_project_is_not_written_through(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text("kept", encoding="utf-8")
    os.symlink(tmp_path / "outside.json", shop / BASELINE)
    assert run("baseline").code == 2
    assert (tmp_path / "outside.json").read_text(encoding="utf-8") == "kept"


def test_files_that_were_named_are_reported_less_what_is_accepted() -> None:
    tree = Tree(None, PROJECT)
    found = inspect(tree, Options()).findings
    accepted = Tree(None, {**PROJECT, BASELINE: written(entries(found, CLEAN))})
    assert len(inspect(tree, Options(paths=("gunicorn.conf.py",))).findings) == 1
    assert inspect(accepted, Options(paths=("gunicorn.conf.py",))).findings == ()
