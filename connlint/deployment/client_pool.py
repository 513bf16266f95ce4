"""The pool inside Django's own process: OPTIONS["pool"], Django 5.1 and later, made by psycopg_pool."""

from __future__ import annotations

from connlint.deployment.model import Database
from connlint.facts import product
from connlint.source import Span
from connlint.value import ABSENT, Value


def has_pool(database: Database) -> bool | None:
    """Whether the alias keeps a pool; None when that is not known. An empty dict switches it off (lab T9)."""
    arguments = [value for _, value in database.below("OPTIONS.pool")]
    if arguments:
        return None if all(value.ever(lambda v: v is ABSENT) for value in arguments) else True
    switch = database.settings.get("OPTIONS.pool")
    if switch is None or switch.always(lambda v: v is ABSENT or not v):
        return False
    return True if switch.always(lambda v: v is not ABSENT and bool(v)) else None


def pool_span(database: Database) -> Span | None:
    """Where the settings speak of the pool; None when they do nowhere."""
    stated = (database.settings.get("OPTIONS.pool"), *(value for _, value in database.below("OPTIONS.pool")))
    return next((value.span for value in stated if value is not None and value.span is not None), None)


def pool_option(database: Database, name: str) -> Value:
    """An argument of the pool, such as `max_idle` in seconds: as stated, or psycopg_pool's default."""
    stated = database.settings.get(f"OPTIONS.pool.{name}")
    fallback = product("psycopg_pool").default(name, None)
    if stated is None:
        return fallback
    if not stated.ever(lambda v: v is ABSENT):
        return stated
    return Value.choice([*(v for v in stated.alternatives if v is not ABSENT), *fallback.alternatives], *stated.origins)
