"""The language server end to end: a real process, asked over its streams as an editor asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import run
from lsp_client import FULL, Client, laid, uri

SETTINGS = """\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop", "USER": "shop", "PASSWORD": "hunter2-hunter2",
        "HOST": "db.internal",
        "CONN_MAX_AGE": 60,
    }
}
"""
UWSGI = "[uwsgi]\nmodule = shop.wsgi\nmaster = true\nlazy-apps = true\nprocesses = 9\nthreads = 12\n"
FILES = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/settings.py": SETTINGS,
    "uwsgi.ini": UWSGI,
    "connlint.toml": "[servers.primary]\nhost = 'db.internal'\nmax-connections = 100\nreserved = 3\n",
}
EXCEEDS = "exceeds-max-connections"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project that asks for 108 connections of 97."""
    return laid(tmp_path / "shop", FILES)


def told(client: Client, root: Path) -> set[tuple[str, int, int, str]]:
    """Everything published, as the command line's JSON names it."""
    return {
        (Path(address.removeprefix("file://")).relative_to(root).as_posix(), d["range"]["start"]["line"] + 1,
         d["range"]["start"]["character"] + 1, d["code"])
        for address, found in client.diagnostics.items() for d in found
    }  # fmt: skip


def said(root: Path) -> set[tuple[str, int, int, str]]:
    """The findings of `connlint check`."""
    found = json.loads(run("check", str(root), "--output-format", "json", "--no-cache").out)["findings"]
    return {(f["location"]["path"], f["location"]["line"], f["location"]["column"], f["rule"]) for f in found}


def test_without_an_open_file_the_findings_are_those_of_the_command_line(shop: Path) -> None:
    with Client(shop) as client:
        client.until(lambda: told(client, shop) == said(shop))
    assert EXCEEDS in {code for *_, code in said(shop)}


def test_a_buffer_counts_in_place_of_its_file_and_what_is_repaired_is_cleared(shop: Path) -> None:
    uwsgi = shop / "uwsgi.ini"
    with Client(shop) as client:
        client.until(lambda: EXCEEDS in client.codes(uwsgi))
        client.open(uwsgi)
        client.edit(uwsgi, UWSGI.replace("12", "1"))
        client.until(lambda: EXCEEDS not in client.codes(uwsgi))
        client.close(uwsgi)  # not saved: the disk counts again
        client.until(lambda: EXCEEDS in client.codes(uwsgi))


def test_an_edit_of_one_file_moves_what_is_said_of_another(shop: Path) -> None:
    """Without persistent connections the settings have no part in it, and the other file is told."""
    pool = '"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 1, "max_size": 2}},'
    with Client(shop) as client:
        client.until(lambda: EXCEEDS in client.codes(shop / "uwsgi.ini"))
        client.open(shop / "shop/settings.py")
        client.edit(shop / "shop/settings.py", SETTINGS.replace('"CONN_MAX_AGE": 60,', pool))
        client.until(lambda: EXCEEDS not in client.codes(shop / "uwsgi.ini"))


def test_the_other_places_lie_beside_a_diagnostic(shop: Path) -> None:
    with Client(shop) as client:
        client.until(lambda: EXCEEDS in client.codes(shop / "uwsgi.ini"))
        (found,) = (d for d in client.diagnostics[uri(shop / "uwsgi.ini")] if d["code"] == EXCEEDS)
    assert found["severity"] == 1
    assert found["source"] == "connlint"
    assert found["codeDescription"]["href"].endswith(f"/{EXCEEDS}.md")
    places = {(Path(r["location"]["uri"]).name, r["message"]) for r in found["relatedInformation"]}
    assert ("uwsgi.ini", "12 threads") in places
    assert ("connlint.toml", "100 in all") in places


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 16), ("utf-16", 14), ("utf-32", 13)])
def test_columns_are_counted_in_the_unit_that_was_agreed_on(shop: Path, encoding: str, column: int) -> None:
    """An elephant is four bytes, two code units and one code point; twelve characters stand beside it."""
    uwsgi = shop / "uwsgi.ini"
    capabilities = {**FULL, "general": {"positionEncodings": [encoding]}}
    with Client(shop, capabilities=capabilities) as client:
        client.open(uwsgi, UWSGI.replace("processes = 9", "env = \U0001f418=1\nprocesses = 9"))
        client.until(lambda: EXCEEDS in client.codes(uwsgi))
        client.open(shop / "shop/settings.py", SETTINGS.replace('"CONN_MAX_AGE"', '"\U0001f418":1, "CONN_MAX_AGE"'))
        hint = client.request(
            "textDocument/inlayHint",
            textDocument={"uri": uri(shop / "shop/settings.py")},
            range={"start": {"line": 5, "character": 0}, "end": {"line": 6, "character": 0}},
        )[0]
    assert client.initialized["capabilities"]["positionEncoding"] == encoding
    assert hint["position"]["character"] - len('        "":1, "CONN_MAX_AGE": 60,') + 12 == column


