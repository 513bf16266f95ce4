"""django-environ's URLs: the model and the real library give the same settings."""

from __future__ import annotations

import warnings

import environ
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.python.libraries import LibraryError, Part, plain
from connlint.python.libraries.environ_url import DB_SCHEMES, cache_url, db_url

URLS = [
    "postgres://u:p@db:5432/shop?conn_max_age=600&Conn_Health_Checks=True",
    "postgres://u:p@db/shop?CONN_MAX_AGE=None&ATOMIC_REQUESTS=1&connect_timeout=5&pool=true",
    "postgres://u:p@db/shop?disable_server_side_cursors=yes&AUTOCOMMIT=False",
    "postgres://u:p@db/shop?conn_max_age=",
    "postgres:////var/run/postgresql/shop",
    "postgres://u:p@/shop",
    "postgres://u:p@a:1,b:2,c/shop",
    "postgres://u:p@a,b/shop",
    "postgres://u:p@[::1]:5,b:6/shop",
    "postgres://u:p@a:5432,b/shop",
    "postgres://u:p@a:0,b/shop",
    "postgres://u:p@a:²,b/shop",
    "postgres://u:p%40@db:x/shop",
    "postgres://u:p#a@db/shop",
    "postgres://u:[x@db/shop",
    "postgres://db",
    "mysql://u:p@/cloudsql/project:region:name/shop",
    "mysql:////cloudsql/project:region:name/shop",
    "mysql://u:p@db/shop?charset=utf8mb4&read_default_file=/etc/my.cnf",
    "sqlite://:memory:",
    "sqlite://",
    "sqlite:///db.sqlite3",
    "sqlite:////abs/db.sqlite3?timeout=20",
    "prometheus_sqlite:///db.sqlite3",
    "oracle://u:p@db:1521/shop",
    "oracle://u:p@db/shop",
    "oracle://u:p@db",
    "ldap://cn=admin,dc=x:pw@ldap.example:389",
    "ldap://ldap.example",
    "django.db.backends.postgresql://db/shop",
    "unknown://db/shop",
    "nothing",
    "",
    "?conn_max_age=5",
    "postgres://db/shop?conn_max_age=1is&conn_max_age=2",
    "postgres://db/shop?x=1&x=2&y=+&z=%2B",
]
words = st.text("aA0%2F:/@?&=+é ²#[],;", max_size=12)
urls = st.one_of(
    st.sampled_from(URLS),
    st.builds(
        "{}://{}{}/{}{}".format,
        st.sampled_from([*DB_SCHEMES, "nope"]),
        st.one_of(st.just(""), st.builds("{}:{}@".format, words, words)),
        st.one_of(words, st.sampled_from(["a:1,b:2", "a,b:x", "[::1]:1,b", "[,b", "db:5432"])),
        words,
        st.one_of(
            st.just(""),
            st.builds(
                "?{}={}&{}={}".format,
                words,
                words,
                st.sampled_from(["conn_max_age", "CONN_HEALTH_CHECKS", "autocommit", "pool"]),
                st.one_of(
                    words, st.sampled_from(["600", "None", "true", "False", "'x'", "1.5", "[1]", "-1", "0o7", "1_0"])
                ),
            ),
        ),
    ),
    st.text(max_size=30),
)


def real_database(url, engine=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return environ.Env.db_url_config(url, engine)


@given(urls, st.sampled_from([None, "", "my.engine", "mysql"]))
def test_db_url_gives_what_the_library_gives(same, url, engine):
    same(lambda: real_database(url, engine), lambda: plain(db_url(url, engine)))


@pytest.mark.parametrize("url", [*URLS, None])
def test_every_known_url(same, url):
    same(lambda: real_database(url), lambda: plain(db_url(url)))


def test_the_query_moves_connection_keys_out_of_options():
    settings = plain(db_url("postgres://db/shop?conn_max_age=600&connect_timeout=5"))
    assert settings["CONN_MAX_AGE"] == 600
    assert settings["OPTIONS"] == {"connect_timeout": 5}
    assert "CONN_MAX_AGE" not in db_url("postgres://db/shop")


def test_the_schemes_are_those_of_the_library():
    assert dict(DB_SCHEMES) == environ.Env.DB_SCHEMES


def test_a_project_may_add_schemes():
    schemes = {**DB_SCHEMES, "postgres": "django_tenants.postgresql_backend"}
    assert plain(db_url("postgres://db/shop", schemes=schemes))["ENGINE"] == "django_tenants.postgresql_backend"


def test_the_engine_knows_the_argument_it_comes_from():
    assert db_url("postgres://db/shop", "mysql")["ENGINE"] == Part("django.db.backends.mysql", "engine")
    assert db_url("postgres://db/shop")["ENGINE"].source == "url"


caches = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(
        ["dbcache", "locmemcache", "filecache", "memcache", "pylibmc", "redis", "rediss", "rediscache", "valkey"]
    ),
    st.one_of(words, st.sampled_from(["a:1,b:2", "u:p@redis:6379", "", "cache_table"])),
    st.sampled_from(["", "/", "/1", "/run/redis.sock"]),
    st.one_of(st.just(""), st.builds("?timeout={}&Key_Prefix={}&{}=1".format, words, words, words)),
)


@given(caches, st.sampled_from([None, "my.Backend"]), st.booleans())
def test_cache_url_gives_what_the_library_gives(same, url, backend, django_redis):
    driver = "django_redis.cache.RedisCache" if django_redis else "django.core.cache.backends.redis.RedisCache"
    schemes = {
        scheme: driver if "RedisCache" in engine else engine for scheme, engine in environ.Env.CACHE_SCHEMES.items()
    }
    env = type("Env", (environ.Env,), {"CACHE_SCHEMES": schemes})
    same(
        lambda: env.cache_url_config(url, backend),
        lambda: plain(cache_url(url, backend, django_redis=django_redis)),
    )


@pytest.mark.parametrize("url", ["redis://r/1", "pymemcache://m", "nope://x", ""])
def test_a_cache_that_depends_on_other_packages_is_not_guessed(url):
    with pytest.raises(LibraryError):
        cache_url(url)


@pytest.mark.parametrize("url", ["postgres://canary:canary", "postgres://canary:99999/canary"])
def test_reasons_hold_no_part_of_the_url(url):
    with pytest.raises(LibraryError) as error:
        db_url(url)
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("text", ["(" * 900, "9" * 900 + "**9", "[" * 900, "{" * 150 + "}" * 150, "x" * 999])
def test_a_hostile_number_stays_a_text_as_in_the_library(same, text):
    url = f"postgres://db/shop?conn_max_age={text}"
    same(lambda: real_database(url), lambda: plain(db_url(url)))


@pytest.mark.parametrize("text", ["[" * 5000, "9" * 5000])
def test_a_huge_number_is_refused(text):
    with pytest.raises(LibraryError, match="1000 characters"):
        db_url(f"postgres://db/shop?conn_max_age={text}")
