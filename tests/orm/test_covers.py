"""What covers work that uses the ORM, and what only looks like it: a small module, and whether a connection is left."""

from __future__ import annotations

import pytest
from uncovering import uncovered

HEAD = """
from threading import Thread
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, ContextDecorator
import functools
from django import db
from django.db import close_old_connections, connection, connections, transaction
from shop.models import Order
"""

CASES: list[tuple[str, bool, str, dict[str, str]]] = [
    (
        "alias conn",
        False,
        """
from django.db import connection as _conn
def work():
    try:
        Order.objects.count()
    finally:
        _conn.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "alias local import",
        False,
        """
def work():
    from django.db import connection as dbc
    try:
        Order.objects.count()
    finally:
        dbc.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "db.connections.close_all",
        False,
        """
def work():
    Order.objects.count()
    db.connections.close_all()
Thread(target=work).start()
""",
        {},
    ),
    (
        "import django.db as",
        False,
        """
import django.db as ddb
def work():
    Order.objects.count()
    ddb.connection.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "import django.db plain",
        False,
        """
import django.db
def work():
    Order.objects.count()
    django.db.connections.close_all()
Thread(target=work).start()
""",
        {},
    ),
    (
        "django.db.utils?",
        False,
        """
from django.db.utils import DEFAULT_DB_ALIAS
def work():
    Order.objects.count()
    connections[DEFAULT_DB_ALIAS].close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "inline copy",
        False,
        """
def coc():
    for conn in connections.all():
        conn.close_if_unusable_or_obsolete()
def work():
    Order.objects.count()
    coc()
Thread(target=work).start()
""",
        {},
    ),
    (
        "inline loop alias",
        False,
        """
def work():
    Order.objects.count()
    for alias in connections:
        connections[alias].close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "inline databases loop",
        False,
        """
from django.conf import settings
def work():
    Order.objects.count()
    for a in settings.DATABASES:
        connections[a].close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "map lambda",
        False,
        """
def work():
    Order.objects.count()
    [c.close() for c in connections.all()]
Thread(target=work).start()
""",
        {},
    ),
    (
        "in_atomic guard",
        False,
        """
def work():
    Order.objects.count()
    if not connection.in_atomic_block:
        connection.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "flag guard",
        False,
        """
def work(in_thread=True):
    Order.objects.count()
    if in_thread:
        connection.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "gevent guard",
        False,
        """
def work():
    Order.objects.count()
    if patched():
        close_old_connections()
Thread(target=work).start()
""",
        {},
    ),
    (
        "try except pass close",
        False,
        """
def work():
    Order.objects.count()
    try:
        connection.close()
    except Exception:
        pass
Thread(target=work).start()
""",
        {},
    ),
    (
        "suppress close",
        False,
        """
from contextlib import suppress
def work():
    Order.objects.count()
    with suppress(Exception):
        connection.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "contextlib.closing connection",
        False,
        """
from contextlib import closing
def work():
    with closing(connection):
        Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "ContextDecorator class",
        False,
        """
class clean(ContextDecorator):
    def __enter__(self):
        return self
    def __exit__(self, *a):
        connection.close()
@clean()
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "contextmanager as decorator",
        False,
        """
@contextmanager
def clean():
    try:
        yield
    finally:
        connection.close()
@clean()
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "decorator wraps",
        False,
        """
def clean(f):
    @functools.wraps(f)
    def w(*a, **k):
        try:
            return f(*a, **k)
        finally:
            close_old_connections()
    return w
@clean
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "decorator factory",
        False,
        """
def clean(x=1):
    def d(f):
        @functools.wraps(f)
        def w(*a, **k):
            try:
                return f(*a, **k)
            finally:
                close_old_connections()
        return w
    return d
@clean()
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "decorator optional paren",
        False,
        """
def clean(func=None, *, x=1):
    def d(f):
        @functools.wraps(f)
        def w(*a, **k):
            try:
                return f(*a, **k)
            finally:
                close_old_connections()
        return w
    if func is None:
        return d
    return d(func)
@clean
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "decorator optional paren2",
        False,
        """
def clean(func=None, *, x=1):
    def d(f):
        @functools.wraps(f)
        def w(*a, **k):
            try:
                return f(*a, **k)
            finally:
                close_old_connections()
        return w
    return d if func is None else d(func)
@clean(x=3)
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "class decorator __call__",
        False,
        """
class clean:
    def __init__(self, f):
        self.f = f
    def __call__(self, *a):
        try:
            return self.f(*a)
        finally:
            connection.close()
@clean
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "class decorator args __call__",
        False,
        """
class clean:
    def __init__(self, x=1):
        self.x = x
    def __call__(self, f):
        def w(*a):
            try:
                return f(*a)
            finally:
                connection.close()
        return w
@clean()
def work():
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "method decorator",
        False,
        """
def clean(f):
    def w(self, *a):
        try:
            return f(self, *a)
        finally:
            connection.close()
    return w
class A:
    @clean
    def go(self):
        Order.objects.count()
    def start(self):
        Thread(target=self.go).start()
""",
        {},
    ),
    (
        "wrapper at site",
        False,
        """
def safe(f):
    def w(*a):
        try:
            return f(*a)
        finally:
            connection.close()
    return w
def work():
    Order.objects.count()
Thread(target=safe(work)).start()
""",
        {},
    ),
    (
        "wrapper runner(fn) as target",
        False,
        """
def run_managed(f, *a):
    try:
        return f(*a)
    finally:
        connection.close()
def work():
    Order.objects.count()
Thread(target=run_managed, args=(work,)).start()
""",
        {},
    ),
    (
        "submit runner,fn",
        False,
        """
def run_managed(f, *a):
    try:
        return f(*a)
    finally:
        connection.close()
def work():
    Order.objects.count()
ThreadPoolExecutor().submit(run_managed, work)
""",
        {},
    ),
    (
        "partial runner",
        False,
        """
def run_managed(f, *a):
    try:
        return f(*a)
    finally:
        connection.close()
def work():
    Order.objects.count()
ThreadPoolExecutor().submit(functools.partial(run_managed, work))
""",
        {},
    ),
    (
        "lambda runner",
        False,
        """
def run_managed(f, *a):
    try:
        return f(*a)
    finally:
        connection.close()
def work():
    Order.objects.count()
ThreadPoolExecutor().submit(lambda: run_managed(work))
""",
        {},
    ),
    (
        "executor subclass submit",
        False,
        """
class E(ThreadPoolExecutor):
    def submit(self, fn, *a, **k):
        def w():
            try:
                return fn(*a, **k)
            finally:
                close_old_connections()
        return super().submit(w)
def work():
    Order.objects.count()
E().submit(work)
""",
        {},
    ),
    (
        "executor subclass submit static wrapper",
        False,
        """
def _w(fn, *a, **k):
    try:
        return fn(*a, **k)
    finally:
        close_old_connections()
class E(ThreadPoolExecutor):
    def submit(self, fn, *a, **k):
        return super().submit(_w, fn, *a, **k)
def work():
    Order.objects.count()
E().submit(work)
""",
        {},
    ),
    (
        "executor subclass imported",
        False,
        """
def work():
    Order.objects.count()
from shop.ex import E
E().submit(work)
""",
        {
            'shop/ex.py': """
from concurrent.futures import ThreadPoolExecutor
from django.db import close_old_connections
class E(ThreadPoolExecutor):
    def submit(self, fn, /, *a, **k):
        return super().submit(self._w, fn, *a, **k)
    def _w(self, fn, *a, **k):
        try:
            return fn(*a, **k)
        finally:
            close_old_connections()
""",
        },
    ),
    (
        "thread subclass run finally super",
        False,
        """
class T(Thread):
    def run(self):
        try:
            super().run()
        finally:
            connections.close_all()
def work():
    Order.objects.count()
T(target=work).start()
""",
        {},
    ),
    (
        "thread subclass run self._target",
        False,
        """
class T(Thread):
    def run(self):
        try:
            self._target(*self._args, **self._kwargs)
        finally:
            connections.close_all()
def work():
    Order.objects.count()
T(target=work).start()
""",
        {},
    ),
    (
        "thread subclass template method",
        False,
        """
class Base(Thread):
    def run(self):
        try:
            self.work()
        finally:
            connection.close()
class B(Base):
    def work(self):
        Order.objects.count()
B().start()
""",
        {},
    ),
    (
        "thread subclass with decorator on run",
        False,
        """
def clean(f):
    def w(self):
        try:
            f(self)
        finally:
            connection.close()
    return w
class B(Thread):
    @clean
    def run(self):
        Order.objects.count()
""",
        {},
    ),
    (
        "loop start pool",
        False,
        """
def work():
    while True:
        close_old_connections()
        Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "loop end",
        False,
        """
def work():
    while True:
        try:
            Order.objects.count()
        finally:
            connection.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "start on pool",
        False,
        """
def work():
    close_old_connections()
    Order.objects.count()
ThreadPoolExecutor().submit(work)
""",
        {},
    ),
    (
        "pool initializer",
        False,
        """
def init():
    connections.close_all()
def work():
    Order.objects.count()
import multiprocessing
multiprocessing.Pool(2, initializer=init).map(work, [])
""",
        {},
    ),
    (
        "procexec initializer",
        False,
        """
from concurrent.futures import ProcessPoolExecutor
def init():
    connections.close_all()
def work():
    Order.objects.count()
ProcessPoolExecutor(initializer=init).submit(work)
""",
        {},
    ),
    (
        "parent close before fork",
        False,
        """
import multiprocessing
def work():
    Order.objects.count()
def go():
    connections.close_all()
    multiprocessing.Process(target=work).start()
""",
        {},
    ),
    (
        "parent close loop before fork",
        False,
        """
import multiprocessing
def work():
    Order.objects.count()
def go():
    for c in connections.all():
        c.close()
    with multiprocessing.Pool() as p:
        p.map(work, [])
""",
        {},
    ),
    (
        "parent helper close before fork",
        False,
        """
import multiprocessing
def tidy():
    connections.close_all()
def work():
    Order.objects.count()
def go():
    tidy()
    multiprocessing.Process(target=work).start()
""",
        {},
    ),
    (
        "parent close AFTER fork",
        True,
        """
import multiprocessing
def work():
    Order.objects.count()
def go():
    Order.objects.count()
    multiprocessing.Process(target=work).start()
    connections.close_all()
""",
        {},
    ),
    (
        "parent close, query, fork",
        True,
        """
import multiprocessing
def work():
    Order.objects.count()
def go():
    connections.close_all()
    Order.objects.count()
    multiprocessing.Process(target=work).start()
""",
        {},
    ),
    (
        "child close first",
        False,
        """
import multiprocessing
def work():
    connection.close()
    Order.objects.count()
def go():
    multiprocessing.Process(target=work).start()
""",
        {},
    ),
    (
        "child connection=None",
        False,
        """
import multiprocessing
def work():
    connection.connection = None
    Order.objects.count()
def go():
    multiprocessing.Process(target=work).start()
""",
        {},
    ),
    (
        "child del conns",
        False,
        """
import multiprocessing
def work():
    for alias in connections:
        del connections._connections[alias]
    Order.objects.count()
def go():
    multiprocessing.Process(target=work).start()
""",
        {},
    ),
    (
        "spawn ctx is no fork",
        False,
        """
import multiprocessing
def work():
    Order.objects.count()
def go():
    Order.objects.count()
    multiprocessing.get_context('spawn').Process(target=work).start()
""",
        {},
    ),
    (
        "set_start_method spawn",
        False,
        """
import multiprocessing
multiprocessing.set_start_method('spawn')
def work():
    Order.objects.count()
def go():
    multiprocessing.Process(target=work).start()
""",
        {},
    ),
    (
        "mp_context spawn",
        False,
        """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
def work():
    Order.objects.count()
def go():
    ProcessPoolExecutor(mp_context=multiprocessing.get_context('spawn')).submit(work)
""",
        {},
    ),
    (
        "apscheduler util decorator",
        False,
        """
from apscheduler.schedulers.background import BackgroundScheduler
from django_apscheduler import util
@util.close_old_connections
def work():
    Order.objects.count()
BackgroundScheduler().add_job(work)
""",
        {},
    ),
    (
        "db_task huey",
        False,
        """
from huey.contrib.djhuey import db_task
@db_task()
def work():
    Order.objects.count()
Thread(target=print).start()
""",
        {},
    ),
    (
        "dsta",
        False,
        """
from channels.db import database_sync_to_async
async def v():
    await database_sync_to_async(work)()
def work():
    Order.objects.count()
""",
        {},
    ),
    (
        "request_finished",
        False,
        """
from django.core.signals import request_finished
def work():
    try:
        Order.objects.count()
    finally:
        request_finished.send(sender='x')
Thread(target=work).start()
""",
        {},
    ),
    (
        "request_finished imported mod",
        False,
        """
from django.core import signals
def work():
    try:
        Order.objects.count()
    finally:
        signals.request_finished.send(sender='x')
Thread(target=work).start()
""",
        {},
    ),
    (
        "callee finally",
        False,
        """
def inner():
    try:
        Order.objects.count()
    finally:
        connection.close()
def work():
    inner()
    print(1)
Thread(target=work).start()
""",
        {},
    ),
    (
        "self.close_db in finally",
        False,
        """
class A:
    def _close(self):
        connection.close()
    def go(self):
        try:
            Order.objects.count()
        finally:
            self._close()
    def start(self):
        Thread(target=self.go).start()
""",
        {},
    ),
    (
        "early return before use",
        False,
        """
def work(x=None):
    if x:
        return
    Order.objects.count()
    connection.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "mid close",
        True,
        """
def work():
    Order.objects.count()
    connection.close()
    Order.objects.count()
Thread(target=work).start()
""",
        {},
    ),
    (
        "except only",
        True,
        """
def work():
    try:
        Order.objects.count()
    except Exception:
        connection.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "close psycopg not django",
        True,
        """
import psycopg2
def work():
    c = psycopg2.connect()
    Order.objects.count()
    c.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "pipe connection",
        True,
        """
from multiprocessing import Pipe
def work(conn=None):
    Order.objects.count()
    a, b = Pipe()
    a.close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "one alias closed, another used",
        False,
        """
def work():
    Order.objects.using('b').count()
    connections['a'].close()
Thread(target=work).start()
""",
        {},
    ),
    (
        "async gen closes",
        False,
        """
async def work():
    pass
import asyncio
def go():
    asyncio.run(work())
Thread(target=go).start()
""",
        {},
    ),
    (
        "thread running asyncio with dsta",
        False,
        """
from channels.db import database_sync_to_async
import asyncio
async def main():
    await database_sync_to_async(q)()
def q():
    Order.objects.count()
def go():
    asyncio.run(main())
Thread(target=go).start()
""",
        {},
    ),
    (
        "thread running asyncio with s2a",
        False,
        """
from asgiref.sync import sync_to_async
import asyncio
async def main():
    await sync_to_async(q)()
def q():
    Order.objects.count()
def go():
    asyncio.run(main())
Thread(target=go).start()
""",
        {},
    ),
    (
        "Thread target asyncio.run sync orm inside a-method",
        False,
        """
import asyncio
async def main():
    async for o in Order.objects.all():
        print(o)
def go():
    asyncio.run(main())
Thread(target=go).start()
""",
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("leaves", "code", "others"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_leaves_a_connection(leaves: bool, code: str, others: dict[str, str]) -> None:
    assert len(uncovered(HEAD + code, others)) == leaves