def test_incremental_changes_count_lines_as_editors_do(shop: Path) -> None:
    """A form feed or a line separator ends no line there, though Python's `splitlines` says so."""
    uwsgi = shop / "uwsgi.ini"
    text = "# a\x0cb\u2028c\n" + UWSGI
    with Client(shop) as client:
        client.open(uwsgi, text)
        client.until(lambda: EXCEEDS in client.codes(uwsgi))
        place = {"start": {"line": 6, "character": 10}, "end": {"line": 6, "character": 12}}
        client.edit(uwsgi, "1", place)
        client.until(lambda: EXCEEDS not in client.codes(uwsgi))


def test_what_is_typed_does_not_take_the_rest_of_the_map_away(shop: Path) -> None:
    settings = shop / "shop/settings.py"
    with Client(shop) as client:
        client.open(settings)
        client.until(lambda: EXCEEDS in client.codes(shop / "uwsgi.ini"))
        client.edit(settings, SETTINGS + "CACHES = {\n")
        client.until(lambda: "unreadable-file" in client.codes(settings))
        assert EXCEEDS in client.codes(shop / "uwsgi.ini")
        client.edit(settings, SETTINGS + "CACHES = {}\n")
        client.until(lambda: "unreadable-file" not in client.codes(settings))
        assert EXCEEDS in client.codes(shop / "uwsgi.ini")
        settings.write_text(SETTINGS + "CACHES = {\n", encoding="utf-8")  # saved like that, it is so
        client.edit(settings, SETTINGS + "CACHES = {\n")
        client.touched(settings)
        client.until(lambda: EXCEEDS not in client.codes(shop / "uwsgi.ini"))


def test_a_mistake_in_the_configuration_is_shown_where_it_is(shop: Path) -> None:
    configuration = shop / "connlint.toml"
    with Client(shop) as client:
        client.until(lambda: EXCEEDS in client.codes(shop / "uwsgi.ini"))
        client.open(configuration, FILES["connlint.toml"] + "max-conections = 1\n")
        client.until(lambda: client.codes(configuration) == ["configuration"])
        assert EXCEEDS in client.codes(shop / "uwsgi.ini")


def test_hovering_tells_what_holds_for_each_process_and_never_a_secret(shop: Path) -> None:
    settings = shop / "shop/settings.py"
    with Client(shop) as client:
        client.open(settings)
        age = client.hover(settings, 5, 26)
        everything = "".join(client.hover(settings, line, 20) for line in range(9))
    assert "**default.CONN\\_MAX\\_AGE**\n\n- web: `60` from shop/settings.py:6" in age
    assert "hunter2" not in everything


def test_the_budget_stands_behind_its_numbers(shop: Path) -> None:
    with Client(shop) as client:
        client.open(shop / "uwsgi.ini")
        client.open(shop / "connlint.toml")
        client.open(shop / "shop/settings.py")
        assert client.hints(shop / "uwsgi.ini") == [(4, "! 108 of 97"), (5, "! 108 of 97")]
        assert client.hints(shop / "connlint.toml") == [(2, "! 108 of 97"), (3, "! 108 of 97")]
        assert client.hints(shop / "shop/settings.py") == [(5, "! 108 of 97")]
        client.edit(shop / "uwsgi.ini", UWSGI.replace("12", "4"))
        assert client.hints(shop / "uwsgi.ini") == [(4, "36 of 97"), (5, "36 of 97")]


def changed(text: str, action: dict[str, Any], path: Path) -> str:
    """The text after an action's edits of one file."""
    lines = text.split("\n")
    (change,) = (c for c in action["edit"]["documentChanges"] if c["textDocument"]["uri"] == uri(path))
    for edit in sorted(
        change["edits"], key=lambda e: (e["range"]["start"]["line"], e["range"]["start"]["character"]), reverse=True
    ):
        start, end = edit["range"]["start"], edit["range"]["end"]
        before = "\n".join([*lines[: start["line"]], lines[start["line"]][: start["character"]]])
        after = "\n".join([lines[end["line"]][end["character"] :], *lines[end["line"] + 1 :]])
        lines = (before + edit["newText"] + after).split("\n")
    return "\n".join(lines)


