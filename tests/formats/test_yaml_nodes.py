"""YAML nodes: places of every value, aliases, merge keys, duplicates, and what is refused."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode, YamlFile, read_yaml
from connlint.source import Source


def read(text: str) -> YamlFile:
    return read_yaml(Source("a.yml", text))


def root(text: str) -> MappingNode:
    file = read(text)
    assert file.problems == ()
    (node,) = file.documents
    assert isinstance(node, MappingNode)
    return node


def scalar(text: str) -> ScalarNode:
    node = root(text).get("a")
    assert isinstance(node, ScalarNode)
    return node


def plain(node: Node) -> object:
    """The tree as Python has it, scalars as text; merged pairs in their places."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return {name: plain(pair.value) for name, pair in node.by_name().items()}


@pytest.mark.parametrize(
    ("text", "value", "part", "stands"),
    [
        ("a: one two\n", "one two", "two", "two"),
        ("a: 'it''s 4'\n", "it's 4", "s 4", "s 4"),
        ('a: "x\\t\\u00e9 4"\n', "x\té 4", "é 4", "\\u00e9 4"),
        ("a: one\n   two\n\n   three\n", "one two\nthree", "two\nthree", "two\n\n   three"),
        ("a: 'one\n   two'\n", "one two", "two", "two"),
        ('a: "one \\\n   two"\n', "one two", "two", "two"),
        ("a: |\n  one\n    two\n  three\nb: 1\n", "one\n  two\nthree\n", "two\nthree", "two\n  three"),
        ("a: |2-\n    one\n  two\n", "  one\ntwo", "two", "two"),
        ("a: >-\n  one\n  two\n\n  three\n", "one two\nthree", "two\nthree", "two\n\n  three"),
        ("a: >\n  one\n    more\n  two\n", "one\n  more\ntwo\n", "more\ntwo", "more\n  two"),
        ("a: |+\n\n  one\n\n", "\none\n\n", "one", "one"),
        ("a: 'one\r\n  two'\r\n", "one two", "two", "two"),
        ("ä: 1\na: 𝄞 4\n", "𝄞 4", "4", "4"),
    ],
)
def test_each_character_of_a_scalar_has_its_place(text: str, value: str, part: str, stands: str) -> None:
    found = scalar(text).text
    at = value.index(part)
    assert (found.text, found.span(at, at + len(part)).text) == (value, stands)


def test_spans_of_keys_and_values() -> None:
    top = root("web: &x !local\n  # note\n  ports: [1, 2]\n  cmd: |\n    run\n\n# end\nlast: 1\n")
    web = top.get("web")
    assert isinstance(web, MappingNode)
    assert top.pairs[0].key.span.text == "web"
    assert web.tag == "!local"
    assert web.span.text == "ports: [1, 2]\n  cmd: |\n    run"
    ports = web.get("ports")
    assert ports is not None
    assert ports.span.text == "[1, 2]"


def test_an_alias_has_its_own_spot_and_the_anchors_content() -> None:
    node = root("x: &w 4\nb: *w\n").get("b")
    assert isinstance(node, ScalarNode)
    assert (node.value, node.span.line, node.place.line, node.place.text) == ("4", 1, 2, "*w")


def test_merge_keys_give_way_to_own_keys_and_to_earlier_mappings() -> None:
    top = root("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 3\n")
    z = top.get("z")
    assert isinstance(z, MappingNode)
    assert plain(z) == {"a": "3", "b": "1", "c": "2"}
    merged = z.pair("b")
    assert merged is not None
    assert merged.merged is not None
    assert (merged.merged.text, merged.value.span.line) == ("*x", 1)


def test_a_quoted_merge_sign_is_a_key() -> None:
    assert plain(root("'<<': {a: 1}\n")) == {"<<": {"a": "1"}}


def test_duplicate_keys_are_kept_and_told() -> None:
    file = read("a: 1\na: 2\n")
    assert [(p.code, p.fatal, p.span.line) for p in file.problems] == [("duplicate-key", False, 2)]
    (node,) = file.documents
    assert isinstance(node, MappingNode)
    assert (len(node.pairs), plain(node)) == (2, {"a": "2"})


