"""django-environ's Env: the model and the real library give the same answer for any environment."""

from __future__ import annotations

import json

import environ as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.python.libraries import LibraryError
from connlint.python.libraries.environ import (
    NOTSET,
    Env,
    file_aware,
    get_value,
    parse_value,
    path,
    path_minus,
    read,
    read_env,
)


def real_env(variables, scheme=None, **attributes):
    env = type("RealEnv", (library.Env,), {"ENVIRON": dict(variables)})(**(scheme or {}))
    for name, value in attributes.items():
        setattr(env, name, value)
    return env


TEXTS = [
    "",
    "0",
    "1",
    "600",
    " 60 ",
    "-5",
    "1.5",
    "1,5",
    "1.000,5",
    "true",
    "True",
    "on",
    "OK",
    "no",
    "None",
    "a,b,,c",
    "(1,2)",
    "a=1,b=2=3",
    "a=1;b=2=3;;",
    "$OTHER",
    "$$OTHER",
    "$X",
    "$",
    "\\$x",
    '{"a": [1]}',
    "[1",
    "²",
    "x=y",
    "http://a:1/b?c#d",
    "http://[a",
]
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text("01ab,=;()$. -", max_size=10),
)
environments = st.fixed_dictionaries({}, optional=dict.fromkeys(["X", "OTHER", "P_X", "P_OTHER", ""], texts))
casts = st.sampled_from(
    [
        None,
        str,
        int,
        bool,
        float,
        list,
        tuple,
        dict,
        [int],
        [bool],
        [str],
        (int,),
        (str,),
        json.loads,
        {"value": int},
        {"value": bool, "cast": {"b": int}},
        {"key": int, "value": float},
        {"value": list},
        str.upper,
        [],
        (),
    ]
)
defaults = st.sampled_from(
    ["<none>", None, "", "x", "$OTHER", "\\$x", 0, 600, 1.5, True, False, [], [1], (), ("a",), {}, {"a": 1}, b"x"]
)


def given_default(default):
    return {} if default == "<none>" else {"default": default}


@given(environments, casts, defaults, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["", "P_"]))
def test_a_call_answers_as_the_library_does(same, variables, cast, default, parse_default, smart, escape, prefix):
    env = real_env(variables, smart_cast=smart, escape_proxy=escape, prefix=prefix)
    same(
        lambda: env("X", cast=cast, parse_default=parse_default, **given_default(default)),
        lambda: (
            get_value(
                Env({}, prefix, smart, escape),
                variables.get,
                "X",
                cast,
                parse_default=parse_default,
                **given_default(default),
            ).value
        ),
    )


declarations = st.one_of(
    casts.filter(lambda cast: cast is not None),
    st.tuples(casts, defaults.filter(lambda default: default != "<none>")),
)


@given(environments, st.dictionaries(st.sampled_from(["X", "OTHER", "P_X"]), declarations), casts, defaults)
def test_a_scheme_gives_cast_and_default(same, variables, scheme, cast, default):
    env = real_env(variables, scheme)
    same(
        lambda: env("X", cast=cast, **given_default(default)),
        lambda: get_value(Env(scheme), variables.get, "X", cast, **given_default(default)).value,
    )


@given(
    environments,
    st.sampled_from(["str", "bytes", "bool", "int", "float", "json", "list", "tuple", "dict", "url"]),
    defaults,
)
def test_each_method_answers_as_the_library_does(same, variables, method, default):
    env = real_env(variables)
    same(
        lambda: getattr(env, method)("X", **given_default(default)),
        lambda: read(Env(), variables.get, method, "X", **given_default(default)).value,
    )


@given(
    environments, st.sampled_from(["list", "tuple", "dict"]), st.sampled_from([int, bool, str, list, {"value": int}])
)
def test_containers_take_a_cast(same, variables, method, cast):
    same(
        lambda: getattr(real_env(variables), method)("X", cast=cast),
        lambda: read(Env(), variables.get, method, "X", cast=cast).value,
    )


@given(st.text("\\rn a\n", max_size=12))
def test_a_multiline_text_has_real_line_ends(same, text):
    variables = {"X": text}
    same(
        lambda: real_env(variables).str("X", multiline=True),
        lambda: read(Env(), variables.get, "str", "X", multiline=True).value,
    )


@pytest.mark.parametrize("text", ["a", "c"])
def test_choices_are_checked(same, text):
    same(
        lambda: real_env({"X": text}).str("X", choices=["a", "b"]),
        lambda: read(Env(), {"X": text}.get, "str", "X", choices=["a", "b"]).value,
    )


