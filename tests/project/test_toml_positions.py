"""TOML with places: what the standard reader reads, and exactly where it stands."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.project.toml_positions import MalformedToml, Node, read_toml
from connlint.source import Source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read(text: str) -> Node:
    return read_toml(Source("connlint.toml", text))


def spot(text: str, *names: str) -> tuple[str, str, int, int]:
    """The text of the key and of the value below `names`, with the value's line and column."""
    node = read(text).get(*names)
    assert node is not None
    assert node.key is not None
    return node.key.text, node.span.text, node.span.line, node.span.column


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("cpus = 4\n", ("cpus",), ("cpus", "4", 1, 8)),
        ("# first\n\n  cpus=0x1F # last", ("cpus",), ("cpus", "0x1F", 3, 8)),
        ("[a.b]\nc = 1", ("a", "b", "c"), ("c", "1", 2, 5)),
        ("[ a . 'b' ]\nc = 1", ("a", "b"), ("'b'", "'b'", 1, 7)),
        ("a.b.c = 1", ("a", "b"), ("b", "b", 1, 3)),
        ("a = { b = { c = 'x' }, d.e = 2 }", ("a", "b", "c"), ("c", "'x'", 1, 17)),
        ("a = { b = { c = 'x' }, d.e = 2 }", ("a", "d", "e"), ("e", "2", 1, 30)),
        ('"a.b" = 1', ("a.b",), ('"a.b"', "1", 1, 9)),
        ('"\\u00e9" = 1', ("\u00e9",), ('"\\u00e9"', "1", 1, 12)),
        ("a = 1979-05-27 07:32:00Z # noon", ("a",), ("a", "1979-05-27 07:32:00Z", 1, 5)),
        ("a = 1979-05-27 # day", ("a",), ("a", "1979-05-27", 1, 5)),
        ('a = """x\n"quoted" \\""" end"""""\nb = 2', ("a",), ("a", '"""x\n"quoted" \\""" end"""""', 1, 5)),
        ('a = """x\n"quoted" \\""" end"""""\nb = 2', ("b",), ("b", "2", 3, 5)),
        ("a = '''it's\n''''\nb = 2", ("b",), ("b", "2", 3, 5)),
        ('a = "#\\\\" # "\nb = 2', ("b",), ("b", "2", 2, 5)),
        ("a = [\n  1, # one\n  2,\n]\nb = 2", ("a",), ("a", "[\n  1, # one\n  2,\n]", 1, 5)),
        ("[a.b]\nx = 1\n[a]\ny = 2", ("a",), ("a", "a", 3, 2)),
        ("a = 1\r\nb = 2\r\n", ("b",), ("b", "2", 2, 5)),
    ],
)
def test_keys_and_values_have_their_places(
    text: str, names: tuple[str, ...], expected: tuple[str, str, int, int]
) -> None:
    assert spot(text, *names) == expected


def test_elements_of_arrays_have_their_places() -> None:
    node = read('a = [\n  "x",\n  { b = 1 },\n]').get("a")
    assert node is not None
    first, second = node.items()
    assert (first.span.text, first.span.line) == ('"x"', 2)
    inner = second.get("b")
    assert inner is not None
    assert (inner.span.text, inner.span.line, inner.span.column) == ("1", 3, 9)


def test_each_element_of_an_array_of_tables_has_its_own_place() -> None:
    node = read('[[package]]\nname = "a"\n[package.source]\nurl = 1\n[[package]]\nname = "b"').get("package")
    assert node is not None
    assert [(e.span.line, e.value["name"].span.line) for e in node.items()] == [(1, 2), (5, 6)]


