"""What libraries are known to do: start work on another thread, use a database connection, close it.

Names are those of `values.External`. An API is known by the object it belongs to: a method `submit` of something else
is none. Sources: the documentation of each library; Django 5.2 for what queries.
"""

from __future__ import annotations

from typing import Final

from connlint.facts import product
from connlint.orm.kinds import Kind
from connlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Starter:
    """A call that starts work: the callable is the positional argument `position` or the keyword `keyword`."""

    kind: Kind
    position: int | None
    keyword: str = ""
    arguments: int | None = None  # the position of the tuple of arguments; None: those that follow the callable
    decorator: bool = False  # called with the callable to decorate it


_EXECUTORS: Final = (
    "concurrent.futures.ThreadPoolExecutor()", "concurrent.futures.thread.ThreadPoolExecutor()",
    "concurrent.futures.Executor()", "concurrent.futures._base.Executor()",
)  # fmt: skip
_PROCESS_EXECUTORS: Final = (
    "concurrent.futures.ProcessPoolExecutor()", "concurrent.futures.process.ProcessPoolExecutor()",
    "loky.get_reusable_executor()", "loky.ProcessPoolExecutor()",
)  # fmt: skip
_THREAD_POOLS: Final = (
    "multiprocessing.pool.ThreadPool()", "multiprocessing.dummy.Pool()", "billiard.pool.ThreadPool()",
)  # fmt: skip
_PROCESS_POOLS: Final = (
    "multiprocessing.Pool()", "multiprocessing.pool.Pool()", "billiard.Pool()", "billiard.pool.Pool()",
    "multiprocessing.get_context().Pool()", "torch.multiprocessing.Pool()", "multiprocess.Pool()",
)  # fmt: skip
_POOL_METHODS: Final = (
    "apply", "apply_async", "map", "map_async", "imap", "imap_unordered", "starmap", "starmap_async",
)  # fmt: skip
PROCESS_POOLS: Final = frozenset((*_PROCESS_EXECUTORS, *_PROCESS_POOLS))
_GREENLET_POOLS: Final = (
    "gevent.pool.Pool()",
    "gevent.pool.Group()",
    "eventlet.GreenPool()",
    "eventlet.greenpool.GreenPool()",
)
_NATIVE_POOLS: Final = ("gevent.get_hub().threadpool", "gevent.threadpool.ThreadPool()")
_GEVENT_METHODS: Final = (
    "spawn", "spawn_n", "apply_async", "apply", "map", "map_async", "imap", "imap_unordered", "starmap",
)  # fmt: skip
CONSUMERS: Final = frozenset({"AsyncConsumer", "AsyncWebsocketConsumer", "AsyncJsonWebsocketConsumer"})  # of channels
FREE: Final = "asgiref.sync.sync_to_async(free)"  # what sync_to_async(thread_sensitive=False) makes
THREADS: Final = frozenset({"threading.Thread", "multiprocessing.dummy.Process", "gevent.threading.Thread"})
TIMERS: Final = frozenset({"threading.Timer", "threading._Timer"})
PROCESSES: Final = frozenset(
    {"multiprocessing.Process", "multiprocessing.process.Process", "multiprocessing.context.Process",
     "multiprocessing.get_context().Process", "billiard.Process", "billiard.process.Process",
     "torch.multiprocessing.Process", "multiprocess.Process", "multiprocessing.context.SpawnProcess",
     "multiprocessing.context.ForkProcess"}
)  # fmt: skip
GREENLETS: Final = frozenset({"gevent.Greenlet", "gevent.greenlet.Greenlet", "greenlet.greenlet"})

SCHEDULERS: Final = frozenset(
    {"BackgroundScheduler()", "BlockingScheduler()", "GeventScheduler()", "AsyncIOScheduler()", "TwistedScheduler()",
     "TornadoScheduler()", "QtScheduler()", "BaseScheduler()", "Scheduler()"}
)  # fmt: skip


