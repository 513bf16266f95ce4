"""How many connections a process group can hold on one alias (evidence: lab, "formula vs measured")."""

from __future__ import annotations

from connlint.deployment.model import Concurrency, Database, ProcessGroup
from connlint.facts import product
from connlint.value import Certainty, Origin, Value

_ONE = Value.exact(1)


def per_process(group: ProcessGroup, database: Database) -> Value:
    """Connections one process can hold on `database`: at least, at most (None: no bound).

    Threads hold one each; a pool holds up to max_size whatever the threads; greenlets one each while
    CONN_MAX_AGE is 0 and without bound otherwise; ASGI is bounded only by a pool or a concurrency limit;
    tasks hold one per worker process or thread.
    """
    pool = pool_size(database)
    if pool is not None:
        return pool
    if group.concurrency is None:
        return Value.unknown(f"how {group.server} serves requests is not known", *group.worker_class.origins, least=1)
    if group.concurrency is Concurrency.THREADS or group.concurrency is Concurrency.TASKS:
        return group.threads.counted(1)
    persistent = database.persistent
    if group.concurrency is Concurrency.GREENLETS and persistent is False:
        most = group.threads.bounds()
        return group.threads.counted(1) if most is None else _up_to(group.threads)
    if persistent is None:
        return Value.unknown("CONN_MAX_AGE is not known", *database.get("CONN_MAX_AGE").origins, least=1)
    if persistent:
        return Value.between(1, None, *database.get("CONN_MAX_AGE").origins)
    return _up_to(group.threads)


def _up_to(limit: Value) -> Value:
    """From one connection up to `limit`: what concurrency allows and load decides."""
    bounds = limit.bounds()
    if bounds is None:
        return limit.counted(1)
    return Value.between(min(1, bounds[0]), bounds[1], *limit.origins)


def pool_size(database: Database) -> Value | None:
    """max_size of the alias's own pool (psycopg_pool: it defaults to min_size, which defaults to 4).

    None when there is no pool; unknown when nobody can tell whether there is one.
    """
    sizes = dict(database.below("OPTIONS.pool"))
    switch = database.settings.get("OPTIONS.pool")
    if not sizes:
        if switch is None or switch.always(lambda v: not v):
            return None
        if not switch.always(bool):
            return Value.unknown("OPTIONS.pool is not known", *switch.origins, least=1)
    least = sizes.get("min_size") or product("psycopg_pool").default("min_size", None)
    most = sizes.get("max_size")
    if most is None or most.always(lambda v: v is None):
        return (
            least.counted(1).named("in the pool").because(*(switch.origins if switch is not None and not sizes else ()))
        )
    return most.counted(1).named("in the pool")


def of_group(group: ProcessGroup, database: Database) -> Value:
    """Connections of all processes and replicas of a group on one alias between deploys."""
    return times(times(group.processes.counted(1), per_process(group, database)), group.replicas.counted(1))


def during_deploy(group: ProcessGroup, database: Database) -> Value:
    """The same while a deploy runs `surge` replicas more."""
    if group.surge.always(lambda v: v == 0):
        return of_group(group, database)
    replicas = group.replicas.counted(1) + group.surge.counted(0)
    return times(times(group.processes.counted(1), per_process(group, database)), replicas)


def times(a: Value, b: Value) -> Value:
    """The product, leaving out a factor of one that nobody wrote down."""
    if _is_plain_one(b):
        return a
    return b if _is_plain_one(a) else a * b


def _is_plain_one(value: Value) -> bool:
    return value.is_exact and value.only == 1 and value.certainty is Certainty.DEFAULT


def one(note: str) -> Value:
    """Exactly one, because nothing says otherwise; `note` names what."""
    return Value.exact(1, Origin.default(note))
