"""Each way of starting work, and each way of naming what runs: a small module, and whether its work is found to leave a connection."""

from __future__ import annotations

import pytest
from uncovering import uncovered

HEAD = """
from shop.models import Order
def work(*a, **k):
    Order.objects.count()
"""

CASES: list[tuple[str, bool, str, dict[str, str]]] = [
    (
        "timer kw",
        True,
        """
import threading
threading.Timer(5, function=work).start()
""",
        {},
    ),
    (
        "timer interval kw",
        True,
        """
import threading
threading.Timer(interval=5, function=work).start()
""",
        {},
    ),
    (
        "thread positional",
        True,
        """
import threading
threading.Thread(None, work).start()
""",
        {},
    ),
    (
        "_thread",
        True,
        """
import _thread as t
t.start_new_thread(work, ())
""",
        {},
    ),
    (
        "dummy Process",
        True,
        """
from multiprocessing.dummy import Process
Process(target=work).start()
""",
        {},
    ),
    (
        "dummy pool starmap",
        True,
        """
import multiprocessing.dummy as md
with md.Pool(3) as p:
    p.starmap(work, [])
""",
        {},
    ),
    (
        "pool.ThreadPool module",
        True,
        """
import multiprocessing
multiprocessing.pool.ThreadPool(3).imap_unordered(work, [])
""",
        {},
    ),
    (
        "mp ctx",
        True,
        """
import multiprocessing as mp
ctx = mp.get_context('fork')
ctx.Process(target=work).start()
""",
        {},
    ),
    (
        "mp ctx pool",
        True,
        """
import multiprocessing as mp
with mp.get_context('fork').Pool(2) as p:
    p.map(work, [])
""",
        {},
    ),
    (
        "gevent pool",
        True,
        """
import gevent.pool
pool = gevent.pool.Pool(10)
pool.spawn(work)
""",
        {},
    ),
    (
        "gevent pool imap",
        True,
        """
from gevent import pool
pool.Pool(10).imap_unordered(work, [])
""",
        {},
    ),
    (
        "gevent threadpool",
        True,
        """
import gevent
gevent.get_hub().threadpool.apply(work)
""",
        {},
    ),
    (
        "gevent Greenlet start",
        True,
        """
from gevent import Greenlet
g = Greenlet(work)
g.start()
""",
        {},
    ),
    (
        "gevent Greenlet.spawn",
        True,
        """
import gevent
gevent.Greenlet.spawn(work)
""",
        {},
    ),
    (
        "gevent subclass _run",
        True,
        """
import gevent
class G(gevent.Greenlet):
    def _run(self):
        work()
""",
        {},
    ),
    (
        "twisted callInThread",
        True,
        """
from twisted.internet import reactor
reactor.callInThread(work)
""",
        {},
    ),
    (
        "twisted threads mod",
        True,
        """
from twisted.internet import threads
threads.deferToThread(work, 1)
""",
        {},
    ),
    (
        "twisted deferToThreadPool",
        True,
        """
from twisted.internet import reactor, threads
threads.deferToThreadPool(reactor, reactor.getThreadPool(), work, 1)
""",
        {},
    ),
    (
        "aps at import cron",
        True,
        """
from apscheduler.schedulers.background import BackgroundScheduler
s = BackgroundScheduler(timezone='x')
s.add_job(func=work, trigger='cron')
s.start()
""",
        {},
    ),
    (
        "aps decorator",
        True,
        """
from apscheduler.schedulers.background import BackgroundScheduler
s = BackgroundScheduler()
@s.scheduled_job('interval', minutes=1)
def job():
    work()
""",
        {},
    ),
    (
        "aps django register_job",
        True,
        """
from apscheduler.schedulers.background import BackgroundScheduler
from django_apscheduler.jobstores import register_job
s = BackgroundScheduler()
@register_job(s, 'interval', seconds=1)
def job():
    work()
""",
        {},
    ),
    (
        "aps scheduled in function",
        True,
        """
from apscheduler.schedulers.background import BackgroundScheduler
def start():
    s = BackgroundScheduler()
    s.add_job(work, 'interval')
    s.start()
""",
        {},
    ),
    (
        "aps scheduler imported other mod",
        True,
        """
from shop.sched import scheduler
scheduler.add_job(work, 'interval')
""",
        {
            'shop/sched.py': """
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
""",
        },
    ),
    (
        "aps scheduler self attr",
        True,
        """
from apscheduler.schedulers.background import BackgroundScheduler
class S:
    def __init__(self):
        self.s = BackgroundScheduler()
    def go(self):
        self.s.add_job(work)
""",
        {},
    ),
    (
        "aps text ref",
        True,
        """
from apscheduler.schedulers.background import BackgroundScheduler
BackgroundScheduler().add_job('shop.work:work')
""",
        {},
    ),
    (
        "schedule day at",
        True,
        """
import schedule
schedule.every().day.at('10:30').do(work)
""",
        {},
    ),
    (
        "schedule import every",
        True,
        """
from schedule import every
every(5).minutes.do(work)
""",
        {},
    ),
    (
        "schedule repeat",
        True,
        """
from schedule import repeat, every
@repeat(every(5).minutes)
def job():
    work()
""",
        {},
    ),
    (
        "schedule Scheduler",
        True,
        """
from schedule import Scheduler
s = Scheduler()
s.every().hour.do(work)
""",
        {},
    ),
    (
        "schedule module repeat",
        True,
        """
import schedule
@schedule.repeat(schedule.every(5).minutes)
def job():
    work()
""",
        {},
    ),
    (
        "run_in_executor loop var",
        True,
        """
import asyncio
async def v():
    loop = asyncio.get_event_loop()
    await loop.run_in_executor(None, work)
""",
        {},
    ),
    (
        "run_in_executor partial",
        True,
        """
import asyncio, functools
async def v(self):
    await self.loop.run_in_executor(None, functools.partial(work, 1))
""",
        {},
    ),
    (
        "run_in_executor lambda",
        True,
        """
import asyncio
async def v():
    await asyncio.get_running_loop().run_in_executor(None, lambda: work(1))
""",
        {},
    ),
    (
        "run_in_executor processpool",
        True,
        """
import asyncio
from concurrent.futures import ProcessPoolExecutor
async def v():
    with ProcessPoolExecutor() as p:
        await asyncio.get_running_loop().run_in_executor(p, work)
""",
        {},
    ),
    (
        "to_thread",
        True,
        """
from asyncio import to_thread
async def v():
    await to_thread(work)
""",
        {},
    ),
    (
        "s2a false",
        True,
        """
from asgiref.sync import sync_to_async
async def v():
    await sync_to_async(work, thread_sensitive=False)()
""",
        {},
    ),
    (
        "s2a Class",
        True,
        """
from asgiref.sync import SyncToAsync
async def v():
    await SyncToAsync(work, thread_sensitive=False)()
""",
        {},
    ),
    (
        "s2a true",
        False,
        """
from asgiref.sync import sync_to_async
async def v():
    await sync_to_async(work)()
""",
        {},
    ),
    (
        "executor in with as",
        True,
        """
from concurrent.futures import ThreadPoolExecutor as TPE
def v():
    with TPE(max_workers=3) as e:
        fs = [e.submit(work, x) for x in range(3)]
""",
        {},
    ),
    (
        "executor dict comp",
        True,
        """
from concurrent.futures import ThreadPoolExecutor
def v():
    with ThreadPoolExecutor() as e:
        fs = {e.submit(work, x): x for x in range(3)}
""",
        {},
    ),
    (
        "executor self attr",
        True,
        """
from concurrent.futures import ThreadPoolExecutor
class A:
    pool = ThreadPoolExecutor()
    def go(self):
        self.pool.submit(work)
""",
        {},
    ),
    (
        "executor self attr init",
        True,
        """
from concurrent.futures import ThreadPoolExecutor
class A:
    def __init__(self):
        self._pool = ThreadPoolExecutor()
    def go(self):
        self._pool.submit(work)
""",
        {},
    ),
    (
        "executor module other",
        True,
        """
from shop.pools import pool
pool.submit(work)
""",
        {
            'shop/pools.py': """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor()
""",
        },
    ),
    (
        "executor get_executor()",
        True,
        """
from shop.pools import get
get().submit(work)
""",
        {
            'shop/pools.py': """
from concurrent.futures import ThreadPoolExecutor
_p = None
def get():
    global _p
    if _p is None:
        _p = ThreadPoolExecutor()
    return _p
""",
        },
    ),
    (
        "executor param annotated",
        True,
        """
from concurrent.futures import ThreadPoolExecutor, Executor
def go(ex: ThreadPoolExecutor):
    ex.submit(work)
""",
        {},
    ),
    (
        "executor param annotated Executor",
        True,
        """
from concurrent.futures import Executor
def go(ex: Executor):
    ex.submit(work)
""",
        {},
    ),
    (
        "executor subclass",
        True,
        """
from concurrent.futures import ThreadPoolExecutor
class E(ThreadPoolExecutor):
    pass
E().submit(work)
""",
        {},
    ),
    (
        "thread subclass super init target",
        True,
        """
from threading import Thread
class T(Thread):
    def __init__(self):
        super().__init__(target=work)
T().start()
""",
        {},
    ),
    (
        "thread subclass super init self.meth",
        True,
        """
from threading import Thread
class T(Thread):
    def __init__(self):
        super().__init__(target=self.go)
    def go(self):
        work()
T().start()
""",
        {},
    ),
    (
        "thread subclass deep",
        True,
        """
from threading import Thread
class A(Thread):
    def run(self):
        self.step()
class B(A):
    def step(self):
        work()
""",
        {},
    ),
    (
        "django.utils autoreload no",
        False,
        """
import threading
threading.Thread(target=print).start()
""",
        {},
    ),
    (
        "nested closure",
        True,
        """
from threading import Thread
def v(x):
    def inner():
        work(x)
    Thread(target=inner, daemon=True).start()
""",
        {},
    ),
    (
        "self.x inherited",
        True,
        """
from threading import Thread
class A:
    def go(self):
        work()
class B(A):
    def start(self):
        Thread(target=self.go).start()
""",
        {},
    ),
    (
        "mangled",
        True,
        """
from threading import Thread
class A:
    def __go(self):
        work()
    def start(self):
        Thread(target=self.__go).start()
""",
        {},
    ),
    (
        "Class.x",
        True,
        """
from threading import Thread
class A:
    @staticmethod
    def go():
        work()
Thread(target=A.go).start()
""",
        {},
    ),
    (
        "classmethod",
        True,
        """
from threading import Thread
class A:
    @classmethod
    def go(cls):
        work()
    @classmethod
    def start(cls):
        Thread(target=cls.go).start()
""",
        {},
    ),
    (
        "local instance",
        True,
        """
from threading import Thread
class A:
    def go(self):
        work()
def v():
    a = A()
    Thread(target=a.go).start()
""",
        {},
    ),
    (
        "module attribute",
        True,
        """
from threading import Thread
from shop import jobs
Thread(target=jobs.go).start()
""",
        {
            'shop/jobs.py': """
from shop.work import work
def go():
    work()
""",
        },
    ),
    (
        "partial method",
        True,
        """
from threading import Thread
from functools import partial
class A:
    def go(self, x):
        work()
    def s(self):
        Thread(target=partial(self.go, 1)).start()
""",
        {},
    ),
    (
        "decorator factory on target",
        True,
        """
from threading import Thread
def retry(n):
    def deco(f):
        def w(*a):
            return f(*a)
        return w
    return deco
@retry(3)
def go():
    work()
Thread(target=go).start()
""",
        {},
    ),
    (
        "wrapper(f) no close",
        True,
        """
from threading import Thread
def wrap(f):
    def w():
        return f()
    return w
Thread(target=wrap(work)).start()
""",
        {},
    ),
    (
        "dict dispatch unknown key",
        True,
        """
from threading import Thread
JOBS = {'a': work, 'b': print}
def v(k):
    Thread(target=JOBS[k]).start()
""",
        {},
    ),
    (
        "dict get",
        True,
        """
from threading import Thread
JOBS = {'a': work}
def v(k):
    Thread(target=JOBS.get(k)).start()
""",
        {},
    ),
    (
        "list dispatch loop",
        True,
        """
from threading import Thread
JOBS = [work]
def v():
    for j in JOBS:
        Thread(target=j).start()
""",
        {},
    ),
    (
        "dict items loop",
        True,
        """
from threading import Thread
JOBS = {'a': work}
def v():
    for n, j in JOBS.items():
        Thread(target=j, name=n).start()
""",
        {},
    ),
    (
        "dict values loop",
        True,
        """
from threading import Thread
JOBS = {'a': work}
def v():
    for j in JOBS.values():
        Thread(target=j).start()
""",
        {},
    ),
    (
        "tuple list loop",
        True,
        """
from threading import Thread
JOBS = [('a', work)]
def v():
    for n, j in JOBS:
        Thread(target=j, name=n).start()
""",
        {},
    ),
    (
        "param one level",
        True,
        """
from threading import Thread
def run(f, *a):
    t = Thread(target=f, args=a)
    t.start()
def v():
    run(work, 1)
""",
        {},
    ),
    (
        "param method one level",
        True,
        """
from threading import Thread
class R:
    def run(self, f):
        Thread(target=f).start()
def v():
    R().run(work)
""",
        {},
    ),
    (
        "param closure kw",
        True,
        """
from threading import Thread
def run(func=None):
    Thread(target=func).start()
def v():
    run(func=work)
""",
        {},
    ),
    (
        "background decorator",
        True,
        """
from threading import Thread
def background(f):
    def w(*a, **k):
        Thread(target=f, args=a).start()
    return w
@background
def job():
    work()
""",
        {},
    ),
    (
        "background decorator factory",
        True,
        """
from threading import Thread
import functools
def background(daemon=True):
    def d(f):
        @functools.wraps(f)
        def w(*a, **k):
            t = Thread(target=f, args=a, kwargs=k)
            t.daemon = daemon
            t.start()
        return w
    return d
@background()
def job():
    work()
""",
        {},
    ),
    (
        "background decorator imported",
        True,
        """
from shop.bg import background
@background
def job():
    work()
""",
        {
            'shop/bg.py': """
from threading import Thread
def background(f):
    def w(*a, **k):
        Thread(target=f, args=a, kwargs=k).start()
    return w
""",
        },
    ),
    (
        "start_new_thread list comp",
        True,
        """
from threading import Thread
def v():
    ts = [Thread(target=work, args=(i,)) for i in range(3)]
    [t.start() for t in ts]
""",
        {},
    ),
    (
        "management loop thread",
        True,
        """
from threading import Thread
from django.core.management.base import BaseCommand
class Command(BaseCommand):
    def handle(self, *a, **o):
        Thread(target=self.loop).start()
    def loop(self):
        work()
""",
        {},
    ),
    (
        "decoys",
        False,
        """
class DependencyGraph:
    def add_job(self, j): ...
class Backend:
    def submit(self, j): ...
class Pool:
    def map(self, f, x): ...
    def apply_async(self, f): ...
class Process:
    def __init__(self, target=None): ...
import psutil, frida
DependencyGraph().add_job(work)
Backend().submit(work)
Pool().map(work, [])
Pool().apply_async(work)
Process(target=work)
psutil.Process(target=work)
frida.spawn(work)
# Thread( gevent multiprocessing
from celery import shared_task
@shared_task
def t():
    work()
t.apply_async(work)
t.map([work])
""",
        {},
    ),
    (
        "dead code after return",
        False,
        """
from threading import Thread
def v():
    return
    Thread(target=work).start()
""",
        {},
    ),
    (
        "eager call",
        False,
        """
from threading import Thread
def v():
    Thread(target=work()).start()
""",
        {},
    ),
    (
        "threading hook transaction.on_commit",
        True,
        """
from django.db import transaction
from threading import Thread
def v():
    transaction.on_commit(lambda: Thread(target=work).start())
""",
        {},
    ),
    (
        "on_commit partial submit",
        True,
        """
from django.db import transaction
from concurrent.futures import ThreadPoolExecutor
from functools import partial
pool=ThreadPoolExecutor()
def v():
    transaction.on_commit(partial(pool.submit, work))
""",
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("leaves", "code", "others"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_leaves_a_connection(leaves: bool, code: str, others: dict[str, str]) -> None:
    assert len(uncovered(HEAD + code, others)) == leaves
