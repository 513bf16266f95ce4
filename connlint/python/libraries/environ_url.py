"""django-environ's URLs: database and cache settings from a URL, as `Env.db_url` and `Env.cache_url` make them."""

from __future__ import annotations

from connlint.python.libraries import LibraryError, Parts


def db_url(url: str, engine: str | None = None) -> Parts:
    """What `environ.Env.db_url_config` returns; the sources are `url`, `engine` and `library`.

    CONN_MAX_AGE and the other connection keys are there only when the query of the URL has them. Raises
    `LibraryError` where the library raises.
    """
    raise LibraryError("this call of django-environ is not modelled yet")


def cache_url(url: str, backend: str | None = None, *, django_redis: bool | None = None) -> Parts:
    """What `environ.Env.cache_url_config` returns; the sources are `url`, `backend` and `library`.

    `django_redis`: whether the package django-redis is installed, which decides the backend of redis URLs;
    when that matters and is None, `LibraryError` is raised.
    """
    raise LibraryError("this call of django-environ is not modelled yet")
