"""A report in every format, exactly as it is written."""

from __future__ import annotations

import json as stdlib_json
from dataclasses import replace

from reported import WARNING, WEB, place

from connlint.deployment.model import Deployment
from connlint.finding import Confidence, Finding, Fix, Label, Lack, Safety, Severity
from connlint.report import concise, github, json, text
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.style import Style
from connlint.source import Source

SERVER = Source("db/postgresql.conf", "max_connections = 100\n")
CLEAN = Redactor()


ERROR = Finding(
    "exceeds-max-connections",
    Severity.ERROR,
    Confidence.CERTAIN,
    "36 connections may be asked for where 30 are granted",
    (Label(place(WEB, "9"), "9 processes"), Label(place(SERVER, "100"), "70 of them reserved")),
    "db",
    "lower processes\nor raise max_connections",
    "compose.yml",
)
REPORT = Report(
    findings=(ERROR, WARNING),
    lacks=(Lack("cpus of the host of web", "cpus = 4", ("workers-from-cpu-count",)),),
    files_read=2,
    files_parsed=1,
)


def empty_deployment(name: str) -> Deployment:
    return Deployment(name, (), (), (), (), (), ())


def test_text() -> None:
    assert (
        text.render(REPORT, CLEAN)
        == """\
error[exceeds-max-connections]: 36 connections may be asked for where 30 are granted
 --> deploy/uwsgi.ini:2:13
  |
2 | processes = 9
  |             ^ 9 processes
  |
 ::: db/postgresql.conf:1:19
  |
1 | max_connections = 100
  |                   --- 70 of them reserved
  |
  = help: lower processes
          or raise max_connections

warning[ignored-threads]: threads have no effect here (likely)
 --> deploy/uwsgi.ini:3:11
  |
3 | threads = 4
  |           ^
  |
  = fix: remove threads (--fix)

1 fact is not known, and would decide more; [tool.connlint] takes the line beside it:
  cpus of the host of web: cpus = 4

1 error, 1 warning in 2 files; 1 fixable with --fix
"""
    )


def test_text_without_findings_is_one_line() -> None:
    deployments = (empty_deployment("compose.yml"),)
    assert (
        text.render(Report(files_read=3, deployments=deployments), CLEAN)
        == "no mistakes found in 3 files (1 deployment)\n"
    )


def test_the_summary_counts_what_was_ignored_and_what_can_be_fixed() -> None:
    unsafe = replace(WARNING, severity=Severity.INFO, fix=Fix(Safety.UNSAFE, "lower it", ()))
    report = Report(findings=(WARNING, unsafe, unsafe), files_read=1, suppressed=2)
    assert text.summary(report) == (
        "1 warning, 2 info in 1 file; 2 ignored; 1 fixable with --fix; 2 more fixable with --unsafe-fixes"
    )


def test_several_deployments_are_named() -> None:
    report = replace(REPORT, deployments=(empty_deployment("compose.yml"), empty_deployment("Procfile")))
    assert "  = deployment: compose.yml\n  = help: lower" in text.render(report, CLEAN)


def test_facts_that_are_not_known_are_listed_briefly() -> None:
    report = Report(lacks=tuple(Lack(f"fact {n}", f"key-{n} = 1") for n in range(7)))
    assert (
        text.render(report, CLEAN)
        == """\
7 facts are not known, and would decide more; [tool.connlint] takes the lines beside them:
  fact 0: key-0 = 1
  fact 1: key-1 = 1
  fact 2: key-2 = 1
  fact 3: key-3 = 1
  fact 4: key-4 = 1
  and 2 more, listed by --output-format json

no mistakes found in 0 files
"""
    )


def test_the_name_of_a_rule_links_to_its_page_only_where_links_work() -> None:
    linked = text.render(REPORT, CLEAN, Style(links=True), lambda name: f"file:///rules/{name}.md")
    assert (
        "error[\x1b]8;;file:///rules/exceeds-max-connections.md\x1b\\exceeds-max-connections\x1b]8;;\x1b\\]: 36"
        in linked
    )
    assert "\x1b" not in text.render(REPORT, CLEAN, Style(), lambda name: f"file:///rules/{name}.md")


def test_concise() -> None:
    assert (
        concise.render(REPORT, CLEAN)
        == """\
deploy/uwsgi.ini:2:13: error[exceeds-max-connections] 36 connections may be asked for where 30 are granted
deploy/uwsgi.ini:3:11: warning[ignored-threads] threads have no effect here (likely)
1 error, 1 warning in 2 files; 1 fixable with --fix
"""
    )


