"""The keys an alias of DATABASES can have, and what a key that is none of them may be meant for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from connlint.deployment.model import Database, Engine
from connlint.facts import product

DJANGO: Final = product("django")
BOOLEANS: Final = frozenset(key for key, setting in DJANGO.settings.items() if setting.type == "bool")
AGE: Final = "CONN_MAX_AGE"
# The keys that configure the connection rather than say where it goes: nobody else has a use for these names.
PLAIN_KEYS: Final = BOOLEANS | {AGE}

_BACKENDS: Final = ("django.db.backends.", "django.contrib.gis.db.backends.")
_POSTGRESQL: Final = ("libpq", "psycopg", "psycopg2", "django_postgresql")
_MYSQL: Final = ("mysqlclient", "django_mysql")
_DRIVERS: Final = {Engine.POSTGRESQL: _POSTGRESQL, Engine.MYSQL: _MYSQL, Engine.ORACLE: (), Engine.SQLITE: ()}
_NEAR: Final = 0.8  # of difflib's ratio: CONN_HEALTH_CHECK, ATOMIC_REQUEST, PASWORD
_SHORTEST: Final = 8  # letters from which a name tells enough of itself where the backend is not Django's


def is_djangos(database: Database) -> bool:
    """Whether ENGINE is one of the backends that come with Django, whose keys are all known."""
    engine = database.settings.get("ENGINE")
    return engine is not None and engine.always(lambda name: str(name).startswith(_BACKENDS))


def meant_key(key: str, *, sure_engine: bool) -> str | None:
    """The key of DATABASES that `key` is a misspelling of; None when it resembles none."""
    upper = key.upper()
    if upper in DJANGO.settings:
        return upper
    if not sure_engine and len(key) < _SHORTEST:
        return None
    words = sorted(upper.split("_"))
    turned = next((known for known in DJANGO.settings if sorted(known.split("_")) == words), None)
    return turned or nearest(upper, DJANGO.settings)


def option_name(key: str, database: Database) -> str | None:
    """The option of the driver that `key` is, which belongs into OPTIONS; None when it is none."""
    tables = _DRIVERS.get(database.engine or Engine.OTHER, (*_POSTGRESQL, *_MYSQL))
    for name in (key, key.lower()) if is_djangos(database) else (key,):
        if any(name in product(table).names for table in tables):
            return name
    return None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` most likely stands for, or None."""
    from difflib import get_close_matches  # costs start-up time, and only mistakes need it

    return next(iter(get_close_matches(name[:80], sorted(known), 1, _NEAR)), None)
