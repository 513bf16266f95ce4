"""Process groups: what gunicorn's and uWSGI's configurations, and declarations, start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connlint.deployment import demand
from connlint.deployment.declaring import table
from connlint.deployment.model import Concurrency, ProcessGroup, SettingsModule
from connlint.deployment.unread import lost
from connlint.facts import Version, product
from connlint.formats.document import Document
from connlint.project.configuration import DeclaredProcess
from connlint.records import dataclass, replace
from connlint.source import Span
from connlint.value import Certainty, Origin, Value

_PER_PROCESS: dict[Concurrency | None, str] = {Concurrency.GREENLETS: "greenlets", Concurrency.ASGI: "requests at once"}
_NO_SURGE = Value.exact(0, Origin.default("no surge is declared"))
_FALSE = Value.exact(False)
_GTHREAD = "gthread"


@dataclass(frozen=True, slots=True)
class Started:
    """What a server's configuration says of one replica, before declarations and settings are joined to it.

    `settle` makes of it, with the names of the settings module, what holds where the command leaves it to them.
    """

    server: str
    concurrency: Concurrency | None
    processes: Value
    threads: Value
    worker_class: Value
    deadline: Value | None
    deadline_name: str
    preload: Value
    document: Document | None
    span: Span | None = None  # the command, where one starts it
    settle: Callable[[Mapping[str, Value]], Started] | None = None


def environment_of(document: Document) -> Mapping[str, Value]:
    """The variables a server's configuration sets for its processes: uWSGI's `env`, gunicorn's `raw_env`."""
    raw = document.settings.get("raw_env")
    if document.kind != "gunicorn" or raw is None or not raw.is_exact:
        return document.groups.get("env", {})
    stated = raw.only if isinstance(raw.only, (list, tuple)) else [raw.only]
    pairs = (str(text).partition("=") for text in stated)
    return {name: Value.exact(value, *raw.origins) for name, sign, value in pairs if sign}


def gunicorn(
    document: Document | None,
    environment: Mapping[str, Value],
    version: Version | None,
    *,
    unknown: Value | None = None,
    doubt: Origin | None = None,
) -> Started:
    """gunicorn as its configuration, in the end, starts it.

    `unknown` stands for each setting that the document does not state, `doubt` adds to the origins of all.

    `workers` falls back to WEB_CONCURRENCY, then 1; sync with threads > 1 becomes gthread; `timeout` ends a
    request only in a sync worker and is a heartbeat elsewhere (evidence: lab T10, T20, T21).
    """
    stated = document.settings if document is not None else {}
    table = product("gunicorn")
    if unknown is None and document is not None:
        unknown = lost(document)

    def doubted(value: Value) -> Value:
        return value if doubt is None else value.because(doubt)

    def get(name: str) -> Value:
        return doubted(stated.get(name) or unknown or table.default(name, version))

    workers = stated.get("workers") or unknown or environment.get("WEB_CONCURRENCY")
    workers = doubted(table.default("workers", None) if workers is None else _as_count(workers))
    threads = get("threads").counted(1)
    worker_class = _effective_class(get("worker_class"), threads)
    concurrency = _concurrency(worker_class)
    if concurrency is Concurrency.GREENLETS:
        per_process = get("worker_connections").counted(1)
    elif concurrency is Concurrency.ASGI:
        per_process = _unbounded_asgi(document)
    else:
        per_process = Value.exact(1, *worker_class.origins) if worker_class.always(lambda c: c == "sync") else threads
    timeout = get("timeout")
    ends_requests = worker_class.always(lambda c: c == "sync") and not timeout.always(lambda v: v == 0)
    return Started(
        "gunicorn", concurrency, workers.counted(1), per_process, worker_class, timeout if ends_requests else None,
        "timeout", get("preload_app"), document,
    )  # fmt: skip


