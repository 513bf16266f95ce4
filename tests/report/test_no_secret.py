"""No secret leaves in any format: reports with canaries in every place a report can hold them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connlint.deployment.budget import Limit, Term
from connlint.deployment.model import Database, Deployment, SettingsModule
from connlint.finding import Confidence, Finding, Fix, Label, Lack, Safety, Severity
from connlint.formats.document import Document, Entry
from connlint.report import budget, concise, github, json, show, text
from connlint.report.difference import render as difference
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.secrets import redactor
from connlint.report.style import Style
from connlint.source import Edit, Source
from connlint.value import Origin, Value

CANARIES = ("c4nary/pass word", "c4nary-user", "c4nary-file", "c4nary_url", "c4nary-net", "c4nary-names")

SETTINGS = Source(
    "shop/settings.py",
    """\
SECRET_KEY = "c4nary-names"
DATABASES = {"default": {"USER": "c4nary-user", "PASSWORD": "c4nary/pass word", "CONN_MAX_AGE": 60}}
DATABASES["default"]["HOST"] = "c4nary-user:c4nary_url@db"  # c4nary-file
REPLICA = "postgres://c4nary-user:c4nary_url@db/c4nary-names"
""",
)
POOLER = Source("pgbouncer.ini", "[databases]\nshop = host=db password=c4nary-file user=c4nary-user pool_size=5\n")
KEY = Origin.at(SETTINGS.span(0, 10), "c4nary-net")
ALL = SETTINGS.span(0, len(SETTINGS.text))
SAID = (
    "c4nary/pass word, c4nary-user; c4nary-file (c4nary-net) 'c4nary-names' postgres://x:c4nary_url@h "
    "c4nary%2Fpass%20word password=c4nary_url"
)


def report() -> Report:
    """A report whose every text repeats secrets."""
    labels = [Label(ALL, SAID), Label(POOLER.span(0, len(POOLER.text)), SAID)]
    for source in (SETTINGS, POOLER):
        for number in range(1, source.line_count + 1):
            start = source.offset(number, 1)
            end = start + len(source.line(number))
            labels += [Label(source.span(start, start + 1), SAID), Label(source.span(start, end), SAID)]
            labels += [Label(source.span(at, end)) for at in range(start, end, 3)]
    finding = Finding(
        "low-headroom", Severity.ERROR, Confidence.LIKELY, SAID, tuple(labels[:8]), SAID, SAID, "compose.yml",
        Fix(Safety.SAFE, SAID, (Edit(ALL, SETTINGS.text),)),
    )  # fmt: skip
    findings = (finding, *(replace(finding, labels=(label,)) for label in labels))
    settings = {
        "PASSWORD": Value.exact("c4nary/pass word", KEY),
        "USER": Value.choice(["c4nary-user", "c4nary-net"], KEY),
        "HOST": Value.exact("c4nary-user:c4nary_url@db", KEY),
        "CONN_MAX_AGE": Value.unknown(SAID, KEY),
        "OPTIONS.passfile": Value.exact(b"c4nary-file", KEY),
    }
    database = Database("default", settings, SETTINGS.span(0, 1), "shop.settings")
    names = {"SECRET_KEY": Value.exact({"a": ["c4nary-names"]}, KEY)}
    module = SettingsModule("shop.settings", SETTINGS.path, {"default": database}, names, problems=((ALL, SAID),))
    entry = Entry("databases", "password", "c4nary-file", POOLER.span(0, 1), POOLER.span(0, 1))
    document = Document(
        "pgbouncer", POOLER, (entry,), {"auth_user": Value.exact("c4nary-user", KEY), "pool_mode": Value.unknown(SAID, KEY)},
        {"databases.shop": {"password": Value.exact("c4nary-file", KEY), "host": Value.exact("c4nary-net", KEY)}},
    )  # fmt: skip
    deployment = Deployment("compose.yml", (module,), (), (), (), (), (document,), lacks=((SAID, SAID),))
    return Report(
        findings, (Lack(SAID, SAID),), (deployment, deployment), (module,), (document,), notes=(SAID,),
        secrets=frozenset({"c4nary-net"}),
    )  # fmt: skip


def a_budget(clean: Redactor) -> str:
    value = Value.unknown(SAID, KEY, least=1) * Value.exact(4, Origin.declared(None, SAID))
    limit = Limit(
        SAID, "server", Value.unknown(SAID, KEY), value, value, (Term(SAID, value, SAID),), "max_connections", SAID
    )
    return budget.render([("compose.yml", [limit])], clean) + json.budget([("compose.yml", [limit])], clean)


@pytest.mark.parametrize(
    "written",
    [
        lambda r, clean: text.render(r, clean),
        lambda r, clean: text.render(r, clean, Style(colour=True, links=True, width=60)),
        lambda r, clean: concise.render(r, clean),
        lambda r, clean: json.check(r, clean),
        lambda r, clean: github.render(r, clean),
        lambda r, clean: json.show(r, clean),
        lambda r, clean: show.render(r, clean),
        lambda _, clean: a_budget(clean),
        lambda _, clean: difference({SETTINGS.path: (SETTINGS, "X = 1\n" + SETTINGS.text)}, clean),
        lambda r, clean: repr(clean) + repr(Report(secrets=r.secrets)),
    ],
    ids=["text", "colour", "concise", "json", "github", "show-json", "show", "budget", "diff", "repr"],
)
def test_no_canary_in_any_format(written: Callable[[Report, Redactor], str]) -> None:
    found = report()
    output = written(found, redactor(found))
    assert output
    for canary in (*CANARIES, "c4nary"):
        assert canary not in output


def test_the_frames_alone_keep_the_secrets_of_their_lines() -> None:
    """Without knowing any secret: labels on anything but the secret itself do not show it."""
    for number in range(1, SETTINGS.line_count):
        line, start = SETTINGS.line(number), SETTINGS.offset(number, 1)
        for end in range(1, line.index('"')):
            label = Label(SETTINGS.span(start, start + end))
            found = Report((Finding("a", Severity.INFO, Confidence.CERTAIN, "m", (label,), "s"),))
            assert "c4nary" not in text.render(found, Redactor())
