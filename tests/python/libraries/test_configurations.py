"""django-configurations: the model and the real value classes make the same of any text."""

from __future__ import annotations

import os
from unittest import mock

import pytest
from configurations import values as library
from hypothesis import given
from hypothesis import strategies as st

from connlint.python.libraries import LibraryError, plain
from connlint.python.libraries.configurations import read

TEXTS = [
    "",
    "0",
    "1",
    " yes ",
    "True",
    "on",
    "-5",
    "600",
    "1.5",
    "a, b,,c ",
    "1,2",
    "a;b,c; ;",
    "(1, 2)",
    "{'a': 1}",
    "[1",
    "{1}",
    "postgres://db/shop?x=1",
    "sqlite://:memory:",
    "nope://x",
]
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text("01a,; {}:'", max_size=8),
)
variables = st.dictionaries(
    st.sampled_from(["DJANGO_X", "X", "DJANGO_OWN", "OWN", "P_X", "DATABASE_URL", "P_DATABASE_URL"]), texts
)
common = st.fixed_dictionaries(
    {},
    optional={
        "environ": st.booleans(),
        "environ_name": st.sampled_from([None, "", "OWN"]),
        "environ_prefix": st.sampled_from([None, "", "P", "P_", "_"]),
        "environ_required": st.booleans(),
    },
)


def real(kind, environment, default, keywords):
    with mock.patch.dict(os.environ, environment, clear=True):
        value = getattr(library, kind)(default, **keywords)
        if not isinstance(value, library.Value):
            return value
        library.setup_value(target := type("Target", (), {}), "X", value)
        return target.X


SIMPLE = ["Value", "BooleanValue", "IntegerValue", "PositiveIntegerValue", "FloatValue", "SecretValue", "DictValue"]


@given(st.sampled_from(SIMPLE), variables, st.sampled_from([None, True, False, 0, 5, "5", "", {"a": 1}]), common)
def test_a_value_is_what_the_class_makes_of_it(same, kind, environment, default, keywords):
    same(
        lambda: real(kind, environment, default, keywords),
        lambda: read(kind, environment.get, "X", default, **keywords).value,
    )


SEQUENCES = ["ListValue", "TupleValue", "SetValue", "SingleNestedListValue", "SingleNestedTupleValue"]


@given(
    st.sampled_from(SEQUENCES),
    variables,
    st.sampled_from([None, "ab", [], ["1", "2"], ("a",), 5]),
    st.fixed_dictionaries(
        {},
        optional={
            "separator": st.sampled_from([",", ";", ""]),
            "seq_separator": st.sampled_from([";", ","]),
        },
    ),
)
def test_a_sequence_is_split_as_the_class_does(same, kind, environment, default, keywords):
    if not kind.startswith("SingleNested"):
        keywords.pop("seq_separator", None)
    same(
        lambda: real(kind, environment, default, keywords),
        lambda: read(kind, environment.get, "X", default, **keywords).value,
    )


@given(
    st.sampled_from(SEQUENCES[:3]), variables, st.sampled_from([None, ["1"], ["x"]]), st.sampled_from([int, str.upper])
)
def test_a_converter_is_called_for_each_item(same, kind, environment, default, converter):
    same(
        lambda: real(kind, environment, default, {"converter": converter}),
        lambda: read(kind, environment.get, "X", default, converter=converter).value,
    )


@given(
    variables,
    st.sampled_from([None, "", "postgres://db/other", "nope://x"]),
    common,
    st.fixed_dictionaries(
        {},
        optional={
            "alias": st.just("replica"),
            "conn_max_age": st.sampled_from([0, 600, None]),
            "ssl_require": st.booleans(),
            "engine": st.sampled_from([None, "my.engine"]),
        },
    ),
)
def test_a_database_url_becomes_settings(same, environment, default, keywords, more):
    keywords = {**keywords, **more}
    same(
        lambda: real("DatabaseURLValue", environment, default, keywords),
        lambda: plain(read("DatabaseURLValue", environment.get, "X", default, **keywords).value),
    )


def test_a_reading_says_which_variable_it_is():
    reading = read("IntegerValue", {"DJANGO_CONN_MAX_AGE": "600"}.get, "CONN_MAX_AGE", 0)
    assert (reading.value, reading.source, reading.variable) == (600, "environ", "DJANGO_CONN_MAX_AGE")
    reading = read("IntegerValue", {}.get, "CONN_MAX_AGE", 0)
    assert (reading.value, reading.source, reading.variable) == (0, "default", "DJANGO_CONN_MAX_AGE")


@pytest.mark.parametrize("kind", ["PathValue", "URLValue", "CacheURLValue", "MyValue"])
def test_other_classes_are_not_guessed(kind):
    with pytest.raises(LibraryError, match=kind):
        read(kind, {}.get, "X")


@pytest.mark.parametrize("kind", ["BooleanValue", "IntegerValue", "FloatValue", "DictValue"])
def test_reasons_hold_no_text(kind):
    with pytest.raises(LibraryError) as error:
        read(kind, {"DJANGO_X": "canary"}.get, "X", False)
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("kind", [*SIMPLE, *SEQUENCES])
@pytest.mark.parametrize("text", TEXTS)
def test_every_listed_text(same, kind, text):
    default = False if kind == "BooleanValue" else None
    same(
        lambda: real(kind, {"DJANGO_X": text}, default, {}),
        lambda: read(kind, {"DJANGO_X": text}.get, "X", default).value,
    )
