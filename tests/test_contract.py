"""The JSON of check, show and budget: exactly the fields that are promised, on the deployment in examples/shop."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from connlint.cli import main

SHOP = Path(__file__).resolve().parents[1] / "examples" / "shop"
PLACE = {"path": str, "line": int, "column": int, "end_line": int, "end_column": int}
CERTAINTIES = {"exact", "declared", "default", "assumed", "unknown"}
SHAPES = {  # of a value, by its kind: what it has beside kind, certainty and origins
    "exact": [{"value"}],
    "choice": [{"values"}],
    "range": [{"least", "most"}, {"least"}],
    "unknown": [{"reason"}, {"reason", "least"}, {"reason", "least", "most"}],
}


def written(capsys: pytest.CaptureFixture[str], command: str, folder: Path = SHOP, *more: str) -> Any:
    assert main([command, str(folder), "--output-format", "json", *more]) in (0, 1)
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


def has(thing: Any, fields: dict[str, Any]) -> None:
    """`thing` has these fields and no others, each of its type (a tuple: one of these words)."""
    assert thing.keys() == fields.keys()
    for name, kind in fields.items():
        if isinstance(kind, tuple):
            assert thing[name] in kind, name
        else:
            assert type(thing[name]) is kind, name


def is_value(value: Any) -> None:
    rest = value.keys() - {"kind", "certainty", "origins"}
    assert value.keys() >= {"kind", "certainty", "origins"}
    assert rest in SHAPES[value["kind"]]
    assert value["certainty"] in CERTAINTIES
    assert (value["kind"] == "unknown") == (value["certainty"] == "unknown")
    for origin in value["origins"]:
        assert origin.keys() in ({"path", "line"}, {"note"})
        assert type(origin.get("line", 1)) is int
    if value["kind"] == "choice":
        assert len(value["values"]) > 1


def are_values(settings: Any) -> None:
    for name, value in settings.items():
        assert type(name) is str
        is_value(value)


def is_place(place: Any, **more: Any) -> None:
    has(place, {**PLACE, **more})
    assert not place["path"].startswith("/")
    assert "\\" not in place["path"]
    assert 1 <= place["line"] <= place["end_line"]
    assert place["column"] >= 1


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    report = written(capsys, "check")
    has(report, {"version": int, "findings": list, "unknowns": list, "files": dict})
    assert report["version"] == 1
    has(report["files"], {"read": int, "parsed": int})
    assert report["findings"]
    for finding in report["findings"]:
        assert type(finding.pop("fix", "absent")) in (dict, type(None))
        has(finding, {
            "rule": str, "severity": ("error", "warning", "info"), "confidence": ("certain", "likely", "possible"),
            "message": str, "help": str, "deployment": str, "location": dict, "related": list, "fingerprint": str,
        })  # fmt: skip
        is_place(finding["location"])
        for related in finding["related"]:
            is_place(related, label=str)


def test_the_fixes_of_check(capsys: pytest.CaptureFixture[str]) -> None:
    fixes = [finding["fix"] for finding in written(capsys, "check")["findings"] if finding["fix"] is not None]
    assert fixes
    for fix in fixes:
        has(fix, {"safety": ("safe", "unsafe"), "title": str, "edits": list})
        for edit in fix["edits"]:
            is_place(edit, text=str)


def test_the_unknowns_of_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shop = shutil.copytree(SHOP, tmp_path / "shop")
    shop.joinpath("deploy/postgresql.conf").unlink()
    unknowns = written(capsys, "check", shop)["unknowns"]
    assert unknowns
    for unknown in unknowns:
        has(unknown, {"fact": str, "needed_by": list, "declare": str})
        assert all(type(rule) is str for rule in unknown["needed_by"])


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    report = written(capsys, "show")
    has(report, {"version": int, "settings": list, "documents": list, "deployments": list})
    for module in report["settings"]:
        has(module, {"module": str, "path": str, "databases": dict})
        for alias in module["databases"].values():
            are_values(alias)
    for document in report["documents"]:
        has(document, {"path": str, "kind": str, "settings": dict})
        are_values(document["settings"])
    assert {document["kind"] for document in report["documents"]} == {"gunicorn", "pgbouncer", "postgresql"}
    for deployment in report["deployments"]:
        has(deployment, {"name": str, "processes": list, "poolers": list, "servers": list})
        for process in deployment["processes"]:
            has(process, {"name": str, "server": str, "processes": dict, "threads": dict, "replicas": dict,
                          "settings": str, "databases": dict, "role": str, "started": dict})  # fmt: skip
            has(process["started"], {"path": str, "line": int})
            for count in ("processes", "threads", "replicas"):
                is_value(process[count])
            for alias in process["databases"].values():
                are_values(alias)
        for pooler in deployment["poolers"]:
            has(pooler, {"name": str, "kind": str, "settings": dict})
            are_values(pooler["settings"])
        for server in deployment["servers"]:
            has(server, {"name": str, "engine": str, "settings": dict})
            are_values(server["settings"])


def test_budget(capsys: pytest.CaptureFixture[str]) -> None:
    report = written(capsys, "budget")
    has(report, {"version": int, "deployments": list})
    for deployment in report["deployments"]:
        has(deployment, {"name": str, "limits": list})
        assert [limit["kind"] for limit in deployment["limits"]] == ["pooler-clients", "pooler-servers", "server"]
        for limit in deployment["limits"]:
            has(limit, {"at": str, "kind": str, "usable": dict, "steady": dict, "deploy": dict, "terms": list,
                        "verdict": ("fits", "can-exceed", "exceeds", "unknown")})  # fmt: skip
            for amount in ("usable", "steady", "deploy"):
                is_value(limit[amount])
            for term in limit["terms"]:
                has(term, {"process": str, "formula": str, "connections": dict})
                is_value(term["connections"])


def test_fingerprints_are_unique_and_stay_when_lines_move(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shop = shutil.copytree(SHOP, tmp_path / "shop")
    before = {f["fingerprint"]: f for f in written(capsys, "check", shop)["findings"]}
    assert len(before) == len(written(capsys, "check", shop)["findings"])
    for path in shop.rglob("*"):
        if path.suffix in (".py", ".conf", ".toml") and path.stat().st_size:
            path.write_text(f"# one\n# two\n\n{path.read_text()}")
        elif path.suffix == ".ini":
            path.write_text(f"; one\n\n{path.read_text()}")
    after = {f["fingerprint"]: f for f in written(capsys, "check", shop)["findings"]}
    assert after.keys() == before.keys()
    assert all(after[mark]["rule"] == before[mark]["rule"] for mark in before)
    assert all(after[mark]["location"]["line"] > before[mark]["location"]["line"] for mark in before)


def test_nothing_but_ascii_is_written_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "show", "budget"):
        main([command, str(SHOP), "--output-format", "json"])
        assert capsys.readouterr().out.isascii()