def _starters() -> dict[str, Starter]:
    table: dict[str, Starter] = {
        "_thread.start_new_thread": Starter(Kind.THREAD, 0, arguments=1),
        "thread.start_new_thread": Starter(Kind.THREAD, 0, arguments=1),
        "asyncio.to_thread": Starter(Kind.TO_THREAD, 0),
        "asyncio.threads.to_thread": Starter(Kind.TO_THREAD, 0),
        "anyio.to_thread.run_sync": Starter(Kind.TO_THREAD, 0),
        "starlette.concurrency.run_in_threadpool": Starter(Kind.TO_THREAD, 0),
        "fastapi.concurrency.run_in_threadpool": Starter(Kind.TO_THREAD, 0),
        "gevent.spawn": Starter(Kind.GREENLET, 0),
        "gevent.spawn_raw": Starter(Kind.GREENLET, 0),
        "gevent.spawn_later": Starter(Kind.GREENLET, 1),
        "gevent.Greenlet.spawn": Starter(Kind.GREENLET, 0),
        "gevent.threadpool.ThreadPool().apply": Starter(Kind.POOL, 0),
        "eventlet.spawn": Starter(Kind.GREENLET, 0),
        "eventlet.spawn_n": Starter(Kind.GREENLET, 0),
        "eventlet.spawn_after": Starter(Kind.GREENLET, 1),
        "eventlet.tpool.execute": Starter(Kind.POOL, 0),
        "twisted.internet.threads.deferToThread": Starter(Kind.TWISTED, 0),
        "twisted.internet.threads.deferToThreadPool": Starter(Kind.TWISTED, 2),
        "twisted.internet.reactor.callInThread": Starter(Kind.TWISTED, 0),
        "twisted.python.threadpool.ThreadPool().callInThread": Starter(Kind.TWISTED, 0),
        FREE: Starter(Kind.TO_THREAD, 0, decorator=True),
        "schedule.repeat()": Starter(Kind.SCHEDULER, 0, decorator=True),
        "django_apscheduler.jobstores.register_job()": Starter(Kind.SCHEDULER, 0, decorator=True),
    }
    for name in THREADS | TIMERS | PROCESSES:
        kind = Kind.THREAD if name in THREADS else Kind.TIMER if name in TIMERS else Kind.PROCESS
        timer = name in TIMERS
        table[name] = Starter(kind, 1, "function" if timer else "target", arguments=2 if timer else 3)
    for name in GREENLETS:
        table[name] = Starter(Kind.GREENLET, 0, "run")
    for pool in _EXECUTORS:
        table[f"{pool}.submit"] = table[f"{pool}.map"] = Starter(Kind.POOL, 0, "fn")
    for pool in _PROCESS_EXECUTORS:
        table[f"{pool}.submit"] = table[f"{pool}.map"] = Starter(Kind.PROCESS_POOL, 0, "fn")
    for pool in (*_THREAD_POOLS, *_PROCESS_POOLS):
        for method in _POOL_METHODS:
            kind = Kind.POOL if pool in _THREAD_POOLS else Kind.PROCESS_POOL
            table[f"{pool}.{method}"] = Starter(kind, 0, "func", arguments=1 if method.startswith("apply") else None)
    for pool in _GREENLET_POOLS:
        for method in _GEVENT_METHODS:
            table[f"{pool}.{method}"] = Starter(Kind.GREENLET, 0)
    for pool in _NATIVE_POOLS:
        for method in _GEVENT_METHODS:
            table[f"{pool}.{method}"] = Starter(Kind.POOL, 0)
    return table


_STARTERS: Final = _starters()
_RUN_IN_EXECUTOR: Final = Starter(Kind.TO_THREAD, 1, "func")


def starter(name: str) -> Starter | None:
    """What the call of the external `name` starts; None when it starts nothing known."""
    found = _STARTERS.get(name)
    if found is not None:
        return found
    if name.endswith(".run_in_executor"):
        return _RUN_IN_EXECUTOR
    if name.startswith(("schedule.every()", "schedule.Scheduler().every()")) and name.endswith(".do"):
        return Starter(Kind.SCHEDULER, 0, "job_func")
    if name.startswith(("apscheduler.", "django_apscheduler.")):
        owner, _, method = name.rpartition(".")
        if owner.rpartition(".")[2] in SCHEDULERS:
            if method == "add_job":
                return Starter(Kind.SCHEDULER, 0, "func", arguments=2)
            if method == "scheduled_job()":
                return Starter(Kind.SCHEDULER, 0, decorator=True)
    return None


# Old: they leave a connection alone whose CONN_MAX_AGE has not passed (django.db.close_old_connections, lab T14).
_OLD_CLOSES: Final = frozenset(
    {"django.db.close_old_connections", "django.db.connection.close_if_unusable_or_obsolete",
     "django.db.connections[].close_if_unusable_or_obsolete", "django.db.connections.all()[].close_if_unusable_or_obsolete",
     "django.core.signals.request_finished.send", "django.core.signals.request_started.send",
     "django.core.signals.request_finished.send_robust", "django.core.signals.request_started.send_robust"}
)  # fmt: skip
_CLOSES: Final = frozenset(
    {"django.db.connections.close_all", "django.db.connection.close", "django.db.connections[].close",
     "django.db.connections.all()[].close", "django.db.close_connection", "django.db.connection.connection.close",
     "django.db.connection.close_pool", "django.db.connections[].close_pool", "django.db.connections.all()[].close_pool",
     "django.db.connections[].connection.close", "django.db.connection.force_close", "django.db.connection._close"}
)  # fmt: skip
_CONNECTIONS: Final = ("django.db.connection", "django.db.connections[]", "django.db.connections.all()[]",
                       "django.db.transaction.get_connection()", "django.db.connections.__getitem__()")  # fmt: skip
