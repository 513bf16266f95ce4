"""django-environ's URLs: database and cache settings from a URL, as `Env.db_url` and `Env.cache_url` make them.

Modelled on django-environ 0.14.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import ParseResult, parse_qs, quote, unquote, unquote_plus, urlparse, urlunparse

from connlint.python.libraries import LibraryError, Part, Parts
from connlint.python.libraries.casts import apply, literal
from connlint.python.libraries.database_url import LONGEST_URL

_POSTGRESQL: Final = "django.db.backends.postgresql"
_MYSQL: Final = "django.db.backends.mysql"
_PROMETHEUS: Final = "django_prometheus.db.backends"
_CACHES: Final = "django.core.cache.backends"

# `Env.DB_SCHEMES`, for Django 2.0 and later.
DB_SCHEMES: Final[Mapping[str, str]] = {
    "postgres": _POSTGRESQL,
    "postgresql": _POSTGRESQL,
    "psql": _POSTGRESQL,
    "pgsql": _POSTGRESQL,
    "postgis": "django.contrib.gis.db.backends.postgis",
    "prometheus_postgresql": f"{_PROMETHEUS}.postgresql",
    "prometheus_postgis": f"{_PROMETHEUS}.postgis",
    "cockroachdb": "django_cockroachdb",
    "mysql": _MYSQL,
    "mysql2": _MYSQL,
    "mysql-connector": "mysql.connector.django",
    "mysqlgis": "django.contrib.gis.db.backends.mysql",
    "prometheus_mysql": f"{_PROMETHEUS}.mysql",
    "mssql": "mssql",
    "oracle": "django.db.backends.oracle",
    "pyodbc": "sql_server.pyodbc",
    "redshift": "django_redshift_backend",
    "spatialite": "django.contrib.gis.db.backends.spatialite",
    "prometheus_spatialite": f"{_PROMETHEUS}.spatialite",
    "sqlite": "django.db.backends.sqlite3",
    "prometheus_sqlite": f"{_PROMETHEUS}.sqlite3",
    "ldap": "ldapdb.backends.ldap",
}
_POSTGRES_FAMILY: Final = frozenset(
    {"postgres", "postgresql", "psql", "pgsql", "postgis", "prometheus_postgresql", "prometheus_postgis"}
)
# Keys that the query of a database URL sets beside OPTIONS, in any case.
_CONNECTION_KEYS: Final = frozenset(
    {"CONN_MAX_AGE", "ATOMIC_REQUESTS", "AUTOCOMMIT", "DISABLE_SERVER_SIDE_CURSORS", "CONN_HEALTH_CHECKS"}
)
_CACHE_SCHEMES: Final = {
    "dbcache": f"{_CACHES}.db.DatabaseCache",
    "dummycache": f"{_CACHES}.dummy.DummyCache",
    "filecache": f"{_CACHES}.filebased.FileBasedCache",
    "locmemcache": f"{_CACHES}.locmem.LocMemCache",
    "memcache": f"{_CACHES}.memcached.MemcachedCache",
    "pylibmc": f"{_CACHES}.memcached.PyLibMCCache",
}
_REDIS_SCHEMES: Final = frozenset({"rediscache", "redis", "rediss", "valkey", "valkeys"})
_DJANGO_REDIS: Final = "django_redis.cache.RedisCache"
_CORE_REDIS: Final = f"{_CACHES}.redis.RedisCache"  # from Django 4.0
_CACHE_KEYS: Final = frozenset({"TIMEOUT", "KEY_PREFIX", "VERSION", "KEY_FUNCTION", "BINARY"})


def db_url(url: str | None, engine: str | None = None, *, schemes: Mapping[str, str] = DB_SCHEMES) -> Parts:
    """What `environ.Env.db_url_config` returns; the sources are `url` and `engine`.

    CONN_MAX_AGE and the other connection keys are there only when the query of the URL has them. A scheme
    that is not in `schemes` (`Env.DB_SCHEMES`, which a project may extend) becomes the ENGINE as it is; a
    text without a scheme gives an empty dictionary, and so does None (a default). Raises `LibraryError` where the library raises.
    """
    if url == "sqlite://:memory:":
        return {"ENGINE": Part(schemes.get("sqlite", "sqlite"), "url"), "NAME": Part(":memory:", "url")}
    split = _parsed(url or "")
    try:
        config = _connection(split)
        query = parse_qs(split.query)
    except ValueError:
        raise LibraryError("the database URL is not a valid URL") from None
    if split.query:
        config.update(_database_query(query))
    chosen = engine or split.scheme
    if not chosen:
        return {}
    config["ENGINE"] = Part(schemes.get(chosen, chosen), "engine" if engine else "url")
    return config


def _parsed(url: str) -> ParseResult:
    if len(url) > LONGEST_URL:
        raise LibraryError(f"the URL has more than {LONGEST_URL} characters")
    try:
        try:
            split = urlparse(url)
        except ValueError:  # a bracket that is no IPv6 address
            split = _quoted(url)
        return split if split.path else _quoted(urlunparse(split))
    except (ValueError, UnicodeError):
        raise LibraryError("the database URL is not a valid URL") from None


def _quoted(url: str) -> ParseResult:
    return urlparse(quote(url, safe=":/?&=@"))


def _connection(split: ParseResult) -> Parts:
    path = unquote_plus(split.path[1:].split("?", 2)[0])
    if split.scheme == "sqlite" and not path:
        path = ":memory:"
    if split.scheme == "ldap":
        path = f"ldap://{split.hostname}" + (f":{split.port}" if split.port else "")
    host, port = _address(split)
    name = path
    if path.startswith("/") and (split.scheme in _POSTGRES_FAMILY or "cloudsql" in path):
        host, name = path.rsplit("/", 1)
    if split.scheme == "oracle" and not path:
        host, name = "", host
    settings: dict[str, object] = {
        "NAME": name,
        "USER": unquote(split.username or ""),
        "PASSWORD": unquote(split.password or ""),
        "HOST": host,
        "PORT": port,
    }
    if split.scheme == "oracle":  # Django's backend wants a text, or no key
        settings["PORT"] = str(port)
        if not port:
            del settings["PORT"]
    return {key: Part(value, "url") for key, value in settings.items()}


def _address(split: ParseResult) -> tuple[str, object]:
    """Host and port; several of both, joined by commas, for a PostgreSQL cluster."""
    network = unquote(split.netloc.rsplit("@", 1)[-1])
    if split.scheme not in _POSTGRES_FAMILY or "," not in network:
        return split.hostname or "", split.port or ""
    pairs = [_host_and_port(member) for member in network.split(",")]
    port = ",".join(port for _, port in pairs if port)
    return ",".join(host for host, _ in pairs), (apply(int, port) if port.isdigit() else port) or ""


def _host_and_port(member: str) -> tuple[str, str]:
    if member.startswith("["):
        end = member.find("]")
        return (
            (member[: end + 1], member[end + 2 :]) if end != -1 and member[end + 1 : end + 2] == ":" else (member, "")
        )
    host, colon, port = member.rpartition(":")
    return (host, port) if colon and port.isdigit() else (member, "")


def _database_query(query: Mapping[str, list[str]]) -> Parts:
    config: Parts = {}
    options: Parts = {}
    for name, texts in query.items():
        if name.upper() in _CONNECTION_KEYS:
            config[name.upper()] = Part(_literal_or_text(texts[0]), "url")
        else:
            options[name] = Part(apply(int, texts[0]) if texts[0].isdigit() else texts[0], "url")
    config["OPTIONS"] = options
    return config


def _literal_or_text(text: str) -> object:
    try:
        return literal(text)
    except ValueError:
        return text


def cache_url(url: str, backend: str | None = None, *, django_redis: bool | None = None) -> Parts:
    """What `env.cache_url` makes of the text of a URL; the sources are `url` and `backend`.

    `django_redis`: whether the package django-redis is installed, which decides the backend of redis URLs
    (else Django's own, from 4.0); when that matters and is None, `LibraryError` is raised. So it is for
    `pymemcache://`, whose backend depends on the package of that name.
    """
    if len(url) > LONGEST_URL:
        raise LibraryError(f"the URL has more than {LONGEST_URL} characters")
    try:
        split = urlparse(url)
        has_host = bool(split.hostname)
        query = parse_qs(split.query)
    except ValueError:
        raise LibraryError("the cache URL is not a valid URL") from None
    if split.scheme not in _CACHE_SCHEMES and split.scheme not in _REDIS_SCHEMES and split.scheme != "pymemcache":
        raise LibraryError("django-environ does not know the scheme of the cache URL")
    chosen = backend or _cache_backend(split.scheme, django_redis)
    config: Parts = {
        "BACKEND": Part(chosen, "backend" if backend else "url"),
        "LOCATION": Part(_location(split, has_host), "url"),
    }
    if split.query:
        options: Parts = {}
        for name, texts in query.items():
            key = name.lower() if chosen == _CORE_REDIS else name.upper()
            target = config if name.upper() in _CACHE_KEYS else options
            target[key] = Part(_literal_or_text(texts[0]), "url")
        config["OPTIONS"] = options
    return config


def _cache_backend(scheme: str, django_redis: bool | None) -> str:
    if scheme in _CACHE_SCHEMES:
        return _CACHE_SCHEMES[scheme]
    if scheme == "pymemcache":
        raise LibraryError("the backend of a pymemcache URL depends on whether pymemcache is installed")
    if django_redis is None:
        raise LibraryError("the backend of a redis URL depends on whether django-redis is installed")
    return _DJANGO_REDIS if django_redis else _CORE_REDIS


def _location(split: ParseResult, has_host: bool) -> str | list[str]:
    hosts = split.netloc.split(",")
    if split.scheme == "filecache":
        return split.netloc + split.path
    if not split.netloc and split.scheme in ("memcache", "pymemcache"):
        return f"unix:{split.path}"
    if split.scheme.startswith("redis"):
        scheme = split.scheme.replace("cache", "") if has_host else "unix"
        hosts = [f"{scheme}://{host}{split.path}" for host in hosts]
    return hosts[0] if len(hosts) == 1 else hosts