def test_several_documents_and_their_own_anchors() -> None:
    file = read("a: &x 1\n---\nb: 2\n---\n")
    assert [plain(node) for node in file.documents] == [{"a": "1"}, {"b": "2"}, ""]
    assert [p.message for p in read("a: &x 1\n---\nb: *x\n").problems] == [
        "this alias stands for an anchor that is not set before it"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: {{ c }} d\n", 2),
        ("a: [1\nb: 2\n", 2),
        ("a:\n\t- b\n", 2),
        ("{% if x %}\na: 1\n", 1),
        ("a: \x01\n", 1),
        ("a: &x [*x]\n", 1),
        ("a:\n  <<: 1\n", 2),
    ],
)
def test_what_is_no_yaml_is_a_fatal_problem_with_a_place(text: str, line: int) -> None:
    file = read(text)
    assert [(p.code, p.fatal, p.span.line) for p in file.problems] == [("syntax", True, line)]
    assert file.is_broken


def test_a_problem_never_quotes_the_file() -> None:
    assert all("hunter2" not in p.message for p in read("a: *hunter2\n").problems)


@pytest.mark.parametrize(
    ("text", "number"),
    [("4", 4), ("-4", -4), ("010", 8), ("0x10", 16), ("0o10", 8), ("0b11", 3), ("1_000", 1000), ("1:30", None),
     ("'4'", None), ("4.0", None), ("08", None), ("four", None), ("!!str 4", None), ("9" * 5000, None)],
)  # fmt: skip
def test_integers_are_those_of_go(text: str, number: int | None) -> None:
    assert scalar(f"a: {text}\n").integer == number


def test_booleans_and_null() -> None:
    assert [scalar(f"a: {t}\n").boolean() for t in ("true", "FALSE", "yes", "'true'", "tRue")] == [
        True, False, None, None, None
    ]  # fmt: skip
    assert [scalar(f"a: {t}\n").boolean(old=True) for t in ("yes", "Off", "y")] == [True, False, None]
    assert [scalar(f"a: {t}\n").is_null for t in ("", "~", "null", "''", "nil")] == [True, True, True, False, False]


def test_a_mask_is_parsed_in_place_of_the_text() -> None:
    text = "a: {{ .Values.x }}\n"
    file = read_yaml(Source("a.yml", text), text.replace("{{ .Values.x }}", "m" * 15))
    (node,) = file.documents
    assert isinstance(node, MappingNode)
    assert node.pairs[0].value.span.text == "{{ .Values.x }}"
    assert plain(node) == {"a": "m" * 15}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{n}: &{n} [{', '.join(['*' + p] * 9)}]\n" for p, n in zip("abcdefghi", "bcdefghij", strict=True)),
        "a: &a {"
        + ", ".join(f"k{i}: 1" for i in range(3000))
        + "}\n"
        + "".join(f"m{i}: {{<<: *a}}\n" for i in range(3000)),
        "x: " + "[{" * 50_000,
        "a: 1\n" * 400_000,
        "? " * 50_000,
    ],
)
def test_hostile_files_are_refused_in_little_time(text: str) -> None:
    start = time.process_time()
    file = read(text)
    assert file.is_broken
    assert time.process_time() - start < 3


_LINES = st.lists(
    st.sampled_from(
        ["a: ", "b: |\n", "- ", "  ", "    ", "x", "'y", "''", '"z', "\\n", "\\\n", "\n", "\r\n", "\t", "&a ", "*a", "<<: ",
         "!t ", "[", "]", "{", "}", ",", ":", "#", "---\n", ">-\n", "é", "?", "%", "|2\n", "\\x41", "0"]
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_LINES)
def test_any_text_is_read_as_pyyaml_reads_it_or_is_refused(parts: list[str]) -> None:
    text = "".join(parts)
    file = read(text)
    try:
        theirs = list(yaml.parse(text, yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeError):
        assert file.is_broken
        return
    values = [event.value for event in theirs if isinstance(event, yaml.ScalarEvent)]
    if not file.is_broken:
        found = [node for document in file.documents for node in _scalars(document)]
        assert set(found) <= set(values)


def _scalars(node: Node) -> list[str]:
    if isinstance(node, ScalarNode):
        text = node.text
        assert (text.text, len(text.offsets)) == (node.value, len(node.value))
        return [node.value]
    if isinstance(node, SequenceNode):
        return [value for item in node.items for value in _scalars(item)]
    return [value for pair in node.pairs for part in (pair.key, pair.value) for value in _scalars(part)]
