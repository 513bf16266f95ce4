"""environs: the model and the real library give the same answer for any environment."""

from __future__ import annotations

import datetime
import os
from pathlib import PurePath
from unittest import mock

import environs as library
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connlint.python.libraries import LibraryError
from connlint.python.libraries.environs import Env, cast, file_aware, read

TEXTS = [
    "",
    "0",
    "1",
    " 60",
    "6_0",
    "-5",
    "1.5",
    "nan",
    "inf",
    "true",
    "True",
    "tRUE",
    "on",
    "N",
    "None",
    "a,b,,c",
    "1,2",
    "a=1,b=2=3",
    "a:1;b:2",
    "a = 1 , b = 2",
    '{"a": [1]}',
    "[1",
    "null",
    "info",
    "Warn",
    "²",
    "\\$x",
    "x\\${Y}",
    "${Y}",
    "${Y:-7}",
    "${Y:-}",
    "a${Y}b",
    "a${Y:-c}${Z}",
    "$Y",
    "${}",
    "${Y:-$}",
    "${P_X}",
    "1h",
    "7h 7s",
    "1m 1h",
    "2w 3d",
    "-5s",
    "10 us",
    "10µs",
    "0s",
    "1e3",
    "99999999999w",
    "P1D",
    "/a/../b",
    " ",
]
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text("01a,=${}Y:-\\ ", max_size=10),
)
environments = st.dictionaries(st.sampled_from(["X", "Y", "Z", "P_X", "P_Y"]), texts)
defaults = st.sampled_from(["<none>", None, 5, "5", "${Y}", "a${Y}", True, [1], {}])


def given_default(default):
    return {} if default == "<none>" else {"default": default}


def real(variables, method, default="<none>", expand_vars=False, prefix="", **keywords):
    with mock.patch.dict(os.environ, variables, clear=True):
        env = library.Env(expand_vars=expand_vars, prefix=prefix or None)
        answer = getattr(env, method)("X", **given_default(default), **keywords)
        return as_pure(answer)


def as_pure(value):
    return str(value) if isinstance(value, PurePath) else value


def model(variables, method, default="<none>", expand_vars=False, prefix="", **keywords):
    env = Env(prefix, expand_vars)
    return as_pure(read(env, variables.get, method, "X", **given_default(default), **keywords).value)


methods = st.sampled_from(
    ["__call__", "str", "int", "bool", "float", "list", "dict", "json", "timedelta", "log_level", "path"]
)


@example({"X": "null"}, "json", "<none>", False, "")
@example({"X": "null"}, "json", None, False, "")
@given(environments, methods, defaults, st.booleans(), st.sampled_from(["", "P_"]))
def test_each_method_answers_as_the_library_does(same, variables, method, default, expand_vars, prefix):
    same(
        lambda: real(variables, method, default, expand_vars, prefix),
        lambda: model(variables, method, default, expand_vars, prefix),
    )


subcasts = st.sampled_from([None, int, str, bool, float, list, tuple, set, bytes, str.upper, "no function"])


@given(environments, subcasts, st.sampled_from([",", ";", "ab", ""]))
def test_lists_take_a_subcast_and_a_delimiter(same, variables, subcast, delimiter):
    keywords = {"subcast": subcast, "delimiter": delimiter}
    same(lambda: real(variables, "list", **keywords), lambda: model(variables, "list", **keywords))


@given(environments, subcasts, subcasts, st.sampled_from([",", ";", ""]), st.sampled_from(["=", ":", ""]))
def test_dictionaries_take_casts_and_delimiters(same, variables, keys, values, delimiter, between):
    keywords = {
        "subcast_keys": keys,
        "subcast_values": values,
        "delimiter": delimiter,
        "key_value_delimiter": between,
    }
    same(lambda: real(variables, "dict", **keywords), lambda: model(variables, "dict", **keywords))


@given(environments, st.sampled_from(["<none>", None, "postgres://db/${Y}", "${Y}", ""]), st.booleans())
def test_a_database_url_is_found_as_in_the_library(same, variables, default, expand_vars):
    def real_text():
        with (
            mock.patch.dict(os.environ, variables, clear=True),
            mock.patch("dj_database_url.parse", lambda text, **_: text + ""),
        ):
            return library.Env(expand_vars=expand_vars).dj_db_url("X", **given_default(default))

    same(real_text, lambda: model(variables, "dj_db_url", default, expand_vars))