@given(st.one_of(texts, st.sampled_from([None, 1, True, [1], ("a",)])), casts)
def test_parse_value(same, value, cast):
    same(lambda: library.Env.parse_value(value, cast), lambda: parse_value(value, cast))


def test_a_reading_says_where_the_value_comes_from():
    scheme = {"AGE": (int, 60)}
    reading = get_value(Env(scheme), {}.get, "AGE")
    assert (reading.value, reading.source, reading.variable) == (60, "scheme", "AGE")
    reading = get_value(Env(scheme, prefix="P_"), {}.get, "AGE", default=5)
    assert (reading.value, reading.source, reading.variable) == (5, "default", "P_AGE")
    reading = get_value(Env(scheme), {"AGE": "$REAL", "REAL": "600"}.get, "AGE")
    assert (reading.value, reading.source, reading.variable) == (600, "environ", "REAL")


def test_a_default_is_the_same_object():
    own = object()
    assert get_value(Env(), {}.get, "X", default=own).value is own
    assert get_value(Env(), {"X": "5"}.get, "X", int, own).value == 5
    with pytest.raises(LibraryError, match="type of the default"):
        get_value(Env(), {"X": "5"}.get, "X", default=own)


def test_what_is_not_known_is_passed_on():
    def lookup(name):
        raise LibraryError(f"{name} is not known")

    with pytest.raises(LibraryError, match="X is not known"):
        get_value(Env(), lookup, "X", default=5)


def test_a_cycle_of_proxies_ends():
    with pytest.raises(LibraryError, match="leads back to itself"):
        get_value(Env(), {"X": "$Y", "Y": "$X"}.get, "X")


@pytest.mark.parametrize("method", ["db", "db_url", "cache", "cache_url"])
def test_url_methods_have_their_own_variable(method):
    variables = {"DATABASE_URL": "postgres://db/shop", "CACHE_URL": "dbcache://table"}
    assert read(Env(), variables.get, method).value == variables["CACHE_URL" if "cache" in method else "DATABASE_URL"]
    assert read(Env(), {}.get, method, "X", "sqlite://").value == "sqlite://"


def test_a_missing_database_url_may_be_none():
    assert read(Env(), {}.get, "db", default=None).value is None


env_lines = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "A=1",
                "export A=1",
                "export  A=1",
                "A = 1",
                "A= 1 # c",
                "A='x y'",
                "A='it''s' # c",
                "A= 'p1 # p2' # c",
                'A="x\\n\\"y\\" \\q"',
                'A="x" # c',
                "A='\"x\"'",
                "# A=2",
                "",
                "  B=1",
                "B",
                "=x",
                "A='",
                'A="',
                "A-B=1",
                "é=1",
                "A=é",
                "B=$A",
                "A=a#b",
                "A='x'y",
                "A=''#",
                "A= '",
                "A='' # '",
                "A='\\'' # x'",
            ]
        ),
        st.text("AB='\"\\# \tn", max_size=12),
    ),
    max_size=6,
)
env_files = st.builds(
    lambda lines, end: end.join(lines), env_lines, st.sampled_from(["\n", "\r\n", "\r", "\x0b", "\u2028"])
)


@given(env_files, st.booleans())
def test_a_file_is_read_as_the_library_does(tmp_path_factory, text, parse_comments):
    file = tmp_path_factory.getbasetemp() / "environ.env"
    file.write_bytes(text.encode())
    env = real_env({})
    type(env).read_env(str(file), parse_comments=parse_comments)
    found = read_env(text, parse_comments=parse_comments)
    assert {one.name: one.text for one in found} == env.ENVIRON
    for one in found:
        assert text[one.name_start : one.name_start + len(one.name)] == one.name
        assert text[one.start : one.end].replace("\\", "") == one.text.replace("\\", "")


def test_the_span_of_a_value_leaves_out_its_quotes():
    (one,) = read_env('# first\r\nexport DATABASE_URL="postgres://db/shop"\r\n')
    assert (one.name_start, one.start, one.end) == (16, 30, 48)


@pytest.mark.parametrize(
    "text", ["A=" + "'" * 200_000 + "x", "A=" + " " * 200_000 + "x", "A='" + "' #" * 100_000 + "'"]
)
def test_a_long_line_costs_linear_time(text):
    assert len(read_env(text, parse_comments=True)) == 1


