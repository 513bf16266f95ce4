"""dj_database_url: database settings from a URL, for every scheme it registers.

Modelled on dj-database-url 3.1.2; where an earlier version gives other connection settings, `version` selects
its behaviour (jazzband/dj-database-url, tags v0.5.0 to v3.1.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from connlint.python.libraries import LIBRARY, LibraryError, Part, Parts

DEFAULT_ENV: Final = "DATABASE_URL"
LONGEST_URL: Final = 100_000  # characters; a longer text is no URL that a person wrote
_MOST_DIGITS: Final = 4_300  # int() refuses more, CPython's default since 3.11

ENGINES: Final = {
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "pgsql": "django.db.backends.postgresql",
    "postgis": "django.contrib.gis.db.backends.postgis",
    "redshift": "django_redshift_backend",
    "timescale": "timescale.db.backends.postgresql",
    "timescalegis": "timescale.db.backends.postgis",
    "cockroach": "django_cockroachdb",
    "mysql": "django.db.backends.mysql",
    "mysql2": "django.db.backends.mysql",
    "mysql-connector": "mysql.connector.django",
    "mysqlgis": "django.contrib.gis.db.backends.mysql",
    "sqlite": "django.db.backends.sqlite3",
    "spatialite": "django.contrib.gis.db.backends.spatialite",
    "oracle": "django.db.backends.oracle",
    "oraclegis": "django.contrib.gis.db.backends.oracle",
    "mssql": "sql_server.pyodbc",
    "mssqlms": "mssql",
}
_SEARCH_PATH: Final = frozenset({"postgres", "postgresql", "pgsql", "postgis", "redshift", "timescale", "timescalegis"})
_TEXT_PORT: Final = frozenset({"oracle", "mssql", "mssqlms"})


def parameters(version: tuple[int, ...] | None = None) -> tuple[str, ...]:
    """The parameters of `parse` in order, as `version` has them; those of `config` begin `env, default, engine`."""
    names = ["url", "engine", "conn_max_age"]
    if version is None or version >= (1, 1):
        names.append("conn_health_checks")
    if version is None or version >= (2, 2):
        names.append("disable_server_side_cursors")
    names.append("ssl_require")
    if version is None or version >= (1, 2):
        names.append("test_options")
    return tuple(names)


def parse(
    url: str,
    engine: str | None = None,
    conn_max_age: object = 0,
    conn_health_checks: object = False,
    disable_server_side_cursors: object = False,
    ssl_require: bool = False,
    test_options: object = None,
    *,
    version: tuple[int, ...] | None = None,
) -> Parts:
    """What `dj_database_url.parse` returns for `url`; the sources are the names of these parameters.

    `conn_max_age` (seconds), `conn_health_checks`, `disable_server_side_cursors` and `test_options` are passed
    on untouched, so they may be any object, such as an evaluator's own. Of `test_options` only None, False and
    an empty dictionary count as not given. Raises `LibraryError` for a scheme that is not registered and for a
    text that is no URL.
    """
    if url == "sqlite://:memory:":  # a text of its own: nothing else is set, keywords are dropped
        return {"ENGINE": Part(ENGINES["sqlite"], "url"), "NAME": Part(":memory:", "url")}
    config, options = _from_url(url, version)
    if ssl_require:
        options["sslmode"] = Part("require", "ssl_require")
    config.update(keywords(engine, conn_max_age, conn_health_checks, disable_server_side_cursors, test_options))
    if options:
        config["OPTIONS"] = options
    return config


def config(
    text: str | None,
    engine: str | None = None,
    conn_max_age: object = 0,
    conn_health_checks: object = False,
    disable_server_side_cursors: object = False,
    ssl_require: bool = False,
    test_options: object = None,
    *,
    version: tuple[int, ...] | None = None,
) -> Parts:
    """What `dj_database_url.config` returns when the variable, or else its `default=`, has `text`.

    An empty text and None give an empty dictionary, as the library does (with a warning in its log).
    """
    if not text:
        return {}
    return parse(
        text,
        engine,
        conn_max_age,
        conn_health_checks,
        disable_server_side_cursors,
        ssl_require,
        test_options,
        version=version,
    )


def keywords(
    engine: str | None = None,
    conn_max_age: object = 0,
    conn_health_checks: object = False,
    disable_server_side_cursors: object = False,
    test_options: object = None,
) -> Parts:
    """The keys that the keywords alone decide, whatever the URL says.

    It is what remains known of `parse` and `config` when the URL is not (but `sqlite://:memory:` and an empty
    text have none of them).
    """
    parts: Parts = {
        "CONN_MAX_AGE": Part(conn_max_age, "conn_max_age"),
        "CONN_HEALTH_CHECKS": Part(conn_health_checks, "conn_health_checks"),
        "DISABLE_SERVER_SIDE_CURSORS": Part(disable_server_side_cursors, "disable_server_side_cursors"),
    }
    if engine:
        parts["ENGINE"] = Part(engine, "engine")
    if test_options is not None and test_options is not False and test_options != {}:
        parts["TEST"] = Part(test_options, "test_options")
    return parts


def _from_url(url: str, version: tuple[int, ...] | None) -> tuple[Parts, Parts]:
    """The keys and the OPTIONS that the URL gives, after the step that its scheme adds."""
    if len(url) > LONGEST_URL:
        raise LibraryError(f"the database URL has more than {LONGEST_URL} characters")
    try:
        split = urlsplit(url)
        scheme = split.scheme
        if scheme in ENGINES:
            config = _connection(split)
            options = _options(split.query, version)
    except ValueError:
        raise LibraryError("the database URL is not a valid URL") from None
    if scheme not in ENGINES:
        raise LibraryError(unknown_scheme(url, scheme, "dj_database_url"))
    return _adapted(scheme, config, options)


def unknown_scheme(url: str, scheme: str, library: str) -> str:
    """The reason for a scheme that `library` does not know; what may be a misplaced secret is not repeated."""
    if not scheme:
        return "the database URL has no scheme"
    written = url[len(scheme) : len(scheme) + 3] == "://" and len(scheme) <= 30
    return f"{library} knows no URL scheme '{scheme}'" if written else f"{library} does not know the URL's scheme"


def _connection(split: SplitResult) -> Parts:
    texts = {
        "ENGINE": ENGINES[split.scheme],
        "USER": unquote(split.username or ""),
        "PASSWORD": unquote(split.password or ""),
        "HOST": unquote(split.hostname or ""),
        "PORT": split.port or "",
        "NAME": unquote(split.path[1:]),
    }
    return {key: Part(value, "url") for key, value in texts.items()}


def _options(query: str, version: tuple[int, ...] | None) -> Parts:
    cast = _caster(version)
    options: Parts = {}
    for name, texts in parse_qs(query).items():
        if version is not None and version < (3, 0):
            texts = texts[-1:]
        values = [cast(text) for text in texts]
        options[name] = Part(values[0] if len(values) == 1 else values, "url")
    return options


def _caster(version: tuple[int, ...] | None) -> Callable[[str], object]:
    """Texts stayed texts before 2.1, numbers became int in it, true and false became bool in 2.2."""
    if version is None or version >= (2, 2):
        return _typed
    return str if version < (2, 1) else _int_or_text


def _typed(text: str) -> object:
    if text.isdigit():
        return _integer(text)
    return text.lower() == "true" if text.lower() in ("true", "false") else text


def _int_or_text(text: str) -> object:
    try:
        return _integer(text)
    except ValueError:
        return text


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError
    return int(text)


def _adapted(scheme: str, config: Parts, options: Parts) -> tuple[Parts, Parts]:
    name, port = config["NAME"], config["PORT"]
    if scheme == "sqlite" and isinstance(name, Part) and not name.value:
        config["NAME"] = Part(":memory:", LIBRARY)
    if scheme in _TEXT_PORT and isinstance(port, Part):
        config["PORT"] = Part(str(port.value), "url")
    if scheme in ("mysql", "mysql2"):
        authority = options.pop("ssl-ca", None)
        if isinstance(authority, Part) and authority.value:
            options["ssl"] = {"ca": authority}
    if scheme in _SEARCH_PATH:
        schema = options.pop("currentSchema", None)
        if isinstance(schema, Part) and schema.value:
            options["options"] = Part(f"-c search_path={schema.value}", "url")
    return config, options
