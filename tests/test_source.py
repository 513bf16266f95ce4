"""Sources and spans: each position against a naive count, whatever the line ends and the characters."""

from __future__ import annotations

import ast
import dataclasses
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connlint.source import Edit, Source, Span

PIECES = ["processes = 9", "# é 🐘", "a", "\0", "\f", "\u2028", "\ufeff", "\n", "\r\n", "\r"]
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends, character by character; the last one has no end."""
    lines = [""]
    for index, character in enumerate(text):
        lines[-1] += character
        if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
            lines.append("")
    return lines


@given(texts)
def test_lines_are_those_of_a_naive_reader(text: str) -> None:
    source = Source("uwsgi.ini", text)
    lines = lines_of(text)
    bare = [re.sub(r"\r?\n$|\r$", "", line) for line in lines]
    assert source.line_count == len(lines)
    assert [source.line(number) for number in range(1, len(lines) + 1)] == bare
    assert source.line(0) == source.line(len(lines) + 1) == ""


@given(texts, st.data())
def test_positions_are_those_of_a_naive_count(text: str, data: st.DataObject) -> None:
    source = Source("uwsgi.ini", text)
    offset = data.draw(st.integers(0, len(text)))
    before = lines_of(text[:offset] + "x")  # so that a CR just before the offset still knows what follows it
    if text[offset - 1 : offset] == "\r" and text[offset : offset + 1] == "\n":
        before = [*before[:-2], before[-2] + "x"]
    assert source.position(offset) == (len(before), len(before[-1]))


@given(texts, st.data())
def test_offset_undoes_position(text: str, data: st.DataObject) -> None:
    source = Source("uwsgi.ini", text)
    offset = data.draw(st.integers(0, len(text)))
    assume(text[max(offset - 1, 0) : offset + 1] != "\r\n")  # between the two there is no place to stand
    assert source.offset(*source.position(offset)) == offset


@given(texts, st.integers(-3, 40), st.integers(-3, 40))
def test_a_place_outside_becomes_the_nearest_end(text: str, line: int, column: int) -> None:
    source = Source("uwsgi.ini", text)
    offset = source.offset(line, column)
    if line > source.line_count:
        assert offset == len(text)
    else:
        start = sum(map(len, lines_of(text)[: max(line, 1) - 1]))
        assert start <= offset <= start + len(source.line(max(line, 1)))


@given(texts)
def test_lines_are_those_of_python_s_own_parser(text: str) -> None:
    code = "".join(c for c in text.replace("processes = 9", "x = 9") if c in "x=9 \n\r#é🐘")
    try:
        names = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    except SyntaxError:
        return
    source = Source("settings.py", code)
    for name in names:
        assert source.line(name.lineno)[: name.col_offset + 1].endswith("x")


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("", 5, (1, 1)),
        ("a", -1, (1, 1)),
        ("a\n", 1, (1, 2)),
        ("a\n", 2, (2, 1)),
        ("a\n", 99, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (2, 1)),
        ("a\n\rb", 3, (3, 1)),
        ("\0\0=", 2, (1, 3)),
        ("🐘é=", 2, (1, 3)),
    ],
)
def test_positions(text: str, offset: int, position: tuple[int, int]) -> None:
    assert Source("uwsgi.ini", text).position(offset) == position


def test_a_span_knows_its_place_and_its_text() -> None:
    source = Source("deploy/uwsgi.ini", "[uwsgi]\r\nprocesses = 9\r\nthreads = 4")
    span = source.span_at(2, 13, 3, 8)
    assert (span.path, span.place) == ("deploy/uwsgi.ini", "deploy/uwsgi.ini:2")
    assert (span.line, span.column, span.end_line, span.end_column) == (2, 13, 3, 8)
    assert span.text == "9\r\nthreads"
    assert span == source.span(span.start, span.end) == Span(source, span.start, span.end)
    assert Edit(span, "8") == Edit(source.span(span.start, span.end), "8")


def test_a_span_never_shows_the_text_of_its_file() -> None:
    span = Source("settings.py", "PASSWORD = 'hunter2'").span(0, 8)
    assert "hunter2" not in repr(span)


@pytest.mark.parametrize(
    ("data", "text", "damaged"),
    [
        (b"", "", False),
        (b"\xef\xbb\xbfa = 1", "a = 1", False),
        (b"a\xff= 1", "a\ufffd= 1", True),
        (b"\xef\xbb\xbf\xff", "\ufffd", True),
        ("é🐘\0\r\n".encode(), "é🐘\0\r\n", False),
        (b"\xff\xfea\0", "\ufffd\ufffda\0", True),
    ],
)
def test_bytes_become_text_and_damage_is_known(data: bytes, text: str, damaged: bool) -> None:
    source = Source.from_bytes("my.cnf", data)
    assert (source.text, source.damaged) == (text, damaged)


@given(st.binary(max_size=40))
def test_any_bytes_become_text(data: bytes) -> None:
    source = Source.from_bytes("my.cnf", data)
    assert source.damaged == (b"\xff" in data or source.text.encode() != data.removeprefix(b"\xef\xbb\xbf"))


def test_a_source_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Source("my.cnf", "").text = "a"  # type: ignore[misc]  # the point of the test
