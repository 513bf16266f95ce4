"""python-dotenv: the model and the real library read the same from any file."""

from __future__ import annotations

import os
from unittest import mock

import dotenv as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.python.libraries import LibraryError
from connlint.python.libraries.dotenv import find, load, parse, values

LINES = [
    "A=1",
    "export A=1",
    "export\tA = 1",
    " A = 1 # c",
    "A=#c",
    "A= # c",
    "A=a#b",
    "A=a #b #c",
    "A='x\\'y' # c",
    "A='x",
    'A="x\\n\\"y\\" \\q"',
    "A='x' y",
    "A",
    "A # c",
    "'A B'=1",
    "''=1",
    "#A=2",
    "",
    "=x",
    "A==x",
    "export",
    "export #",
    "B=${A}",
    "B=${A:-x}",
    "B=${NONE:-d}x${A}",
    "C='${B}${ENV}'",
    'C="${ENV:-}"',
    "C=${",
    "C=${}",
    "C=${:-e}",
    "C=${A:x}",
    "D='two",
    "lines'",
    'D="two',
    'lines" # c',
    "A=\x0b1 \x0b# c",
    "Á=é",
    "A=\\n",
    "A=x\\",
    "A.b-c=1",
    "ENV=file",
]
lines = st.one_of(
    st.sampled_from(LINES),
    st.text("AB='\"\\# \t${}:-", max_size=12),
)
ends = st.sampled_from(["\n", "\r\n", "\r"])
files = st.builds(lambda parts, end: end.join(parts), st.lists(lines, max_size=8), ends)
environments = st.dictionaries(st.sampled_from(["A", "B", "ENV"]), st.sampled_from(["", "outer", "${A}"]))


@given(files, environments, st.booleans())
def test_the_values_are_those_of_the_library(tmp_path_factory, text, variables, interpolate):
    file = tmp_path_factory.getbasetemp() / "dotenv.env"
    file.write_bytes(text.encode())
    with mock.patch.dict(os.environ, variables, clear=True):
        expected = dict(library.dotenv_values(file, interpolate=interpolate))
    found = values(text, variables.get, interpolate=interpolate)
    assert {name: one.text for name, one in found.items()} == expected


@given(files, environments, st.booleans(), st.sampled_from([{}, {"PYTHON_DOTENV_DISABLED": "True"}]))
def test_loading_sets_what_the_library_sets(same, tmp_path_factory, text, variables, override, switch):
    file = tmp_path_factory.getbasetemp() / "load.env"
    file.write_bytes(text.encode())
    variables = {**variables, **switch}

    def real():
        with mock.patch.dict(os.environ, variables, clear=True):
            library.load_dotenv(file, override=override)
            return dict(os.environ)

    def model():
        loaded = load(text, variables.get, override=override)
        return {**variables, **{name: one.text for name, one in loaded.items()}}

    same(real, model)


def with_line_feeds(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(files)
def test_each_value_has_its_place(text):
    for one in parse(text):
        assert with_line_feeds(text[one.name_start :]).startswith(one.name)
        written = with_line_feeds(text[one.start : one.end])
        if one.text is None:
            assert written == one.name
        elif "\\" not in written:
            assert written == one.text


def test_the_span_of_a_value_leaves_out_its_quotes():
    text = '# first\r\n\r\nexport DATABASE_URL = "postgres://db/shop" # main\r\nAGE=600\r\n'
    url, age = parse(text)
    assert text[url.start : url.end] == "postgres://db/shop"
    assert text[age.start : age.end] == "600"
    assert text[age.name_start : age.start] == "AGE="


def test_the_last_assignment_counts():
    text = "A=1\nA=2\n"
    assert values(text, {}.get)["A"].start == text.index("2")


@pytest.mark.parametrize(
    ("found", "expected"),
    [({"shop/.env", ".env"}, "shop/.env"), ({".env"}, ".env"), ({"other/.env"}, None)],
)
def test_a_file_is_looked_for_upwards(found, expected):
    assert find(found.__contains__, "shop/config") == expected


@pytest.mark.parametrize("folder", ["/app/", "/", "", "..", "a//b/"])
def test_the_search_ends_at_the_root_of_any_path(folder):
    assert find(lambda _: False, folder) is None


@pytest.mark.parametrize(
    "text",
    [
        "A0=xxxxxxxxxx\n" + "".join(f"A{i + 1}=${{A{i}}}${{A{i}}}${{A{i}}}${{A{i}}}\n" for i in range(30)),
        "A=" + "${" * 100_000,
        "A=${B}" + "x" * 200_000,
    ],
)
def test_a_bomb_is_refused(text):
    with pytest.raises(LibraryError):
        values(text, {}.get)


@pytest.mark.parametrize(
    "text",
    [
        "A=" + " " * 1_000_000 + "x",
        "A=''" + " " * 1_000_000 + "x",
        "A='" + "\\'" * 500_000,
        "A=x" + " " * 1_000_000 + "y # c",
        "A='\n" * 200_000,
        "A" * 1_000_000,
        "\n" * 1_000_000,
    ],
)
def test_a_huge_file_costs_linear_time(text):
    assert len(parse(text)) <= 200_000


def test_an_assignment_does_not_show_its_text():
    assert "canary" not in repr(parse("A=canary"))


@pytest.mark.parametrize("line", LINES)
def test_every_listed_line(tmp_path, line):
    text = f"A=0\n{line}\nZ=1\n"
    (tmp_path / ".env").write_text(text)
    with mock.patch.dict(os.environ, {"ENV": "outer"}, clear=True):
        expected = dict(library.dotenv_values(tmp_path / ".env"))
    assert {name: one.text for name, one in values(text, {"ENV": "outer"}.get).items()} == expected