def test_json() -> None:
    written = stdlib_json.loads(json.check(REPORT, CLEAN))
    prints = [finding.pop("fingerprint") for finding in written["findings"]]
    assert len({*prints}) == 2
    assert written == {
        "version": 1,
        "findings": [
            {
                "rule": "exceeds-max-connections",
                "severity": "error",
                "confidence": "certain",
                "message": "36 connections may be asked for where 30 are granted",
                "help": "lower processes\nor raise max_connections",
                "deployment": "compose.yml",
                "location": {"path": "deploy/uwsgi.ini", "line": 2, "column": 13, "end_line": 2, "end_column": 14},
                "related": [
                    {
                        "path": "db/postgresql.conf",
                        "line": 1,
                        "column": 19,
                        "end_line": 1,
                        "end_column": 22,
                        "label": "70 of them reserved",
                    }
                ],
                "fix": None,
            },
            {
                "rule": "ignored-threads",
                "severity": "warning",
                "confidence": "likely",
                "message": "threads have no effect here",
                "help": "",
                "deployment": "",
                "location": {"path": "deploy/uwsgi.ini", "line": 3, "column": 11, "end_line": 3, "end_column": 12},
                "related": [],
                "fix": {
                    "safety": "safe",
                    "title": "remove threads",
                    "edits": [
                        {
                            "path": "deploy/uwsgi.ini",
                            "line": 3,
                            "column": 1,
                            "end_line": 4,
                            "end_column": 1,
                            "text": "",
                        }
                    ],
                },
            },
        ],
        "unknowns": [
            {"fact": "cpus of the host of web", "needed_by": ["workers-from-cpu-count"], "declare": "cpus = 4"}
        ],
        "files": {"read": 2, "parsed": 1},
    }


def test_a_fingerprint_outlives_moved_lines_and_renamed_deployments() -> None:
    moved = Source(WEB.path, "\n\n" + WEB.text)
    later = replace(
        ERROR, labels=(Label(place(moved, "9"), "9 processes"),), deployment="Procfile", message="other words"
    )
    assert json.fingerprints([ERROR]) == json.fingerprints([later])


def test_fingerprints_are_unique_within_a_report() -> None:
    same = [
        ERROR,
        replace(ERROR, deployment="Procfile"),
        replace(ERROR, rule="low-headroom"),
        replace(ERROR, subject="db2"),
    ]
    assert len(set(json.fingerprints(same))) == 4


def test_json_survives_names_that_are_no_text() -> None:
    source = Source("caf\udce9.ini", "a = 1\n")
    report = Report(findings=(replace(ERROR, labels=(Label(source.span(0, 1)),)),))
    assert (
        stdlib_json.loads(json.check(report, CLEAN).encode("ascii"))["findings"][0]["location"]["path"]
        == "caf\udce9.ini"
    )


def test_github() -> None:
    assert github.render(REPORT, CLEAN, "shop/") == (
        "::error file=shop/deploy/uwsgi.ini,line=2,endLine=2,col=13,endColumn=14,title=error[exceeds-max-connections]"
        "::36 connections may be asked for where 30 are granted"
        "%0Ashop/db/postgresql.conf:1: 70 of them reserved"
        "%0Ahelp: lower processes%0Aor raise max_connections\n"
        "::warning file=shop/deploy/uwsgi.ini,line=3,endLine=3,col=11,endColumn=12,title=warning[ignored-threads]"
        "::threads have no effect here (likely)\n"
        "1 error, 1 warning in 2 files; 1 fixable with --fix\n"
    )


def test_github_escapes_what_would_end_a_property_or_a_message() -> None:
    source = Source("a,b:c%\n::error::x.ini", "a = 1\n")
    odd = replace(ERROR, labels=(Label(source.span(0, 1)),), message="100 % sure\r\n::error::no, really", help="")
    assert github.render(Report(findings=(odd,)), CLEAN).splitlines()[0] == (
        "::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.ini,line=1,endLine=1,col=1,endColumn=2,"
        "title=error[exceeds-max-connections]::100 %25 sure\ufffd ::error::no, really"
    )


def test_github_names_no_columns_for_a_place_over_several_lines() -> None:
    long = replace(ERROR, labels=(Label(place(WEB, "9\nthreads")),), help="")
    assert "line=2,endLine=3,title" in github.render(Report(findings=(long,)), CLEAN)


def test_github_annotates_the_worst_ten_of_a_kind_and_counts_the_rest() -> None:
    lines = github.render(Report(findings=(WARNING,) * 12 + (ERROR,), files_read=1), CLEAN).splitlines()
    assert [line.split(" ")[0] for line in lines[:-2]] == ["::error", *["::warning"] * 10]
    assert lines[-1] == "2 of them are not annotated: GitHub shows 10 of a kind for each step"