def test_a_part_of_a_text_is_read_with_places_in_the_whole() -> None:
    source = Source("uv.lock", "not toml\na = 1\nnot toml")
    node = read_toml(source, 9, 14).get("a")
    assert node is not None
    assert (node.value, node.span.line, node.span.column) == (1, 2, 5)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a = 1\nb 2", "expected '=' after a key in a key/value pair", 2, 3),
        ("a = 1\na = 2", "cannot overwrite a value", 2, 6),
        ("a = [1,\n", "invalid value", 1, 8),
        ("a = " + "[" * 20_000, "brackets are nested too deeply", 1, 1),
        ("a = " + "9" * 5_000, "a number in it is too long", 1, 1),
    ],
)
def test_malformed_text_is_an_error_with_a_place(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(MalformedToml) as caught:
        read(text)
    assert (str(caught.value), caught.value.span.line, caught.value.span.column) == (message, line, column)


@pytest.mark.parametrize(
    "line", ["a = '" + "x." * 500 + "'", "a = [" + '"1.2", ' * 500 + "]", "a = [" + "1.2, " * 500 + "]"]
)
def test_many_dots_in_values_are_no_deep_nesting(line: str) -> None:
    assert read(line).get("a") is not None


def test_the_place_of_an_error_in_a_part_counts_from_the_start_of_the_file() -> None:
    with pytest.raises(MalformedToml) as caught:
        read_toml(Source("uv.lock", "x x\nab = 1\nb 2\n"), 5)
    assert (caught.value.span.line, caught.value.span.column) == (3, 3)


# Documents are grown statement by statement, from few names so that they meet; what the reader refuses is dropped.
NAMES = st.sampled_from(["a", "b", "c-1", '"a"', "'b'", '"x.y"', '"\\t\\"]"', "''"])
KEYS = st.lists(NAMES, min_size=1, max_size=3).map(" . ".join) | NAMES
SCALARS = st.sampled_from(
    [
        "1", "-1_000", "0xff", "3.5e-2", "inf", "true", "1979-05-27", "1979-05-27 07:32:00.5+01:00", "07:32:00",
        '""', "''", '"x # \\" \\\\"', "'\\'", '"""\n"" \\""" #"""', '"""x"""""', "'''\n''x'''''", '"""\\\n  y\\\\"""',
    ]
)  # fmt: skip
BLANKS = st.sampled_from(["", " ", "\n", " # note ]\n\t", "\r\n"])


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    elements = st.lists(st.tuples(BLANKS, values, BLANKS).map("".join), max_size=3).map(",".join)
    return st.tuples(elements, st.sampled_from(["", ",\n"])).map(
        lambda parts: f"[{parts[0]}{parts[1] if parts[0].strip() else ''}]"
    )


def inline_tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(KEYS, values).map(" = ".join)
    return st.lists(pairs, max_size=3).map(lambda found: "{ " + ", ".join(found) + " }")


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=6)
STATEMENTS = st.one_of(
    st.tuples(KEYS, VALUES, BLANKS).map(lambda parts: f"{parts[0]}={parts[1]}{parts[2]}\n"),
    KEYS.map(lambda key: f"[ {key} ] # header\n"),
    KEYS.map(lambda key: f"[[{key}]]\n"),
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    text = ""
    for statement in draw(st.lists(STATEMENTS, max_size=10)):
        try:
            tomllib.loads(text + statement)
        except tomllib.TOMLDecodeError:
            continue
        text += statement
    return text


@given(documents())
def test_values_are_those_of_the_standard_reader_and_each_place_states_its_value(text: str) -> None:
    root = read(text)
    assert root.plain == tomllib.loads(text)
    check_places(root)


def check_places(node: Node) -> None:
    for name, inner in node.tables():
        assert inner.key is not None
        assert tomllib.loads(inner.key.text + " = 0") == {name: 0}
        check_places(inner)
    for inner in node.items():
        check_places(inner)
    stated: Any = node.span.text
    if not isinstance(node.value, dict) and not (isinstance(node.value, list) and not stated.startswith("[")):
        assert tomllib.loads("x = " + stated) == {"x": node.plain}
