"""python-decouple: the model and the real library give the same answer for any environment and file."""

from __future__ import annotations

import os
from unittest import mock

import decouple as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.python.libraries import LibraryError
from connlint.python.libraries.decouple import EMPTY, UNDEFINED, Choices, Csv, find_file, parse_env, parse_ini, read

TEXTS = ["", "0", "1", "600", " 5", "true", "Yes", "OFF", "t", "None", "a,b , c", "'a,b',c", "a#b", "a\\,b", "'"]
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text("01a,' \"#\\", max_size=8),
)
environments = st.dictionaries(st.sampled_from(["X", "Y"]), texts)
casts = st.sampled_from(
    [
        ("<none>", UNDEFINED),
        (bool, bool),
        (int, int),
        (float, float),
        (str, str),
        (str.upper, str.upper),
        (None, None),
        (library.Csv(), Csv()),
        (library.Csv(int, ";"), Csv(int, ";")),
        (library.Csv(strip="a", post_process=tuple), Csv(strip="a", post_process=tuple)),
        (library.Csv(post_process=set), Csv(post_process=set)),
        (library.Choices(["a", "1"]), Choices(("a", "1"))),
        (library.Choices(cast=int, choices=[(1, "one")]), Choices(cast=int, choices=((1, "one"),))),
    ]
)
defaults = st.sampled_from(["<none>", None, "", "5", "true", 0, 1, True, [], ["a"]])


def real(variables, repository, option, default, cast):
    given_arguments = {key: value for key, value in (("default", default), ("cast", cast)) if value != "<none>"}
    with mock.patch.dict(os.environ, variables, clear=True):
        return library.Config(repository)(option, **given_arguments)


@given(environments, environments, defaults, casts)
def test_a_call_answers_as_the_library_does(same, variables, stored, default, cast):
    class Stored(library.RepositoryEmpty):
        def __contains__(self, key):
            return key in stored

        def __getitem__(self, key):
            return stored[key]

    plain_texts = {name: text for name, text in stored.items() if "\n" not in text and text == text.strip(" \t'\"")}
    stored = plain_texts
    repository = parse_env("\n".join(f"{name}={text}" for name, text in plain_texts.items()))
    same(
        lambda: real(variables, Stored(), "X", default, cast[0]),
        lambda: read(variables.get, repository, "X", UNDEFINED if default == "<none>" else default, cast[1]).value,
    )


env_lines = st.one_of(
    st.sampled_from(
        [
            "A=1",
            " A = 1 # c",
            "export A=1",
            "A='x'",
            'A="x',
            "A=''",
            "A='",
            "#A=2",
            "A",
            "=x",
            "A=b=c",
            "Á=é",
            "A=\x0b1",
        ]
    ),
    st.text("AB='\"# \t", max_size=10),
)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@given(st.lists(env_lines, max_size=6), ends)
def test_an_env_file_is_read_as_the_library_does(tmp_path_factory, lines, end):
    text = end.join(lines)
    file = tmp_path_factory.getbasetemp() / "decouple.env"
    file.write_bytes(text.encode())
    found = parse_env(text)
    assert {one.name: one.text for one in found.assignments} == library.RepositoryEnv(str(file)).data
    for one in found.assignments:
        assert text[one.name_start : one.name_start + len(one.name)] == one.name
        assert text[one.start : one.end] == one.text


ini_lines = st.one_of(
    st.sampled_from(
        [
            "[settings]",
            "[DEFAULT]",
            "[other]",
            "A=1",
            "A = 1",
            "a: 1",
            "A = %(b)s",
            "B = %(a)s%%",
            "B=%",
            "B=%(a)",
            "; c",
            "# c",
            "  indented = 1",
            "C",
            "C =",
            "D = x = y",
            "  more",
            "E = a ; b",
            "F = %(F)s",
            "= 1",
            "",
            "[]",
            "[settings] x",
            "G=%(nope)s",
        ]
    ),
    st.text("AB=:[]%()s \t", max_size=10),
)