def uwsgi(document: Document, version: Version | None) -> Started:
    """uWSGI as its configuration starts it: processes x threads, or greenlets under gevent or async.

    It forks after loading the application unless lazy-apps (or lazy) is set, and harakiri ends a request
    (evidence: lab T10p, T11).
    """
    table, unknown = product("uwsgi"), lost(document)

    def get(name: str) -> Value:
        return document.settings.get(name) or unknown or table.default(name, version)

    kinds = ("gevent", "async", "asyncio")
    cores = next((document.settings[key] for key in kinds if _is_set(document, key)), None)
    doubtful = all(key in document.settings and document.settings[key].is_unknown for key in kinds)  # it may be none
    kind = Value.exact("threads", Origin.default("uWSGI without async cores"))
    if cores is not None:
        kind = Value.exact("gevent" if _is_set(document, "gevent") else "async", *cores.origins)
    if doubtful:
        kind = Value.unknown(document.settings[kinds[0]].reason, *document.settings[kinds[0]].origins)
    processes = get("processes").counted(1)
    lazy = next((document.settings[key] for key in ("lazy-apps", "lazy") if _is_set(document, key)), unknown or _FALSE)
    preload = lazy if lazy.is_unknown else replace(_not(lazy), origins=lazy.origins or processes.origins)
    harakiri = get("harakiri")
    bounded = not harakiri.is_unknown and not harakiri.always(lambda v: v == 0)
    return Started(
        "uwsgi",
        None if doubtful else Concurrency.THREADS if cores is None else Concurrency.GREENLETS,
        processes,
        get("threads").counted(1) if cores is None else cores.counted(1),
        kind,
        harakiri if bounded else None,
        "harakiri",
        preload,
        document,
    )  # fmt: skip


UNSEEN: Final = "unseen"  # the server of a process group that no file here starts


def unseen() -> Started:
    """The processes of a site whose settings are here and whose server is not: they connect, nobody knows how many."""
    unknown = Value.unknown("no file here says what serves the site", least=1)
    return Started(UNSEEN, None, unknown, unknown, unknown, None, "", Value.unknown(unknown.reason), None)


def unseen_fact(group: ProcessGroup) -> tuple[str, str]:
    """What is not known of such a group, and the declaration that would say it."""
    site = f"the site of {group.module.name}" if group.module is not None else "the site"
    return (
        f"what serves {site}",
        table("processes", group.name, server="gunicorn", processes=4, threads=1),
    )


_SERVERS = {
    "celery": Concurrency.TASKS, "rq": Concurrency.TASKS, "dramatiq": Concurrency.TASKS, "huey": Concurrency.TASKS,
    "uvicorn": Concurrency.ASGI, "daphne": Concurrency.ASGI, "hypercorn": Concurrency.ASGI,
    "granian": Concurrency.ASGI, "runserver": Concurrency.PER_CONNECTION, "command": Concurrency.COMMAND,
}  # fmt: skip


# Servers that start a process for each processor unless they are told a number, and what follows the server's facts.
_PER_CPU: Final = frozenset({"celery", "dramatiq"})
_THREADS_BY_DEFAULT: Final = frozenset({"waitress", "dramatiq"})
_ELSEWHERE: Final = {"mod-wsgi": "the processes and threads of mod_wsgi stand in Apache's configuration"}


def declared_only(declared: DeclaredProcess, cpus: Value) -> Started:
    """A process that only [tool.connlint.processes] speaks of. `cpus`: the processors of its machine.

    Celery and Dramatiq start a process per processor unless declared; waitress has 4 threads, Dramatiq 8.
    """
    server = str(declared.server.only) if declared.server is not None and declared.server.is_exact else "process"
    concurrency = _SERVERS.get(server, Concurrency.THREADS)
    said = declared.server.origins if declared.server is not None else ()
    processes = threads = Value.exact(1, Origin.default("one, unless declared"))
    if server in _PER_CPU:
        processes = cpus.because(*said)
    if server in _THREADS_BY_DEFAULT:
        threads = product(server).default("threads", None)
    if concurrency in (Concurrency.ASGI, Concurrency.PER_CONNECTION):
        threads = Value.between(1, None, Origin.default(f"{server} serves as many requests as arrive"))
    if server in _ELSEWHERE:
        processes = threads = Value.unknown(_ELSEWHERE[server], *said, least=1)
    return Started(server, concurrency, processes, threads, Value.exact(server, *said), None, "", _FALSE, None)


