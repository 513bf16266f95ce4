"""dj_database_url: the model and the real library give the same settings for any URL."""

from __future__ import annotations

import dj_database_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.python.libraries import LibraryError, Part, plain
from connlint.python.libraries.database_url import ENGINES, config, keywords, parameters, parse

URLS = [
    "sqlite://:memory:",
    "sqlite://",
    "sqlite:///db.sqlite3",
    "sqlite:////var/lib/shop.db?timeout=20",
    "spatialite:///geo.db",
    "postgres://shop:secret@db.example:5432/shop",
    "postgresql://shop@db/shop",
    "pgsql:///shop",
    "postgis://%2Fvar%2Frun%2Fpostgresql/shop",
    "postgres://u:p@%2Fvar%2Frun%2Fpostgresql:6432/shop",
    "postgres://u:p%40ss%2Fw%3Ard@db/na%20me",
    "postgres://db/shop?conn_max_age=600",
    "postgres://db/shop?pool=true&connect_timeout=10&sslmode=require&a=1&a=x&a=False",
    "postgres://db/shop?currentSchema=one,two&options=-c%20x",
    "redshift://db/shop?currentSchema=",
    "mysql://db/shop?ssl-ca=/etc/ca.pem&charset=utf8mb4",
    "mysql2://db:3306/shop?ssl-ca=a&ssl-ca=b",
    "mysql-connector://db/shop?ssl-ca=a",
    "oracle://u:p@db:1521/shop",
    "oracle://u:p@db/shop",
    "mssql://db:1433/shop",
    "mssqlms://db/shop?driver=ODBC%20Driver%2017",
    "cockroach://db:26257/shop",
    "timescalegis://[::1]:5432/shop",
    "POSTGRES://DB.Example/Shop",
    "postgres://db:notaport/shop",
    "postgres://db:99999/shop",
    "postgres://[::1/shop",
    "postgres://db/shop?x=²",
    "postgres:/shop",
    "//db/shop",
    "db",
    "",
    "unknown://db/shop",
    "postgres://db/shop#fragment",
    "postgres://db/shop?a&b=&c=1",
]

words = st.text("aA0%2F:/@?&=+é ²#[]", max_size=12)
urls = st.one_of(
    st.sampled_from(URLS),
    st.builds(
        "{}://{}{}/{}{}".format,
        st.sampled_from([*ENGINES, "nope"]),
        st.one_of(st.just(""), st.builds("{}:{}@".format, words, words)),
        st.one_of(words, st.builds("{}:{}".format, st.just("db"), st.integers(0, 70_000))),
        words,
        st.one_of(
            st.just(""),
            st.builds("?{}={}&{}={}".format, words, words, st.sampled_from(["ssl-ca", "currentSchema", "pool"]), words),
        ),
    ),
    st.text(max_size=30),
)
arguments = st.fixed_dictionaries(
    {},
    optional={
        "engine": st.sampled_from([None, "", "my.engine"]),
        "conn_max_age": st.sampled_from([0, 600, None, "60"]),
        "conn_health_checks": st.booleans(),
        "disable_server_side_cursors": st.booleans(),
        "ssl_require": st.booleans(),
        "test_options": st.sampled_from([None, {}, {"NAME": "test"}]),
    },
)


@given(urls, arguments)
def test_parse_gives_what_the_library_gives(same, url, given_arguments):
    same(lambda: dj_database_url.parse(url, **given_arguments), lambda: plain(parse(url, **given_arguments)))


@pytest.mark.parametrize("url", URLS)
def test_every_known_url(same, url):
    same(lambda: dj_database_url.parse(url), lambda: plain(parse(url)))
    same(lambda: dj_database_url.config("NO_SUCH_NAME", url), lambda: plain(config(url)))


def test_the_schemes_are_those_that_the_library_registers():
    assert {scheme: engine.backend for scheme, engine in dj_database_url.ENGINE_SCHEMES.items()} == ENGINES


def test_the_parameters_are_those_of_the_library():
    code = dj_database_url.parse.__code__
    assert parameters() == code.co_varnames[: code.co_argcount]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ((0, 5), ("url", "engine", "conn_max_age", "ssl_require")),
        ((1, 1), ("url", "engine", "conn_max_age", "conn_health_checks", "ssl_require")),
        ((2, 0), ("url", "engine", "conn_max_age", "conn_health_checks", "ssl_require", "test_options")),
    ],
)
def test_earlier_versions_have_fewer_parameters(version, names):
    assert parameters(version) == names


@pytest.mark.parametrize(
    ("version", "options"),
    [
        ((2, 0), {"n": "5", "t": "true", "many": "2"}),
        ((2, 1), {"n": 5, "t": "true", "many": 2}),
        ((2, 3), {"n": 5, "t": True, "many": 2}),
        (None, {"n": 5, "t": True, "many": [1, 2]}),
    ],
)
def test_earlier_versions_leave_options_as_texts(version, options):
    assert plain(parse("postgres://db/shop?n=5&t=true&many=1&many=2", version=version))["OPTIONS"] == options


def test_no_text_gives_no_settings():
    assert config(None, conn_max_age=600) == config("", conn_max_age=600) == {}


def test_each_key_knows_the_argument_it_comes_from():
    parts = parse(
        "postgres://db/shop?connect_timeout=5", "my.engine", 600, ssl_require=True, test_options={"NAME": "t"}
    )
    sources = {key: part.source for key, part in parts.items() if isinstance(part, Part)}
    assert sources == {
        "ENGINE": "engine",
        "USER": "url",
        "PASSWORD": "url",
        "HOST": "url",
        "PORT": "url",
        "NAME": "url",
        "CONN_MAX_AGE": "conn_max_age",
        "CONN_HEALTH_CHECKS": "conn_health_checks",
        "DISABLE_SERVER_SIDE_CURSORS": "disable_server_side_cursors",
        "TEST": "test_options",
    }
    options = parts["OPTIONS"]
    assert {key: part.source for key, part in options.items()} == {"connect_timeout": "url", "sslmode": "ssl_require"}


def test_keywords_are_passed_on_untouched():
    own = object()
    assert plain(keywords(conn_max_age=own))["CONN_MAX_AGE"] is own
    assert plain(parse("postgres://db/shop", conn_max_age=own, test_options=own))["TEST"] is own


@pytest.mark.parametrize(
    "url", ["canary://u:canary@db/x", "canary:x", "postgres://canary:canary", "postgres://[canary"]
)
def test_reasons_and_representations_hold_no_part_of_the_url(url):
    with pytest.raises(LibraryError) as error:
        parse(url)
    assert "canary" not in str(error.value).replace("scheme 'canary'", "")


def test_parts_do_not_show_their_values():
    assert "canary" not in repr(parse("postgres://canary:canary@canary/canary?canary=canary")["PASSWORD"])


def test_a_huge_url_is_refused():
    with pytest.raises(LibraryError, match="100000 characters"):
        parse("postgres://db/" + "x" * 100_000)


def test_a_reason_names_the_scheme_that_is_not_known():
    with pytest.raises(LibraryError, match="knows no URL scheme 'nope'"):
        parse("nope://db/shop")
    with pytest.raises(LibraryError, match="does not know the URL's scheme"):
        parse("canary:x")