_CONNECTION_USES: Final = frozenset(
    {"cursor", "ensure_connection", "connect", "savepoint",
     "schema_editor", "chunked_cursor"}
)  # fmt: skip
MANAGED_DECORATORS: Final = frozenset(
    {"django_apscheduler.util.close_old_connections", "channels.db.database_sync_to_async",
     "channels.db.DatabaseSyncToAsync", "huey.contrib.djhuey.db_task()", "huey.contrib.djhuey.db_periodic_task()",
     "huey.contrib.djhuey.close_db"}
)  # fmt: skip
_USES: Final = frozenset(
    {"django.shortcuts.get_object_or_404", "django.shortcuts.get_list_or_404", "django.shortcuts.aget_object_or_404",
     "django.contrib.auth.authenticate", "django.contrib.auth.login", "django.contrib.auth.get_user",
     "django.db.transaction.commit", "django.db.transaction.rollback", "django.db.transaction.savepoint",
     "rest_framework.generics.get_object_or_404", "notifications.signals.notify.send",
     "django.db.models.prefetch_related_objects", "reversion.create_revision",
     "guardian.shortcuts.assign_perm", "guardian.shortcuts.remove_perm", "guardian.shortcuts.get_objects_for_user"}
)  # fmt: skip
_OF_SESSIONS: Final = frozenset({"django.contrib.auth.logout", "django.contrib.auth.update_session_auth_hash"})
_DATABASE_STORES: Final = (
    "django.contrib.sessions.backends.db.SessionStore().", "django.contrib.sessions.backends.cached_db.SessionStore().",
)  # fmt: skip
_STORES: Final = (
    "importlib.import_module().SessionStore().", "django.http.HttpRequest().session.", "django.http.request.HttpRequest().session.",
    "rest_framework.request.Request().session.", "django.contrib.sessions.backends.base.SessionBase().",
)  # fmt: skip
_STORE_METHODS: Final = frozenset(
    {"save", "load", "create", "delete", "exists", "flush", "cycle_key", "get", "pop", "setdefault"}
)
MAIL: Final = frozenset(
    {"django.core.mail.send_mail", "django.core.mail.send_mass_mail", "django.core.mail.mail_admins",
     "django.core.mail.mail_managers", "django.core.mail.EmailMessage().send", "django.core.mail.EmailMultiAlternatives().send",
     "django.core.mail.message.EmailMessage().send", "django.core.mail.message.EmailMultiAlternatives().send",
     "django.core.mail.get_connection().send_messages"}
)  # fmt: skip
SIGNALS: Final = frozenset(
    {"django.dispatch.Signal().send", "django.dispatch.Signal().send_robust", "django.dispatch.dispatcher.Signal().send",
     "django.dispatch.dispatcher.Signal().send_robust"}
)  # fmt: skip
SENT: Final = {"django.contrib.auth.logout": "user_logged_out"}  # signals that functions of Django send
ATOMIC: Final = frozenset({"django.db.transaction.atomic", "django.db.transaction.atomic()"})


def closes(name: str) -> bool | None:
    """Whether a call closes old connections only (True) or any (False); None when it closes none."""
    if name in _OLD_CLOSES:
        return True
    if name in _CLOSES:
        return False
    owner, _, method = name.rpartition(".")
    if owner in _CONNECTIONS and method in ("close", "close_if_unusable_or_obsolete", "close_pool"):
        return method == "close_if_unusable_or_obsolete"
    return None


def uses(name: str) -> bool:
    """Whether a call of the external `name` uses a connection of Django."""
    if name in _USES or name in ATOMIC:
        return True
    owner, _, method = name.rpartition(".")
    return method in _CONNECTION_USES and owner in _CONNECTIONS


def is_consumer(name: str) -> bool:
    """Whether a class outside of the project is an asynchronous consumer that lives as long as its client stays."""
    package, _, last = name.rpartition(".")
    return last in CONSUMERS and package.partition(".")[0] == "channels"


def session_uses(name: str, stored: bool) -> bool:
    """Whether a call works on a session that is kept in the database; `stored`: the settings say that they all are."""
    if name.endswith("()") or (name not in _OF_SESSIONS and name.rpartition(".")[2] not in _STORE_METHODS):
        return False
    return name.startswith(_DATABASE_STORES) or (stored and (name in _OF_SESSIONS or name.startswith(_STORES)))


def cache_uses(name: str, default: bool, every: bool) -> bool:
    """Whether a call works on a cache that is a table: the default one, or some one where every cache is."""
    return (default and name.startswith("django.core.cache.cache.")) or (
        every and name.startswith("django.core.cache.caches[].")
    )


def command_uses(name: str) -> bool:
    """Whether a management command that is not of the project uses the database; most do."""
    return name not in product("management_commands").sets["offline"]