def group(name: str, started: Started, declared: DeclaredProcess | None, module: SettingsModule | None) -> ProcessGroup:
    """Join what a configuration says with what is declared of the same name; declarations win."""
    said = declared or DeclaredProcess()
    if started.settle is not None and module is not None:
        started = started.settle(module.names)
    if said.threads is not None and started.server == "gunicorn":
        started = _with_threads(started, said.threads)
    span = next((v.span for v in (started.processes, started.worker_class) if v.span), None)
    span = span or started.span
    if span is None and started.document is not None:
        span = started.document.source.span(0, 0)
    return ProcessGroup(
        name=name,
        server=started.server,
        concurrency=started.concurrency,
        processes=(said.processes or started.processes).named("processes"),
        threads=(said.threads or started.threads).named(_PER_PROCESS.get(started.concurrency, "threads")),
        replicas=(said.replicas or demand.one("one replica, unless declared")).named("replicas"),
        surge=(said.surge or _NO_SURGE).named("more during a deploy"),
        worker_class=started.worker_class,
        deadline=started.deadline,
        deadline_name=started.deadline_name,
        preload=started.preload,
        module=module,
        document=started.document,
        span=span,
    )


def _effective_class(stated: Value, threads: Value) -> Value:
    """gunicorn runs sync workers with more than one thread as gthread (gunicorn.config.Config.worker_class_str)."""
    if not stated.ever(lambda c: c == "sync"):
        return stated
    if threads.always(lambda n: n == 1):
        return stated
    origins = (*stated.origins, *threads.origins)
    if threads.is_unknown or threads.ever(lambda n: n == 1):
        return Value.choice([*stated.alternatives, _GTHREAD], *origins)
    return Value.choice((_GTHREAD if c == "sync" else c for c in stated.alternatives), *origins)


def _with_threads(started: Started, threads: Value) -> Started:
    """gunicorn with the declared number of threads, which may make another worker of sync."""
    worker_class = _effective_class(started.worker_class, threads)
    ends_requests = worker_class.always(lambda c: c == "sync")
    return replace(started, worker_class=worker_class, deadline=started.deadline if ends_requests else None)


def _concurrency(worker_class: Value) -> Concurrency | None:
    """None when the class is not known, or is nobody's we know."""
    table = product("gunicorn_workers")
    kinds = {table.default(str(c).removeprefix("egg:gunicorn#"), None) for c in worker_class.alternatives}
    words = {kind.only for kind in kinds if kind.is_exact}
    if len(words) != 1 or any(kind.is_unknown for kind in kinds):
        return None
    return Concurrency(words.pop())


def _unbounded_asgi(document: Document | None) -> Value:
    note = "an ASGI worker serves as many requests at once as arrive"
    span = document.settings["worker_class"].span if document and "worker_class" in document.settings else None
    return Value.between(1, None, Origin(Certainty.DEFAULT, span, note))


def _as_count(value: Value) -> Value:
    """WEB_CONCURRENCY is text."""
    if value.is_exact and str(value.only).strip().isdigit():
        return Value.exact(int(str(value.only)), *value.origins)
    return value.counted(1)


def _is_set(document: Document, key: str) -> bool:
    value = document.settings.get(key)
    return value is not None and not value.always(lambda v: v in (False, 0))


def _not(value: Value) -> Value:
    return Value.choice((not v for v in value.alternatives), *value.origins)