def test_the_prefixes_add_up():
    env = Env().prefixed("APP_").prefixed("DB_")
    reading = read(env, {"APP_DB_AGE": "600"}.get, "int", "AGE")
    assert (reading.value, reading.source, reading.variable) == (600, "environ", "APP_DB_AGE")


def test_a_default_is_the_same_object():
    own = object()
    reading = read(Env(), {}.get, "int", "AGE", own)
    assert reading.value is own
    assert reading.source == "default"


def test_validation_is_ignored():
    assert read(Env(), {"AGE": "600"}.get, "int", "AGE", validate=print).value == 600


@pytest.mark.parametrize("method", ["url", "enum", "uuid", "date", "decimal", "dj_cache_url", "my_parser"])
def test_other_methods_are_not_guessed(method):
    with pytest.raises(LibraryError, match=method):
        read(Env(), {"X": "x"}.get, method, "X")


@pytest.mark.parametrize(
    ("method", "keywords"),
    [
        ("int", {"strict": True}),
        ("list", {"other": 1}),
        ("dict", {"subcast_key": int}),
        ("timedelta", {"precision": "hours"}),
        ("timedelta", {"format": "iso8601"}),
        ("list", {"subcast": datetime.date}),
    ],
)
def test_other_keywords_are_not_guessed(method, keywords):
    with pytest.raises(LibraryError, match="not modelled"):
        cast(method, "1", **keywords)


@pytest.mark.parametrize(
    "variables",
    [
        {"X": "${X}"},
        {"X": "a${Y}", "Y": "b${X}"},
        {
            "X": "${A}${A}",
            "A": "${B}${B}",
            "B": "${C}${C}",
            "C": "${D}${D}",
            "D": "${E}${E}",
            "E": "${F}" * 50,
            "F": "f",
        },
        {"X": "${A}" * 300, "A": "a" * 1000},
    ],
)
def test_a_cycle_or_a_bomb_ends(variables):
    with pytest.raises(LibraryError, match=r"never ends|expands to"):
        read(Env(expand_vars=True), variables.get, "str", "X")


@pytest.mark.parametrize("strip", [True, False])
def test_a_file_aware_environment_prefers_the_file(same, tmp_path, strip):
    file = tmp_path / "secret"
    file.write_text("600 \n")
    variables = {"X": "5", "X_FILE": str(file)}
    lookup = file_aware(variables.get, {str(file): "600 \n"}.__getitem__, strip_whitespace=strip)

    def real_answer():
        with mock.patch.dict(os.environ, variables, clear=True):
            return library.FileAwareEnv(strip_whitespace=strip).str("X")

    same(real_answer, lambda: read(Env(), lookup, "str", "X").value)


@pytest.mark.parametrize("method", ["int", "bool", "float", "json", "log_level", "timedelta", "dict"])
def test_reasons_hold_no_text(method):
    with pytest.raises(LibraryError) as error:
        read(Env(), {"X": "canary"}.get, method, "X")
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("text", ["${canary}", "a${canary}b"])
def test_a_password_that_holds_a_reference_is_not_repeated(text):
    def lookup(name):
        if name == "DATABASE_PASSWORD":
            return text
        raise LibraryError(f"{name} is not known")

    for find in (lookup, {"DATABASE_PASSWORD": text}.get, {"DATABASE_PASSWORD": text, "canary": text}.get):
        with pytest.raises(LibraryError, match="DATABASE_PASSWORD") as error:
            read(Env(expand_vars=True), find, "str", "DATABASE_PASSWORD")
        assert "canary" not in str(error.value)


@pytest.mark.parametrize(
    "method", ["__call__", "str", "int", "bool", "float", "list", "dict", "json", "timedelta", "log_level", "path"]
)
@pytest.mark.parametrize("text", TEXTS)
def test_every_listed_text(same, method, text):
    variables = {"X": text, "Y": "5"}
    for expand in (True, False):
        same(
            lambda expand=expand: real(variables, method, expand_vars=expand),
            lambda expand=expand: model(variables, method, expand_vars=expand),
        )
