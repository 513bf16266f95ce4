"""The formats that machines read: held against their schemas and readers, whatever a project is called and says."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from commands import laid_out, run
from reported import WARNING, WEB, place

from connlint.finding import Confidence, Finding, Label, Severity
from connlint.report import github, gitlab, junit, markdown, rdjson, sarif
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.source import Source

jsonschema = pytest.importorskip("jsonschema", reason="the outputs are held against schemas")

SCHEMAS = Path(__file__).parent / "schemas"
MULTITOOL = "CONNLINT_SARIF_MULTITOOL"  # names the executable of npm's @microsoft/sarif-multitool-linux and its like
CLEAN = Redactor()
FORMATS: dict[str, Callable[[Report, Redactor, str], str]] = {
    "github": github.render, "gitlab": gitlab.render, "junit": junit.render, "markdown": markdown.render,
    "rdjson": rdjson.render, "sarif": sarif.render,
}  # fmt: skip
each_format = pytest.mark.parametrize("form", FORMATS)
SERVER = Source("db/postgresql.conf", "# größer: max_connections = 100\n")
ODD = ("my project/uwsgi ü.ini", "caf\udce9/uwsgi.ini", "a\nb/c\td.ini", "[x](y)|<b>%,:'\"&.ini", "日本/ﬁ\u202e.ini")


ERROR = Finding(
    "exceeds-max-connections",
    Severity.ERROR,
    Confidence.CERTAIN,
    "36 connections may be asked for where 30 are granted",
    (Label(place(WEB, "9"), "9 processes"), Label(place(SERVER, "100"), "70 of them reserved")),
    "db: max_connections",
    "lower processes",
    "compose.yml",
)
REPORT = Report(findings=(ERROR, WARNING), files_read=2)


def odd(path: str) -> Report:
    """A report about a file of this name, which the messages repeat."""
    label = Label(Source(path, "ü = 1\n").span(4, 5), f"{path} says so")
    said = replace(ERROR, message=f"{path}: [click](https://evil.example) ]]>", labels=(label, label), deployment=path)
    return Report(findings=(replace(said, help=f"see {path}\nand the next line"),), files_read=1)


def valid(schema: str, text: str) -> Any:
    """The JSON of a text, without the faults that the schema finds in it."""
    content = json.loads(text)
    known = json.loads(SCHEMAS.joinpath(schema).read_text(encoding="utf-8"))
    checker = jsonschema.validators.validator_for(known)(known)
    assert [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in checker.iter_errors(content)] == []
    return content


class TestSarif:
    def test_a_result_has_its_places_its_name_and_its_fix(self) -> None:
        (found,) = valid("sarif-2.1.0.json", sarif.render(REPORT, CLEAN, "shop/"))["runs"]
        error, warning = found["results"]
        assert (error["ruleId"], error["level"], warning["level"]) == ("exceeds-max-connections", "error", "warning")
        assert found["tool"]["driver"]["rules"][error["ruleIndex"]]["id"] == error["ruleId"]
        assert error["locations"] == [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "shop/deploy/uwsgi.ini", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 2, "startColumn": 13, "endLine": 2, "endColumn": 14},
                },
                "message": {"text": "9 processes"},
            }
        ]
        (related,) = error["relatedLocations"]
        assert related["physicalLocation"]["artifactLocation"]["uri"] == "shop/db/postgresql.conf"
        assert related["message"] == {"text": "70 of them reserved"}
        (fix,) = warning["fixes"]
        assert fix["description"] == {"text": "remove threads (safe)"}
        (change,) = fix["artifactChanges"]
        region = {"startLine": 3, "startColumn": 1, "endLine": 4, "endColumn": 1}
        assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": ""}}]

    def test_each_rule_brings_its_page(self) -> None:
        rules = json.loads(sarif.render(REPORT, CLEAN))["runs"][0]["tool"]["driver"]["rules"]
        for rule in rules:
            assert rule["help"]["markdown"].startswith(f"# {rule['id']}\n")
            assert rule["shortDescription"]["text"]

    def test_fingerprints_are_unique_and_outlive_moved_lines(self) -> None:
        moved = replace(ERROR, labels=(Label(place(Source(WEB.path, "\n\n" + WEB.text), "9")),))
        several = Report(findings=(ERROR, replace(ERROR, deployment="Procfile"), WARNING))
        names = [r["partialFingerprints"] for r in json.loads(sarif.render(several, CLEAN))["runs"][0]["results"]]
        assert len({name["connlint/v1"] for name in names}) == 3
        assert (
            json.loads(sarif.render(Report(findings=(moved,)), CLEAN))["runs"][0]["results"][0]["partialFingerprints"]
            == (names[0])
        )

    @pytest.mark.parametrize("path", ODD)
    def test_a_uri_is_relative_and_ascii_whatever_a_file_is_called(self, path: str) -> None:
        from urllib.parse import unquote_to_bytes, urlsplit

        found = valid("sarif-2.1.0.json", sarif.render(odd(path), CLEAN))["runs"][0]["results"][0]
        uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert not urlsplit(uri).scheme
        assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")
        said = [found["message"]["text"], *(each["message"]["text"] for each in found["relatedLocations"])]
        assert not any("](" in text for text in said)

    def test_a_real_project_and_none_are_valid(self, repository: Path) -> None:
        ran = run("check", str(repository / "examples/shop"), "--output-format", "sarif")
        assert len(valid("sarif-2.1.0.json", ran.out)["runs"][0]["results"]) == 5
        assert valid("sarif-2.1.0.json", sarif.render(Report(), CLEAN))["runs"][0]["results"] == []

    @pytest.mark.skipif(MULTITOOL not in os.environ, reason=f"{MULTITOOL} names no executable of the SARIF multitool")
    def test_the_multitool_has_nothing_but_taste_against_it(self, repository: Path, tmp_path: Path) -> None:
        ran = run("check", str(repository / "examples/shop"), "--output-format", "sarif")
        written = tmp_path / "connlint.sarif"
        written.write_text(ran.out, encoding="utf-8")
        flags = ("--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--log", "ForceOverwrite")
        told = tmp_path / "told.sarif"
        subprocess.run(
            [os.environ[MULTITOOL], "validate", written, *flags, "--output", told], check=True, capture_output=True
        )
        results = [r for each in json.loads(told.read_text("utf-8-sig"))["runs"] for r in each.get("results", ())]
        grave = {(r["ruleId"], r["message"]["id"]) for r in results if r.get("level") != "note"}
        assert grave <= {("SARIF2005", "Warning_ProvideToolnformationUri")}  # the project has no address yet


def test_gitlab() -> None:
    issues = json.loads(gitlab.render(REPORT, CLEAN, "shop/"))
    assert len({issue.pop("fingerprint") for issue in issues}) == 2
    assert issues == [
        {
            "description": "36 connections may be asked for where 30 are granted. lower processes",
            "check_name": "exceeds-max-connections",
            "severity": "critical",
            "location": {"path": "shop/deploy/uwsgi.ini", "lines": {"begin": 2, "end": 2}},
        },
        {
            "description": "threads have no effect here",
            "check_name": "ignored-threads",
            "severity": "major",
            "location": {"path": "shop/deploy/uwsgi.ini", "lines": {"begin": 3, "end": 3}},
        },
    ]


def test_junit() -> None:
    assert (
        junit.render(REPORT, CLEAN, "shop/")
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="connlint" tests="2" failures="2" errors="0">
  <testsuite name="shop/deploy/uwsgi.ini" tests="2" failures="2" errors="0">
    <testcase name="exceeds-max-connections at 2:13" classname="shop/deploy/uwsgi.ini" file="shop/deploy/uwsgi.ini" line="2">
      <failure type="error, certain" message="36 connections may be asked for where 30 are granted">shop/deploy/uwsgi.ini:2: 9 processes
shop/db/postgresql.conf:1: 70 of them reserved
help: lower processes</failure>
    </testcase>
    <testcase name="ignored-threads at 3:11" classname="shop/deploy/uwsgi.ini" file="shop/deploy/uwsgi.ini" line="3">
      <failure type="warning, likely" message="threads have no effect here">shop/deploy/uwsgi.ini:3</failure>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_junit_without_findings_is_one_case_that_passed() -> None:
    found = ElementTree.fromstring(junit.render(Report(), CLEAN))
    assert [(case.get("name"), len(case)) for case in found.iter("testcase")] == [("no findings", 0)]
    assert (found.get("tests"), found.get("failures")) == ("1", "0")


def test_rdjson_counts_columns_in_bytes() -> None:
    first, second = valid("rdjson.json", rdjson.render(REPORT, CLEAN, "shop/"))["diagnostics"]
    assert (first["severity"], first["code"]) == ("ERROR", {"value": "exceeds-max-connections"})
    assert first["message"] == "36 connections may be asked for where 30 are granted\nhelp: lower processes"
    assert first["related_locations"] == [
        {
            "message": "70 of them reserved",
            "location": {
                "path": "shop/db/postgresql.conf",
                "range": {"start": {"line": 1, "column": 31}, "end": {"line": 1, "column": 34}},
            },
        }
    ]
    assert second["suggestions"] == [
        {"range": {"start": {"line": 3, "column": 1}, "end": {"line": 4, "column": 1}}, "text": ""}
    ]


def test_a_workflow_gets_a_table_worst_first() -> None:
    assert (
        markdown.render(replace(REPORT, findings=(WARNING, ERROR)), CLEAN, "shop/")
        == """\
