"""What the rules about pools say alike: which aliases have one, how large it is, who shares it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.checks._unknown import unknown_setting
from connlint.deployment.client_pool import has_pool, pool_option, pool_span
from connlint.deployment.model import Database, Deployment, Engine, ProcessGroup
from connlint.rulebook import Evidence, Missing
from connlint.value import ABSENT, Certainty, Value

WITH_POOL: Final = (Engine.POSTGRESQL, Engine.ORACLE)
_CONFIGURED: Final = ("gunicorn", "uwsgi")  # servers whose number of threads is known where nobody states it


def pooled(deployment: Deployment) -> Iterator[tuple[ProcessGroup, Database]]:
    """Each process group with each PostgreSQL alias it keeps a pool for, where its number of threads is bounded."""
    for group in deployment.groups:
        bounds = group.threads.bounds()
        stated = group.server in _CONFIGURED or group.threads.certainty < Certainty.DEFAULT
        if group.concurrency is None or bounds is None or bounds[1] is None or not stated:
            continue  # ASGI and runserver have no bound that a pool could fall short of
        for database in group.databases.values():
            switch = database.settings.get("OPTIONS.pool")
            works = switch is None or not switch.ever(lambda v: isinstance(v, str))
            if database.engine is Engine.POSTGRESQL and works and has_pool(database):
                yield group, database


def pool_place(database: Database, text: str) -> Evidence:
    """Where the settings speak of the pool, as evidence."""
    return Evidence(pool_span(database) or database.span, text)


def size(database: Database, name: str) -> Evidence:
    """A size of the pool as evidence: where it is stated, or where the pool is when it is a default."""
    value = pool_option(database, name)
    if value.span is not None:
        return Evidence(value, f"{name} is {value}")
    return pool_place(database, f"{name} is {least(database)}, its default")


def least(database: Database) -> Value:
    """min_size: connections that each process holds from its first query on."""
    return pool_option(database, "min_size")


def most(database: Database) -> Value:
    """max_size: as many as min_size where it is not set, or None (psycopg_pool)."""
    stated = pool_option(database, "max_size")
    if stated.always(lambda v: v is None):
        return least(database)
    if not stated.ever(lambda v: v is None):
        return stated
    return Value.choice(
        [*(v for v in stated.alternatives if v is not None), *least(database).alternatives], *stated.origins
    )


def unknown_switch(database: Database) -> Iterator[Missing]:
    """The fact that is missing when nobody can tell whether an alias has a pool."""
    yield unknown_setting(database, "OPTIONS.pool", what='OPTIONS["pool"]')


def is_set(value: object) -> bool:
    return value is not ABSENT and value is not None


def is_empty(switch: object) -> bool:
    """An empty dict, which Django takes for no pool."""
    return isinstance(switch, dict) and not switch


def is_no_switch(switch: object) -> bool:
    """True where Django unpacks something that is no mapping: text from a URL, a number, a list."""
    return is_set(switch) and not isinstance(switch, (bool, dict)) and bool(switch)
