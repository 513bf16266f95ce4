"""Small deployments for tests, built from the map's own types without any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connlint.deployment.model import (
    Concurrency,
    Database,
    Deployment,
    Engine,
    Pooler,
    ProcessGroup,
    Route,
    Server,
    SettingsModule,
)  # fmt: skip
from connlint.facts import Version
from connlint.source import Source
from connlint.value import Value

NOWHERE = Source("nowhere", "").span(0, 0)
UNKNOWN = Value.unknown("nobody says")


def as_value(value: object) -> Value:
    """A `Value` as it is, anything else exact."""
    return value if isinstance(value, Value) else Value.exact(value)


def database(alias: str = "default", django: str = "5.2", **settings: Any) -> Database:
    """An alias; keyword arguments are its keys, with `pool__max_size` for OPTIONS.pool.max_size."""
    stated = {"ENGINE": as_value("django.db.backends.postgresql")}
    for key, value in settings.items():
        name = f"OPTIONS.{key.replace('__', '.')}" if key.startswith("pool") else key
        stated[name] = as_value(value)
    return Database(alias, stated, NOWHERE, "shop.settings", Version.parse(django))


def group(
    name: str = "web",
    processes: object = 1,
    threads: object = 1,
    replicas: object = 1,
    surge: object = 0,
    concurrency: Concurrency | None = Concurrency.THREADS,
    databases: Sequence[Database] = (),
) -> ProcessGroup:
    """A process group with these numbers and the aliases of its settings."""
    module = SettingsModule("shop.settings", "shop/settings.py", {d.alias: d for d in databases})
    return ProcessGroup(
        name=name, server="gunicorn", concurrency=concurrency, processes=as_value(processes).named("processes"),
        threads=as_value(threads).named("threads"), replicas=as_value(replicas), surge=as_value(surge),
        worker_class=as_value("sync"), deadline=None, deadline_name="", preload=as_value(False), module=module,
        document=None, span=NOWHERE,
    )  # fmt: skip


def server(name: str = "db", engine: Engine = Engine.POSTGRESQL, **declared: object) -> Server:
    """A server of which this much is declared: `max_connections=100, reserved=0`."""
    stated = {key.replace("_", "-"): as_value(value) for key, value in declared.items()}
    return Server(name, engine, None, {}, stated, product=engine.value)


def pooler(
    databases: Mapping[str, Mapping[str, object]],
    users: Mapping[str, Mapping[str, object]] | None = None,
    version: str = "1.24",
    instances: object = 1,
    **settings: object,
) -> Pooler:
    """A PgBouncer with these sections."""

    def section(entries: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, Value]]:
        return {name: {key: as_value(value) for key, value in entry.items()} for name, entry in entries.items()}

    return Pooler(
        name="pgbouncer", kind="pgbouncer", document=None, settings={k: as_value(v) for k, v in settings.items()},
        databases=section(databases), users=section(users or {}), instances=as_value(instances),
        version=Version.parse(version) if version else None, span=NOWHERE,
    )  # fmt: skip


def route(
    of: ProcessGroup, to: Database, at: Server | None, through: Pooler | None = None, entry: str | None = None
) -> Route:
    """The way of one alias, by the pooler's `entry` where there is one."""
    mode = through.pool_mode(entry) if through is not None else None
    return Route(of, to, through, entry, at, mode=mode)


def deployment(routes: Sequence[Route]) -> Deployment:
    """What these routes connect."""

    def once(things: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(thing for thing in things if thing is not None))

    return Deployment(
        name="shop",
        modules=once([r.group.module for r in routes]),
        groups=once([r.group for r in routes]),
        poolers=once([r.pooler for r in routes]),
        servers=once([r.server for r in routes]),
        routes=tuple(routes),
        documents=(),
        options={"headroom": as_value(80), "cpus": UNKNOWN},
    )