def test_a_finding_can_be_ignored_with_a_reason(shop: Path) -> None:
    uwsgi = shop / "uwsgi.ini"
    with Client(shop) as client:
        client.open(uwsgi)
        (action,) = (a for a in client.actions(uwsgi, 4) if EXCEEDS in a["title"])
        text = changed(UWSGI, action, uwsgi)
        assert f"# connlint: ignore[{EXCEEDS}] -- say why\nprocesses = 9" in text
        client.edit(uwsgi, text)
        client.until(lambda: EXCEEDS not in client.codes(uwsgi))


def test_safe_fixes_are_preferred_and_can_be_made_all_at_once(shop: Path) -> None:
    uwsgi = shop / "uwsgi.ini"
    idle = UWSGI.replace("processes = 9", "# connlint: ignore[low-headroom] -- never\nprocesses = 2")
    with Client(shop) as client:
        client.open(uwsgi, idle)
        client.until(lambda: "unused-ignore" in client.codes(uwsgi))
        (fault,) = (d for d in client.diagnostics[uri(uwsgi)] if d["code"] == "unused-ignore")
        (quick,) = (a for a in client.actions(uwsgi, 4) if a.get("isPreferred"))
        (every,) = client.actions(uwsgi, 0, only=["source.fixAll"])
        assert fault["tags"] == [1]
        assert every["kind"] == "source.fixAll.connlint"
        assert quick["diagnostics"] == [fault]
        for action in (quick, every):
            assert changed(idle, action, uwsgi) == UWSGI.replace("processes = 9", "processes = 2")


def test_files_on_the_disk_are_watched(shop: Path) -> None:
    uwsgi = shop / "uwsgi.ini"
    with Client(shop) as client:
        client.until(lambda: EXCEEDS in client.codes(uwsgi) and bool(client.asked))
        (watched,) = (a for a in client.asked if a["method"] == "client/registerCapability")
        assert watched["params"]["registrations"][0]["method"] == "workspace/didChangeWatchedFiles"
        uwsgi.write_text(UWSGI.replace("12", "1"), encoding="utf-8")
        client.touched(uwsgi)
        client.until(lambda: EXCEEDS not in client.codes(uwsgi))
        uwsgi.write_text(UWSGI, encoding="utf-8")
        client.touched(uwsgi)
        client.until(lambda: EXCEEDS in client.codes(uwsgi))
        uwsgi.unlink()
        client.touched(uwsgi, kind=3)
        client.until(lambda: client.codes(uwsgi) == [])


def test_each_folder_of_a_workspace_is_a_project(tmp_path: Path) -> None:
    one = laid(tmp_path / "one", FILES)
    other = laid(tmp_path / "other", {**FILES, "uwsgi.ini": UWSGI.replace("12", "1")})
    with Client(one, other) as client:
        client.until(lambda: EXCEEDS in client.codes(one / "uwsgi.ini"))
        client.open(other / "uwsgi.ini")
        assert client.hints(other / "uwsgi.ini") == [(4, "9 of 97"), (5, "9 of 97")]
        assert EXCEEDS not in client.codes(other / "uwsgi.ini")
        client.notify(
            "workspace/didChangeWorkspaceFolders", event={"added": [], "removed": [{"uri": uri(one), "name": "one"}]}
        )
        client.until(lambda: client.codes(one / "uwsgi.ini") == [])


def test_what_is_not_a_message_is_survived(shop: Path) -> None:
    with Client(shop) as client:
        client.until(lambda: EXCEEDS in client.codes(shop / "uwsgi.ini"))
        for content in (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"jsonrpc": "2.0"}', b'{"jsonrpc": "2.0", "method": 7}',
                        b'{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"contentChanges":[{"text":1}]}}',
                        b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":[]}',
                        b'{"jsonrpc":"2.0","id":"x","method":"textDocument/hover","params":{}}'):  # fmt: skip
            client.send(content)
        far = {"start": {"line": 10**6, "character": 10**6}, "end": {"line": 2, "character": 0}}
        client.open(shop / "uwsgi.ini")
        client.edit(shop / "uwsgi.ini", "", far)
        client.edit(shop / "uwsgi.ini", UWSGI)
        assert client.hints(shop / "uwsgi.ini")[0] == (4, "! 108 of 97")


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name in ('pygls', 'lsprotocol') else find(name, *rest)\n"
        "from connlint.cli import main; raise SystemExit(main(['server']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: connlint server needs pygls and lsprotocol;")
    assert "connlint[lsp]" in done.stderr
