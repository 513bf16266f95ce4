"""Task queues beside Celery: rq, dramatiq, huey and django-q."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.deployment.commands import plain
from connlint.deployment.commands.arguments import Arguments, as_number, read_arguments
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch
from connlint.deployment.model import Concurrency
from connlint.deployment.processes import Started
from connlint.facts import product
from connlint.facts.command_line import command_line
from connlint.formats.services import Role
from connlint.formats.words import Word
from connlint.records import replace
from connlint.value import Value


def launch_rq(context: Context) -> tuple[Launch, ...] | None:
    """`rq worker`, which forks for each job, and `rq worker-pool -n N`; the other commands only look into Redis."""
    words = context.arguments
    command = words[0].exact if words else ""
    if command == "worker":
        return (rq_workers(context, plain.one("a worker runs one job at a time"), "rq worker"),)
    if command == "worker-pool":
        given = read_arguments(words[1:], command_line("rq-worker-pool"))
        return (rq_workers(context, given.doubted(given.number("num_workers") or _one_worker()), "rq worker-pool"),)
    return None


def launch_rqworker(context: Context) -> tuple[Launch, ...]:
    """The older name of `rq worker`."""
    return (rq_workers(context, plain.one("a worker runs one job at a time"), "rqworker"),)


def rq_workers(context: Context, number: Value, name: str) -> Launch:
    started = plain.started(context, "rq", Concurrency.TASKS, number.counted(1), plain.one("one job at a time"))
    return plain.launch(context, name, started, role=Role.SERVICE)


def _one_worker() -> Value:
    return plain.one("one worker, unless said")


def launch_dramatiq(context: Context) -> tuple[Launch, ...]:
    """`-p` processes, as many as processors unless said, with `-t` threads each, 8 unless said."""
    return (dramatiq(context, read_arguments(context.arguments, command_line("dramatiq")), "dramatiq"),)


def launch_dramatiq_gevent(context: Context) -> tuple[Launch, ...]:
    """The same; its threads are greenlets."""
    return (dramatiq(context, read_arguments(context.arguments, command_line("dramatiq")), "dramatiq-gevent"),)


def dramatiq(
    context: Context, given: Arguments, name: str, processes: Value | None = None, threads: Value | None = None
) -> Launch:
    """`processes` and `threads` are what holds where the options do not say them."""
    facts, version = product("dramatiq"), context.version("dramatiq")
    number = given.number("processes") or processes or context.cpus
    each = given.number("threads") or threads or facts.default("threads", version)
    started = plain.started(
        context, "dramatiq", Concurrency.TASKS, given.doubted(number).counted(1), given.doubted(each)
    )
    application = given.operands[0].value if given.operands else None
    return plain.launch(context, name, started, application=application, role=Role.SERVICE)


def launch_huey(context: Context) -> tuple[Launch, ...]:
    """huey's own consumer."""
    given = read_arguments(context.arguments, command_line("huey_consumer"))
    return (
        replace(huey(context, given, "huey_consumer"), application=given.operands[0].value if given.operands else None),
    )


def huey(context: Context, given: Arguments, name: str) -> Launch:
    """`-w` workers of kind `-k`, else what the settings' HUEY["consumer"] says, else one thread.

    Threads and greenlets share a process; the scheduler beside them touches the queue's own storage only.
    """

    def started(names: Mapping[str, Value]) -> Started:
        facts, version = product("huey"), context.version("huey")
        workers = (
            given.number("workers") or _entry(names, "HUEY", "consumer", "workers") or facts.default("workers", version)
        )
        kind = (
            given.text("worker_type")
            or _entry(names, "HUEY", "consumer", "worker_type")
            or facts.default("worker_type", version)
        )
        workers, one = given.doubted(workers).counted(1), plain.one("one process, or one thread in each")
        separate = kind.always(lambda k: k == "process")
        found = plain.started(
            context, "huey", Concurrency.TASKS, workers if separate else one, one if separate else workers
        )
        return replace(found, worker_class=kind)

    return plain.launch(context, name, replace(started({}), settle=started), role=Role.SERVICE)


def django_huey(context: Context, given: Arguments, name: str) -> Launch:
    """A consumer of django-huey: its workers stand in DJANGO_HUEY, for each queue, which is not read."""
    unread = Value.unknown("DJANGO_HUEY says it for each queue, and is not read", least=1)
    workers, kind = given.number("workers"), given.text("worker_type")
    one = plain.one("one process, or one thread in each")
    number = given.doubted(workers).counted(1) if workers is not None else unread
    separate = kind is not None and kind.always(lambda k: k == "process")
    together = kind is not None and kind.always(lambda k: k != "process")
    processes = one if together else number if separate else unread
    threads = number if together else one if separate else unread
    started = plain.started(context, "huey", Concurrency.TASKS, processes, threads)
    return plain.launch(context, name, started, role=Role.SERVICE)


def qcluster(context: Context, words: tuple[Word, ...], name: str) -> Launch:
    """django-q: the workers that Q_CLUSTER states, or one for each processor, and three processes beside them.

    django_q/cluster.py: the sentinel (with the scheduler), the pusher and the monitor connect as well.
    """
    given = read_arguments(words, command_line("qcluster"))

    def started(names: Mapping[str, Value]) -> Started:
        stated = _entry(names, "Q_CLUSTER", "workers")
        workers = given.doubted(stated or context.cpus).counted(1).named("workers")
        beside = product("django_q").default("beside", None).named("sentinel, pusher and monitor")
        return plain.started(context, "django-q", Concurrency.TASKS, workers + beside, plain.one("one task at a time"))

    return plain.launch(context, name, replace(started({}), settle=started), role=Role.SERVICE)


def _entry(names: Mapping[str, Value], *keys: str) -> Value | None:
    """An entry of a dictionary among the settings; unknown where the dictionary is not known, None where it is not there."""
    value = names.get(keys[0])
    if value is None:
        return None
    flat = names.get(".".join(keys))
    if flat is not None:
        return flat
    if not value.is_exact:
        return Value.unknown(value.reason or f"{keys[0]} is not known", *value.origins, least=1)
    held: object = value.only
    for key in keys[1:]:
        if not isinstance(held, Mapping):
            return None
        held = held.get(key)
    if held in (None, 0, False):
        return None
    found = Value.exact(held, *value.origins)
    return found if isinstance(held, str) else as_number(found)