@given(st.lists(ini_lines, max_size=8).map(lambda lines: ["[settings]", *lines]), ends)
def test_an_ini_file_is_read_as_the_library_does(same, tmp_path_factory, lines, end):
    text = end.join(lines)
    file = tmp_path_factory.getbasetemp() / "decouple.ini"
    file.write_bytes(text.encode())

    def real_repository():
        return library.RepositoryIni(str(file))

    same(lambda: sorted(real_repository().parser.options("settings")), lambda: sorted(parse_names(text)))
    for name in "ABCDEFG":
        same(
            lambda name=name: real({}, real_repository(), name, "default", "<none>"),
            lambda name=name: read({}.get, parse_ini(text), name, "default").value,
        )


def parse_names(text):
    return [one.name for one in parse_ini(text).assignments]


def test_without_a_settings_section_an_ini_file_holds_nothing():
    assert parse_ini("[DEFAULT]\nA = 1\n").assignments == ()


def test_the_span_of_an_ini_option():
    text = "[other]\na = 0\n[settings]\r\n# a = 1\n  A : postgres://db/shop\n  b = x\n    c = y\n"
    options = {one.name: one for one in parse_ini(text).assignments}
    assert text[options["a"].start : options["a"].end] == "postgres://db/shop"
    assert text[options["a"].name_start] == "A"
    assert options["a"].start > text.index("[settings]")
    assert options["b"].text == "x\nc = y"
    assert text[options["b"].start : options["b"].end] == "x"


@pytest.mark.parametrize(
    "text",
    [
        "[settings]\nA=" + "%(B)s" * 500 + "\nB=" + "%(C)s" * 500 + "\nC=" + "%(D)s" * 500 + "\nD=x%%",
        "[settings]\na" + " " * 200_000 + "x",
        "[settings]\n" + "a=1\n" * 400_000,
    ],
)
def test_a_hostile_ini_file_is_refused(text):
    with pytest.raises(LibraryError):
        parse_ini(text)


def test_the_environment_comes_before_the_file_and_the_file_before_the_default():
    repository = parse_env("X=file\nX=last")
    found = [
        read({"X": "environ"}.get, repository, "X", "default"),
        read({}.get, repository, "X", "default"),
        read({}.get, EMPTY, "X", "default"),
    ]
    assert [(one.value, one.source) for one in found] == [
        ("environ", "environ"),
        ("last", "file"),
        ("default", "default"),
    ]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"shop/config/.env", ".env"}, "shop/config/.env"),
        ({"shop/.env", "shop/settings.ini"}, "shop/settings.ini"),
        ({".env"}, ".env"),
        ({"other/.env"}, None),
    ],
)
def test_a_file_is_looked_for_upwards(files, found):
    assert find_file(files.__contains__, "shop/config") == found


def test_a_project_in_a_temporary_folder_finds_the_same_file(tmp_path):
    (tmp_path / "shop/config").mkdir(parents=True)
    for name in (".env", "shop/settings.ini"):
        (tmp_path / name).touch()
    found = find_file(lambda path: (tmp_path / path).is_file(), "shop/config")
    assert library.AutoConfig()._find_file(str(tmp_path / "shop/config")) == str(tmp_path / found)


@pytest.mark.parametrize("cast", [bool, int, Csv(int), Choices(("a",))])
def test_reasons_hold_no_text(cast):
    with pytest.raises(LibraryError) as error:
        read({"X": "canary"}.get, EMPTY, "X", cast=cast)
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("real_cast", "cast"),
    [(bool, bool), (int, int), (library.Csv(), Csv()), (library.Choices(["1"]), Choices(("1",)))],
)
def test_every_listed_text(same, text, real_cast, cast):
    same(
        lambda: real({"X": text}, library.RepositoryEmpty(), "X", "<none>", real_cast),
        lambda: read({"X": text}.get, EMPTY, "X", cast=cast).value,
    )
