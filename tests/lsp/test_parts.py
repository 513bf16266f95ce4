"""The parts of the server that need no editor: places, comments that ignore, what is watched, hints and moved findings."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from connlint.finding import Confidence, Finding, Label, Severity
from connlint.fix.plan import applied
from connlint.ignores import find_ignores
from connlint.lsp.actions import REASON, ignoring
from connlint.lsp.moving import Moved
from connlint.lsp.positions import Units
from connlint.lsp.watching import PATTERNS
from connlint.source import Source

TEXTS = st.text(alphabet="ab \n\r\t\x0c\u2028\xe9\u20ac\U0001f418", max_size=40)
ENCODINGS = [each.value for each in types.PositionEncodingKind]
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=TEXTS, data=st.data())
def test_a_position_leads_back_to_its_offset(encoding: str, text: str, data: st.DataObject) -> None:
    source, units = Source("a", text), Units(encoding)
    offset = data.draw(st.integers(0, len(text)))
    position = units.position(source, offset)
    line, column = source.position(offset)
    codec, width = CODECS[encoding]
    assert position.line == line - 1
    assert position.character == len(text[offset - column + 1 : offset].encode(codec)) // width
    inside_line_end = text[offset - 1 : offset + 1] == "\r\n"
    assert units.offset(source, position) == (offset - 1 if inside_line_end else offset)


@given(text=TEXTS, line=st.integers(0, 50), character=st.integers(0, 50))
def test_a_position_outside_of_the_text_is_moved_to_its_nearest_end(text: str, line: int, character: int) -> None:
    assert 0 <= Units().offset(Source("a", text), types.Position(line, character)) <= len(text)


@given(text=TEXTS, new=TEXTS, data=st.data())
def test_a_change_of_a_range_is_that_of_the_characters(text: str, new: str, data: st.DataObject) -> None:
    units, source = Units(), Source("a", text)
    ends = [i for i in range(len(text) + 1) if text[i - 1 : i + 1] != "\r\n" or i == 0]
    start, end = sorted((data.draw(st.sampled_from(ends)), data.draw(st.sampled_from(ends))))
    place = types.Range(units.position(source, start), units.position(source, end))
    change = types.TextDocumentContentChangePartial(range=place, text=new)
    assert units.changed(text, [change]) == text[:start] + new + text[end:]


@given(old=TEXTS, new=TEXTS, data=st.data())
def test_what_moves_keeps_its_characters(old: str, new: str, data: st.DataObject) -> None:
    source = Source("a", old)
    start, end = sorted(data.draw(st.integers(0, len(old))) for _ in range(2))
    span = Moved.between(source, Source("a", new)).span(source.span(start, end))
    assert span is None or (span.text == old[start:end] and span.source.text == new)


def test_only_what_is_being_typed_loses_its_findings() -> None:
    old, new = Source("a", "one = 1\ntwo = 2\nthree = 3\n"), Source("a", "one = 1\ntwo = (\nthree = 3\n")
    moved = Moved.between(old, new)

    def finding(text: str) -> Finding:
        at = old.text.index(text)
        return Finding("r", Severity.INFO, Confidence.CERTAIN, "m", (Label(old.span(at, at + len(text))),), "s")

    found = [moved.finding(finding(text)) for text in ("one", "2", "three")]
    assert [each.primary.span.place if each else None for each in found] == ["a:1", None, "a:3"]


@pytest.mark.parametrize(
    ("path", "text", "word", "changed"),
    [
        ("uwsgi.ini", "[uwsgi]\nthreads = 2\n", "2", "[uwsgi]\n# C\nthreads = 2\n"),
        ("uwsgi.xml", "<uwsgi>\n  <threads>2</threads>\n</uwsgi>\n", "2", "<uwsgi>\n  <!-- C -->\n  <threads>2</threads>\n</uwsgi>\n"),
        ("a.yml", "web:\n  x: 2\r\n", "2", "web:\n  # C\r\n  x: 2\r\n"),
        ("a.py", "X = 2\n", "2", "X = 2  # C\n"),
        ("a.py", f"X = {'[' + '1, ' * 40}2]\n", "2", f"# C\nX = {'[' + '1, ' * 40}2]\n"),
        ("a.py", 'X = """\n2\n"""\n', "2", None),
        ("a.yml", "x: |\n  a\n  2\n", "2", None),
        ("a.json", '{"x": 2}\n', "2", None),
        ("a.py", "X = 2  # connlint: ignore[other] -- known\n", "2", "X = 2  # connlint: ignore[other, some-rule] -- known\n"),
    ],
    ids=["ini", "xml", "yaml", "python", "a long line", "in a string", "in a block of YAML", "json", "one that is there"],
)  # fmt: skip
def test_a_comment_that_ignores_is_one_that_the_file_knows(
    path: str, text: str, word: str, changed: str | None
) -> None:
    """Where no comment can stand without changing what the file means, none is offered."""
    source = Source(path, text)
    at = text.rindex(word, 0, text.index("#") if "#" in text else None)
    edit = ignoring(source, source.span(at, at + len(word)), "some-rule")
    comment = f"connlint: ignore[some-rule] -- {REASON}"
    assert (applied(text, (edit,)) if edit else None) == (changed.replace("C", comment) if changed else None)
    if edit is not None:
        assert "some-rule" in find_ignores(Source(path, applied(text, (edit,))))[0].rules


def watched(path: str) -> bool:
    """Whether an editor that knows `**`, `*` and `{a,b}` watches a file."""
    return any(
        PurePosixPath(f"/x/{path}").match(glob)
        for pattern in PATTERNS
        for glob in unbraced(pattern.removeprefix("**/"))
    )


def unbraced(pattern: str) -> list[str]:
    start, end = pattern.find("{"), pattern.find("}")
    if start < 0:
        return [pattern]
    return [
        pattern[:start] + each + rest
        for each in pattern[start + 1 : end].split(",")
        for rest in unbraced(pattern[end + 1 :])
    ]


@pytest.mark.parametrize(
    "path",
    ["shop/settings.py", "deploy/uwsgi.ini", "gunicorn.conf.py", "pgbouncer.ini", "etc/postgresql.conf", "my.cnf", "compose.yml",
     "docker-compose.prod.yaml", "Dockerfile", "Dockerfile.web", "web.Dockerfile", "Containerfile", "Procfile", "Procfile.dev", ".env",
     ".env.production", "chart/Chart.yaml", "chart/templates/web.tpl", "kustomization", "web.service", "web.timer", "app.json", "fly.toml",
     "uv.lock", "Pipfile", "Pipfile.lock", "requirements.txt", "requirements.in", "pyproject.toml", "connlint.toml", "crontab", "cron.d/beat",
     "services.d/web/run", "start.sh", "uwsgi.xml", "site.vhost"],
)  # fmt: skip
def test_whatever_discovery_reads_is_watched(path: str) -> None:
    assert watched(path)


def test_what_nobody_reads_is_not_watched() -> None:
    assert not any(map(watched, ("logo.png", "README.md", "static/site.css", "static/site.js")))
