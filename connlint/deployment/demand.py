"""How many connections a process group can hold on one alias (evidence: lab, "formula vs measured")."""

from __future__ import annotations

from typing import Final

from connlint.deployment.client_pool import has_pool, pool_option, pool_span
from connlint.deployment.model import Concurrency, Database, ProcessGroup, Route
from connlint.facts import Version
from connlint.formats.services import Role
from connlint.value import Certainty, Number, Origin, Value, union

# Before that, all synchronous code of an ASGI process shared one thread (asgiref, django.core.handlers.asgi of 3.2).
_THREAD_PER_REQUEST: Final = Version((4, 0))
_FIXED: Final = (Concurrency.THREADS, Concurrency.TASKS, Concurrency.COMMAND)


def per_process(group: ProcessGroup, database: Database) -> Value:
    """Connections one process can hold on `database` under load: at least, at most (None: no bound).

    Threads hold one each; a pool holds up to max_size whatever the threads; greenlets one each while
    CONN_MAX_AGE is 0 and without bound otherwise; ASGI is bounded only by a pool or a concurrency limit;
    tasks hold one per worker process or thread.
    """
    pooled = has_pool(database)
    if pooled:
        return _of_pool(group, database)
    if pooled is False:
        return _without_pool(group, database)
    switch = database.settings.get("OPTIONS.pool")
    if switch is not None and switch.is_unknown:
        return Value.unknown("OPTIONS.pool is not known", *switch.origins, least=1)
    return union((_of_pool(group, database), _without_pool(group, database)))


def _without_pool(group: ProcessGroup, database: Database) -> Value:
    """One connection for each thread, or whatever stands for one."""
    if group.concurrency is None:
        return Value.unknown(f"how {group.server} serves requests is not known", *group.worker_class.origins, least=1)
    if group.concurrency in _FIXED:
        return group.threads.counted(1)
    if group.concurrency is Concurrency.ASGI and database.django is not None and database.django < _THREAD_PER_REQUEST:
        return Value.exact(1, Origin.default(f"Django {database.django} serves ASGI requests on one thread"))
    persistent = database.persistent
    if persistent is False:
        return _up_to(group.threads)
    if persistent:
        return Value.between(1, None, *database.get("CONN_MAX_AGE").origins)
    return Value.unknown("CONN_MAX_AGE is not known", *database.get("CONN_MAX_AGE").origins, least=1)


def _up_to(limit: Value) -> Value:
    """From one connection up to `limit`: what concurrency allows and load decides."""
    bounds = limit.bounds()
    if bounds is None:
        return limit.counted(1)
    return Value.between(min(1, bounds[0]), bounds[1], *limit.origins)


def _of_pool(group: ProcessGroup, database: Database) -> Value:
    """What the alias's own pool opens: min_size after the first query, max_size when as many threads want one.

    psycopg_pool: max_size defaults to min_size, which defaults to 4. With fewer threads than max_size the pool grows
    beyond min_size now and then (lab: sync workers with min_size 1 and max_size 10 held 2 each), but not always.
    """
    least, most = pool_option(database, "min_size"), pool_option(database, "max_size")
    if most.always(lambda v: v is None):
        most = least
    elif most.ever(lambda v: v is None):
        most = union((Value.choice((v for v in most.alternatives if v is not None), *most.origins), least))
    most = most.counted(1).named("in the pool")
    span = pool_span(database)
    if most.span is None and span is not None:
        most = most.because(Origin.at(span))
    low, high = least.bounds(), most.bounds()
    if low is None or high is None:
        return most
    sure = min(max(low[0], min(_fixed(group), high[0])), high[0])
    if sure == high[1] or (sure == high[0] and most.alternatives):
        return most
    return Value.between(sure, high[1], *most.origins).named("in the pool")


def _fixed(group: ProcessGroup) -> Number:
    """How many connections a process wants at once when it is busy, at the least."""
    bounds = group.threads.bounds() if group.concurrency in _FIXED else None
    return 1 if bounds is None else bounds[0]


def of_group(group: ProcessGroup, database: Database) -> Value:
    """Connections of all processes and replicas of a group on one alias between deploys."""
    return times(times(group.processes.counted(1), per_process(group, database)), group.replicas.counted(1))


def during_deploy(group: ProcessGroup, database: Database) -> Value:
    """The same while a deploy runs `surge` replicas more."""
    if group.surge.always(lambda v: v == 0):
        return of_group(group, database)
    replicas = group.replicas.counted(1) + group.surge.counted(0)
    return times(times(group.processes.counted(1), per_process(group, database)), replicas)


def of_route(route: Route, *, deploying: bool = False) -> Value:
    """Connections of a group on the alias of a route. Another alias than default counts from 0: it may never be used,
    and an unused one opens nothing, unless ATOMIC_REQUESTS opens it on each request (lab, "only default queried").
    """
    asked = (during_deploy if deploying else of_group)(route.group, route.database)
    if route.group.role is Role.SCHEDULED:
        asked = asked * Value.between(0, 1, Origin.default(f"{route.group.name} runs now and then"))
    if route.database.alias == "default":
        return asked
    atomic = route.database.get("ATOMIC_REQUESTS").always(lambda v: v is True)
    if atomic and route.group.concurrency not in (Concurrency.TASKS, Concurrency.COMMAND):
        return asked
    return asked * Value.between(0, 1, Origin.default(f"{route.database.alias} may not be used"))


def takes_part(group: ProcessGroup, *, deploying: bool) -> bool:
    """Whether a group runs at all at that time: a release command only during a deploy, a one-off only by hand."""
    return group.role in (Role.SERVICE, Role.SCHEDULED) or (deploying and group.role is Role.RELEASE)


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