def test_a_file_aware_environment_prefers_the_file(tmp_path, same):
    file = tmp_path / "secret"
    file.write_text("600\n")
    variables = {"AGE": "5", "AGE_FILE": str(file), "OTHER": "1", "OTHER_FILE": ""}
    env = type("RealEnv", (library.FileAwareEnv,), {"ENVIRON": library.FileAwareEnv.ENVIRON.__class__(env=variables)})()
    lookup = file_aware(variables.get, {str(file): "600\n"}.__getitem__)
    same(lambda: env.int("AGE"), lambda: read(Env(), lookup, "int", "AGE").value)
    same(lambda: env.int("OTHER"), lambda: read(Env(), lookup, "int", "OTHER").value)


parts = st.lists(st.sampled_from(["a", "..", "/abs", "a/b/../c", "", "."]), max_size=3)


@given(st.sampled_from(["/app/config/settings.py", "/app", "/", "//app"]), parts, st.booleans())
def test_paths_join_as_in_the_library(start, below, is_file):
    assert path(start, *below, is_file=is_file) == str(library.Path(start, *below, is_file=is_file))


@given(
    st.sampled_from(["/app/config/settings", "/app", "/"]),
    st.one_of(st.integers(0, 5), st.sampled_from(["ings", "x", "pp"])),
)
def test_paths_subtract_as_in_the_library(same, root, other):
    same(lambda: str(library.Path(root) - other), lambda: path_minus(root, other))


def test_a_relative_path_is_not_guessed():
    with pytest.raises(LibraryError, match="working directory"):
        path("config")


def test_notset_is_no_value():
    with pytest.raises(LibraryError, match="X is not set"):
        get_value(Env(), {}.get, "X", default=NOTSET)


@pytest.mark.parametrize("cast", [int, float, json.loads, dict, {"value": int}, (int,), [int]])
def test_reasons_hold_no_text(cast):
    with pytest.raises(LibraryError) as error:
        get_value(Env(), {"X": "canary"}.get, "X", cast)
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("method", ["str", "int", "db", "cache"])
def test_a_password_that_begins_with_a_dollar_is_not_repeated(method):
    def lookup(name):
        if name == "DATABASE_PASSWORD":
            return "$canary"
        raise LibraryError(f"{name} is not known")

    for find in (
        lookup,
        {"DATABASE_PASSWORD": "$canary"}.get,
        {"DATABASE_PASSWORD": "$canary", "canary": "$canary"}.get,
    ):
        with pytest.raises(LibraryError, match="DATABASE_PASSWORD") as error:
            read(Env(), find, method, "DATABASE_PASSWORD")
        assert "canary" not in str(error.value)


def test_a_proxy_that_ends_in_a_default_names_the_variable_asked_for():
    reading = get_value(Env(), {"X": "$canary"}.get, "X", default="d")
    assert (reading.value, reading.source, reading.variable) == ("d", "default", "X")


@pytest.mark.parametrize("text", ["$OTHER", "dbcache://table"])
def test_a_cache_url_is_found_as_in_the_library(same, text):
    variables = {"CACHE_URL": text, "OTHER": "dbcache://table"}
    same(
        lambda: real_env(variables).cache_url()["LOCATION"],
        lambda: read(Env(), variables.get, "cache_url").value.removeprefix("dbcache://"),
    )


@pytest.mark.parametrize("method", ["str", "bytes", "bool", "int", "float", "json", "list", "tuple", "dict", "url"])
@pytest.mark.parametrize("text", TEXTS)
def test_every_listed_text(same, method, text):
    variables = {"X": text, "OTHER": "1"}
    same(lambda: getattr(real_env(variables), method)("X"), lambda: read(Env(), variables.get, method, "X").value)


@pytest.mark.parametrize(
    "declared", [int, (int, 5), [int], (int,), {"value": int}, {"value": int, "key": str}, [int, 5]]
)
@pytest.mark.parametrize("variables", [{}, {"X": "7"}, {"X": "a=7"}])
def test_every_form_of_a_scheme(same, declared, variables):
    same(
        lambda: real_env(variables, {"X": declared})("X"),
        lambda: get_value(Env({"X": declared}), variables.get, "X").value,
    )


@pytest.mark.parametrize(
    "value", ["'", '"', "''", "'a'", '"a"', "'\"a\"'", '"a\\tb\\"c"', "a # b", "'a' # b", " 'a'", "'a'b'#"]
)
@pytest.mark.parametrize("parse_comments", [True, False])
def test_every_way_to_write_a_value(tmp_path, value, parse_comments):
    (tmp_path / ".env").write_text(f"A={value}\n")
    env = real_env({})
    type(env).read_env(str(tmp_path / ".env"), parse_comments=parse_comments)
    (found,) = read_env(f"A={value}\n", parse_comments=parse_comments)
    assert found.text == env.ENVIRON["A"]