### connlint&#58; shop

1 error, 1 warning in 2 files; 1 fixable with --fix

| severity | rule | place | finding |
| --- | --- | --- | --- |
| error | exceeds-max-connections | shop/deploy/uwsgi.ini&#58;2 | 36 connections may be asked for where 30 are granted |
| warning | ignored-threads | shop/deploy/uwsgi.ini&#58;3 | threads have no effect here (likely) |

"""
    )


def test_the_table_is_bounded() -> None:
    long = replace(ERROR, message="x" * 5_000)
    text = markdown.render(Report(findings=(long,) * 2_000), CLEAN)
    assert len(text) < 60_000
    assert "and 1950 more" in text


@each_format
@pytest.mark.parametrize("path", ODD)
def test_names_that_are_no_text_break_no_format(form: str, path: str) -> None:
    text = FORMATS[form](odd(path), CLEAN, "a b/")
    text.encode("utf-8")
    if form == "junit":
        found = ElementTree.fromstring(text)
        assert "click" in found.findall(".//failure")[0].get("message", "")
    elif form == "github":
        assert [line[:8] for line in text.splitlines()[:-1]] == ["::error "]
    elif form == "markdown":
        assert len(text.splitlines()) == 8
        assert "[click]" not in text
    else:
        json.loads(text)
        assert "\\ud" not in text
    assert not any(character in text for character in "\x1b\u202e\x00")


@each_format
def test_an_empty_report_is_whole_in_every_format(form: str) -> None:
    text = FORMATS[form](Report(files_read=3), CLEAN, "")
    assert text.endswith("\n")
    if form == "gitlab":
        assert json.loads(text) == []
    if form == "rdjson":
        assert valid("rdjson.json", text)["diagnostics"] == []


PROJECT = {"gunicorn.conf.py": "worker = 9\n", "shop/settings.py": "DATABASES = {}\n"}


class TestPlaces:
    @pytest.mark.parametrize("form", ["github", "gitlab", "sarif"])
    def test_hosts_get_paths_from_the_root_of_the_repository(
        self, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        laid_out(tmp_path / "back end/app", PROJECT)
        (tmp_path / ".git").mkdir()
        monkeypatch.chdir(tmp_path / "back end/app")
        told = run("check", "--output-format", form).out
        assert ("back%20end/app/gunicorn.conf.py" if form == "sarif" else "back end/app/gunicorn.conf.py") in told

    @pytest.mark.parametrize("form", ["junit", "rdjson"])
    def test_others_get_paths_from_the_current_folder(
        self, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        laid_out(tmp_path / "back end/app", PROJECT)
        (tmp_path / ".git").mkdir()
        monkeypatch.chdir(tmp_path / "back end")
        assert '"app/gunicorn.conf.py' in run("check", "app", "--output-format", form).out

    def test_the_page_of_a_run_is_appended_to(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        laid_out(tmp_path / "app", PROJECT)
        page = tmp_path / "summary.md"
        page.write_text("before\n", encoding="utf-8")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
        for _ in range(2):
            run("check", str(tmp_path / "app"), "--output-format", "github")
        assert page.read_text(encoding="utf-8").startswith("before\n### connlint")
        assert page.read_text(encoding="utf-8").count("| warning | unknown-gunicorn-setting |") == 2

    def test_a_page_that_cannot_be_written_is_no_failure(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        laid_out(tmp_path / "app", PROJECT)
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere/summary.md"))
        ran = run("check", str(tmp_path / "app"), "--output-format", "github")
        assert ran.code == 1
        assert "cannot be written: no such file or directory" in ran.err
