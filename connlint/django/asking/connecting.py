"""A connection of its own to the database of an alias: no pool, not kept, soon given up, and in a read-only transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, Error, InterfaceError, connections
from django.db.utils import load_backend

from connlint.django.asking.answers import NoAnswer

CONNECTING: Final = 10  # seconds to connect
ANSWERING: Final = 10  # seconds for one query
_FAILURES: Final = (Error, DatabaseError, InterfaceError, ImproperlyConfigured, ImportError, OSError)


def wrapper(alias: str) -> Any:
    """Django's own wrapper for the database of an alias, with our timeouts; raises `NoAnswer`.

    It stands beside `connections`, so that no pool is filled and no connection of the process is touched.
    """
    try:
        every = connections.settings
    except ImproperlyConfigured as error:
        raise NoAnswer(reason(error)) from None
    if alias not in every:
        raise NoAnswer(f'DATABASES has no alias "{alias}"')
    stated = every[alias]
    options = {key: value for key, value in (stated.get("OPTIONS") or {}).items() if key != "pool"}
    engine = str(stated.get("ENGINE", ""))
    try:
        found = load_backend(engine).DatabaseWrapper({**stated, "OPTIONS": options, "CONN_MAX_AGE": 0}, alias)
    except _FAILURES as error:
        raise NoAnswer(f"{engine} cannot be used: {reason(error)}") from None
    if found.vendor == "postgresql":
        options |= {"connect_timeout": CONNECTING, "application_name": "connlint"}
    elif found.vendor == "mysql":
        options |= {"connect_timeout": CONNECTING, "read_timeout": ANSWERING + 1}
    else:
        raise NoAnswer(f"{found.display_name} has no server that connlint could ask")
    return found


@contextmanager
def read_only(found: Any, begin: Sequence[str]) -> Iterator[Any]:
    """A cursor in a transaction that the statements of `begin` open; rolled back and closed afterwards.

    Raises `NoAnswer` where connecting or asking fails.
    """
    try:
        found.ensure_connection()
        found.set_autocommit(False)
        with found.cursor() as cursor:
            for statement in begin:
                cursor.execute(statement)
            yield cursor
    except _FAILURES as error:
        raise NoAnswer(reason(error)) from None
    finally:
        _leave(found)


def _leave(found: Any) -> None:
    try:
        if found.connection is not None:
            found.rollback()
        found.close()
    except _FAILURES:
        found.connection = None  # it was lost


def reason(error: BaseException) -> str:
    """Why it failed: the first line of what driver or server say; what is secret in it is masked when it is shown."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
