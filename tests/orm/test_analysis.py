"""Where work starts, what it reaches and what covers it: small projects, exact answers."""

from __future__ import annotations

import sys
import textwrap

import pytest

from connlint.orm.analysis import Settings, analyse
from connlint.orm.facts import CodeFacts, WorkStart
from connlint.orm.kinds import Kind
from connlint.project.tree import Tree

MODELS = """
from django.db import models


class Shop(models.Model):
    name = models.TextField()


class Order(models.Model):
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    total = models.IntegerField()

    def settle(self):
        self.total = 0
        self.save()
"""


def facts(code: str, settings: Settings | None = None, **others: str) -> CodeFacts:
    """The analysis of a project whose module `shop/work.py` has this code."""
    texts = {"shop/models.py": MODELS, "shop/work.py": textwrap.dedent(code)}
    texts.update({path.replace("__", "/") + ".py": textwrap.dedent(text) for path, text in others.items()})
    return analyse(Tree(None, texts), ("",), settings)


def only(code: str, settings: Settings | None = None, **others: str) -> WorkStart:
    """The one start of work in that project."""
    (start,) = facts(code, settings, **others).starts
    return start


def chain(start: WorkStart) -> list[str]:
    return [f"{hop.span.path}:{hop.span.line} {hop.text}" for hop in start.chain]


def test_a_thread_that_queries_and_never_closes_is_uncovered() -> None:
    start = only("""
        from threading import Thread
        from shop.models import Order

        def settle_all():
            Order.objects.update(total=0)

        Thread(target=settle_all).start()
    """)
    assert start.kind is Kind.THREAD
    assert start.uncovered
    assert not start.weak
    assert (start.span.path, start.span.line, start.target) == ("shop/work.py", 8, "settle_all")
    assert chain(start) == ["shop/work.py:6 Order.objects.update()"]


def test_the_chain_leads_through_other_modules_hop_by_hop() -> None:
    start = only(
        """
        import threading

        def work(number):
            from .billing import settle
            settle(number)

        threading.Thread(target=work, args=(1,)).start()
        """,
        shop__billing="""
        from shop.models import Order

        def settle(number):
            Order.objects.get(pk=number).settle()
        """,
    )
    assert chain(start) == ["shop/work.py:6 calls settle()", "shop/billing.py:5 Order.objects.get()"]


@pytest.mark.parametrize(
    "start",
    [
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\npool.submit(work)",
        "import concurrent.futures as cf\nwith cf.ThreadPoolExecutor() as pool:\n    pool.map(work, [1])",
        "from threading import Timer\nTimer(5, work).start()",
        "import _thread\n_thread.start_new_thread(work, ())",
        "from multiprocessing.pool import ThreadPool\nThreadPool(4).apply_async(work)",
        "from multiprocessing.dummy import Pool\nPool(4).map(work, [])",
        "import asyncio\nasync def view():\n    await asyncio.to_thread(work)",
        "import asyncio\nasync def view():\n    await asyncio.get_running_loop().run_in_executor(None, work)",
        "from asgiref.sync import sync_to_async\nsafe = sync_to_async(work, thread_sensitive=False)",
        "from asgiref.sync import sync_to_async\nsafe = sync_to_async(thread_sensitive=False)(work)",
        "import gevent\ngevent.spawn(work)",
        "from gevent.pool import Pool\nPool(3).spawn(work)",
        "from twisted.internet.threads import deferToThread\ndeferToThread(work)",
        "from apscheduler.schedulers.background import BackgroundScheduler\njobs = BackgroundScheduler()\njobs.add_job(work)",
        "import schedule\nschedule.every(10).minutes.do(work)",
        "from functools import partial\nfrom threading import Thread\nThread(target=partial(work, 1)).start()",
        "from threading import Thread\nThread(target=lambda: work()).start()",
        "from threading import Thread\nJOBS = {'a': work}\nThread(target=JOBS['a']).start()",
        "from threading import Thread\ndef run(job):\n    Thread(target=job).start()\ndef view():\n    run(work)",
        "from threading import Thread\nclass Mine(Thread):\n    def run(self):\n        work()",
        "from threading import Thread\nclass Base(Thread):\n    pass\nclass Mine(Base):\n    def run(self):\n        work()",
        "import multiprocessing\nmultiprocessing.Process(target=work).start()",
    ],
)
def test_each_way_of_starting_work_is_seen(start: str) -> None:
    code = "from shop.models import Order\ndef work(*args):\n    Order.objects.count()\n" + start
    found = [each for each in facts(code).starts if each.uncovered]
    assert [each.target.rpartition(".")[2] for each in found if each.target != "lambda"] == (
        [] if "lambda" in start else ["run"] if "class" in start else ["work"]
    )
    assert len(found) == 1


@pytest.mark.parametrize(
    "code",
    [
        "class DependencyGraph:\n    def add_job(self, job): ...\nDependencyGraph().add_job(work)",
        "class Backend:\n    def submit(self, job): ...\nBackend().submit(work)",
        "import psutil  # no thread of ours\npsutil.Process(target=work)",
        "import frida  # hread\nfrida.spawn(work)",
    ],
)
def test_a_method_of_the_same_name_of_something_else_starts_nothing(code: str) -> None:
    assert facts("from shop.models import Order\ndef work():\n    Order.objects.count()\n" + code).starts == ()


@pytest.mark.parametrize(
    "body",
    [
        "try:\n        Order.objects.count()\n    finally:\n        connection.close()",
        "Order.objects.count()\n    connections.close_all()",
        "Order.objects.count()\n    for each in connections.all():\n        each.close()",
        "Order.objects.count()\n    if not connection.in_atomic_block:\n        close_old_connections()",
        "with closing():\n        Order.objects.count()",
        "with Closing():\n        Order.objects.count()",
        "try:\n        Order.objects.count()\n    finally:\n        tidy()",
        "while True:\n        close_old_connections()\n        Order.objects.count()",
        "counted()",
        "decorated()",
    ],
)
def test_what_covers(body: str) -> None:
    code = f"""
from contextlib import contextmanager
from threading import Thread
from django.db import close_old_connections, connection, connections
from shop.models import Order

def tidy():
    connections["default"].close()

@contextmanager
def closing():
    try:
        yield
    finally:
        close_old_connections()

class Closing:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        connection.close()

def counted():
    try:
        return Order.objects.count()
    finally:
        connection.close()

def cleans(function):
    def inner(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()
    return inner

@cleans
def decorated():
    Order.objects.count()

def work():
    {body}

Thread(target=work).start()
"""
    start = only(code)
    assert start.chain
    assert start.covered


@pytest.mark.parametrize(
    "body",
    [
        "try:\n        Order.objects.count()\n    except OSError:\n        connection.close()",
        "connection.close()\n    Order.objects.count()",
        "Order.objects.count()\n    connection.close()\n    Order.objects.count()",
    ],
)
def test_a_close_that_does_not_cover_makes_it_weak(body: str) -> None:
    start = only(f"""
from threading import Thread
from django.db import connection
from shop.models import Order

def work():
    {body}

Thread(target=work).start()
""")
    assert start.uncovered
    assert start.weak


def test_a_close_at_the_start_covers_where_the_thread_is_used_again() -> None:
    code = """
        from concurrent.futures import ThreadPoolExecutor
        from django.db import close_old_connections
        from shop.models import Order

        def work():
            close_old_connections()
            Order.objects.count()

        ThreadPoolExecutor().submit(work)
    """
    assert only(code).covered
    assert not only(code.replace("ThreadPoolExecutor().submit(work)", "Thread(target=work)").replace(
        "concurrent.futures import ThreadPoolExecutor", "threading import Thread")).covered  # fmt: skip


def test_a_wrapper_at_the_place_of_the_start_covers() -> None:
    start = only("""
        from concurrent.futures import ThreadPoolExecutor
        from django.db import connection
        from shop.models import Order

        def closing(function):
            def run(*args):
                try:
                    return function(*args)
                finally:
                    connection.close()
            return run

        class Report:
            def count(self):
                return Order.objects.count()

            def start(self):
                with ThreadPoolExecutor() as pool:
                    pool.submit(closing(self.count))
    """)
    assert start.chain
    assert start.covered


def test_a_pool_of_the_project_that_closes_covers_what_it_runs() -> None:
    starts = facts("""
        from multiprocessing.pool import ThreadPool
        from django.db import connections
        from shop.models import Order

        class Pool(ThreadPool):
            def apply_async(self, func, args=(), kwds={}):
                def closing(*a, **k):
                    try:
                        return func(*a, **k)
                    finally:
                        connections.close_all()
                return super().apply_async(closing, args, kwds)

        def work():
            Order.objects.count()

        Pool(2).apply_async(work)
    """).starts
    assert [start.uncovered for start in starts if start.chain] == [False]


def test_a_thread_class_whose_run_closes_covers_its_targets() -> None:
    starts = facts("""
        from threading import Thread
        from django.db import connection
        from shop.models import Order

        class Closing(Thread):
            def run(self):
                try:
                    super().run()
                finally:
                    connection.close()

        def work():
            Order.objects.count()

        Closing(target=work).start()
    """).starts
    assert [start.covered for start in starts if start.chain] == [True]


def test_a_close_in_the_parent_covers_a_fork() -> None:
    code = """
        import multiprocessing
        from django.db import connections
        from shop.models import Order

        def work():
            Order.objects.count()

        def start():
            connections.close_all()
            multiprocessing.Process(target=work).start()
    """
    assert only(code).covered
    assert only(code.replace("            connections.close_all()\n", "")).uncovered


@pytest.mark.parametrize(
    ("body", "hop"),
    [
        ("Order(total=1).save()", "Order.save()"),
        ("order: Order = unknown()\n    order.shop.name", "loads Order.shop"),
        ("with connection.cursor() as cursor:\n        cursor.execute('select 1')", "connection.cursor()"),
        ("with transaction.atomic():\n        pass", "transaction.atomic()"),
        ("get_user_model().objects.count()", "get_user_model.objects.count()"),
        ("authenticate(username='a')", "authenticate()"),
        ("call_command('migrate')", "call_command('migrate')"),
    ],
)
def test_ways_to_the_orm(body: str, hop: str) -> None:
    start = only(f"""
from threading import Thread
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from shop.models import Order

def work():
    {body}

Thread(target=work).start()
""")
    assert start.uncovered
    assert [each.text for each in start.chain] == [hop]


@pytest.mark.parametrize(
    "body",
    [
        "psycopg.connect().cursor()",
        "requests.post('http://a').save()",
        "open('a').close()",
        "cache.set('a', 1)",
        "Form().objects = 1",
    ],
)
def test_what_is_no_orm(body: str) -> None:
    start = only(f"""
from threading import Thread
import psycopg, requests
from django.core.cache import cache

class Form: ...

def work():
    {body}

Thread(target=work).start()
""")
    assert start.chain == ()


def test_a_cache_in_the_database_is_the_database() -> None:
    code = """
        from threading import Thread
        from django.core.cache import cache

        def work():
            cache.set("a", 1)

        Thread(target=work).start()
    """
    assert only(code, Settings(database_cache=True)).uncovered


def test_a_declared_runner_is_taken_at_its_word() -> None:
    code = """
        from threading import Thread
        from shop.models import Order
        from shop.db import run_managed

        def count():
            Order.objects.count()

        def work():
            run_managed(count)

        Thread(target=work).start()
    """
    runner = "def run_managed(function):\n    return function()\n"
    assert only(code, shop__db=runner).uncovered
    assert not only(code, Settings(managed_runners=("shop.db.run_managed",)), shop__db=runner).chain


def test_receivers_of_a_signal_and_the_mail_back_end_run_too() -> None:
    start = only(
        """
        from threading import Thread
        from shop.signals import settled

        def work():
            settled.send(sender=None)

        Thread(target=work).start()
        """,
        shop__signals="from django.dispatch import Signal\nsettled = Signal()\n",
        shop__receivers="""
        from django.dispatch import receiver
        from shop.models import Order
        from shop.signals import settled

        @receiver(settled)
        def note(sender, **kwargs):
            Order.objects.create()
        """,
    )
    assert chain(start) == ["shop/work.py:6 calls note()", "shop/receivers.py:8 Order.objects.create()"]


def test_a_callable_handed_to_a_helper_of_another_module_is_followed() -> None:
    starts = facts(
        """
        from threading import Thread

        def run_apart(function):
            def guarded():
                function()
            Thread(target=guarded).start()
        """,
        shop__views="""
        from shop.models import Order
        from shop.work import run_apart

        def view(request):
            run_apart(lambda: Order.objects.count())
        """,
    ).starts
    found = [start for start in starts if start.uncovered]
    assert [(start.span.path, start.span.line) for start in found] == [("shop/work.py", 7)]
    assert [(hop.span.path, hop.span.line) for hop in found[0].given_at] == [("shop/views.py", 6)]


def test_a_loop_of_a_command_that_waits_and_never_closes() -> None:
    command = """
        import time
        from django.core.management.base import BaseCommand
        from shop.models import Order

        class Command(BaseCommand):
            def handle(self, *args, **options):
                while True:
                    self.round()
                    time.sleep(5)

            def round(self):
                Order.objects.count()
    """
    loops = facts("", shop__management__commands__poll=command).loops
    assert [(loop.command, loop.span.line, [hop.text for hop in loop.chain]) for loop in loops] == [
        ("poll", 8, ["calls Command.round()", "Order.objects.count()"])
    ]
    batch = command.replace("time.sleep(5)", "if not Order.objects.exists():\n                        break")
    assert facts("", shop__management__commands__poll=batch).loops == ()


def test_a_query_that_django_refuses_in_asynchronous_code() -> None:
    found = facts("""
        from asgiref.sync import sync_to_async  # sync_to_async(
        from shop.models import Order

        async def view(request):
            await Order.objects.count()
            await Order.objects.acount()
            await sync_to_async(Order.objects.count)()
    """).awaited
    assert [(step.span.line, step.text) for step in found] == [(6, "Order.objects.count()")]


def test_a_module_that_does_not_parse_is_noted() -> None:
    assert facts("from threading import Thread\nprint 'a'").unparsed == {
        "shop/work.py": f"Python {sys.version_info.major}.{sys.version_info.minor} cannot parse it"
    }


def test_a_module_named_like_one_of_the_standard_library_is_not_it() -> None:
    start = only(
        """
        from threading import Thread
        from shop.models import Order

        class Mine(Thread):
            def run(self):
                Order.objects.count()
        """,
        shop__threading="",
    )
    assert start.uncovered


@pytest.mark.parametrize(
    "code",
    [
        "from threading import Thread\ndef a():\n    b()\ndef b():\n    a()\nThread(target=a).start()",
        "from threading import Thread\nclass A(A, Thread): ...\nA(target=A).start()",
        "from threading import Thread\n" + "x = " + "(" * 150 + "Thread" + ")" * 150,
        "from threading import Thread\nx = a" + ".b" * 900 + "\ny = Thread(target=x)",
        "from threading import Thread\ndef f():\n    return a" + "()" * 900 + "\nThread(target=f)",
        "from threading import Thread\nx = " + "[" * 90 + "lambda: " * 90 + "0" + "]" * 90 + "\nThread(target=x)",
        "from threading import Thread\nfrom shop.work import *\nThread(target=nothing).start()",
        "from threading import Thread\nt = Thread\n" + "\n".join(f"t = t.a{n}" for n in range(200)),
    ],
)
def test_hostile_code_ends(code: str) -> None:
    assert facts(code).loops == ()


@pytest.mark.parametrize(
    ("loop", "found"),
    [
        ("while True:\n            Order.objects.count()\n            sleep(1)", 1),
        ("while not self.stopped:\n            Order.objects.count()\n            sleep(1)", 1),
        ("while not self.event.is_set():\n            Order.objects.count()\n            sleep(1)", 1),
        ("while True:\n            Order.objects.count()\n            self.pause()", 1),
        ("for message in pubsub.listen():\n            Order.objects.count()", 1),
        ("while True:\n            close_old_connections()\n            Order.objects.count()\n            sleep(1)", 0),
        ("while True:\n            Order.objects.count()", 0),
        ("while True:\n            sleep(1)", 0),
        ("while Order.objects.exists():\n            Order.objects.first().delete()\n            sleep(1)", 0),
        ("while True:\n            try:\n                connection.ensure_connection()\n                break\n            except OSError:\n                sleep(1)", 0),
        ("for order in Order.objects.all():\n            sleep(1)", 0),
    ],
)  # fmt: skip
def test_which_loops_of_commands_go_on_for_ever(loop: str, found: int) -> None:
    command = f"""
from time import sleep
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from shop.models import Order

class Command(BaseCommand):
    def pause(self):
        sleep(5)

    def handle(self, *args, **options):
        {loop}
"""
    assert len(facts("", shop__management__commands__poll=command).loops) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("NAMES = list(Order.objects.all())", ["the import of shop/names.py"]),
        ("for each in Order.objects.all(): ...", ["the import of shop/names.py"]),
        ("NAMES = Order.objects.filter(total=1)", []),
        ("def names():\n    return list(Order.objects.all())", []),
        ("if __name__ == '__main__':\n    Order.objects.count()\nx = Order.objects.none()", []),
        ("import django\ndjango.setup()\nOrder.objects.count()", []),
    ],
)
def test_which_queries_run_at_import(line: str, found: list[str]) -> None:
    code = f"from shop.models import Order\n{line}\n"
    assert [query.where for query in facts("", shop__names=code).imports] == found


def test_a_query_of_ready_is_followed_to_where_it_is_made() -> None:
    (query,) = facts(
        "",
        shop__apps="""
        from django.apps import AppConfig

        class ShopConfig(AppConfig):
            def ready(self):
                from shop.rates import load
                load()
        """,
        shop__rates="from shop.models import Order\n\ndef load():\n    return Order.objects.count()\n",
    ).imports
    assert query.where == "ShopConfig.ready()"
    assert [(step.span.path, step.span.line) for step in query.chain] == [("shop/apps.py", 7), ("shop/rates.py", 4)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("connections.close_all()", ["task_postrun"]),
        ("if not task.request.is_eager:\n        connections.close_all()", []),
        ("print(task)", []),
    ],
)
def test_receivers_of_task_signals_that_close(body: str, found: list[str]) -> None:
    code = f"""
from celery.signals import task_postrun
from django.db import connections

@task_postrun.connect
def tidy(task, **kwargs):
    {body}
"""
    assert [each.signal for each in facts(code).signals] == found


def test_sync_to_async_as_a_decorator_starts_the_function_only_where_it_is_not_thread_sensitive() -> None:
    code = """
        from asgiref.sync import sync_to_async
        from shop.models import Order

        @sync_to_async(thread_sensitive=False)
        def work():
            Order.objects.count()
    """
    assert only(code).uncovered
    assert facts(code.replace("thread_sensitive=False", "")).starts == ()
    assert facts(code.replace("thread_sensitive=False", "thread_sensitive=True")).starts == ()


def test_logging_out_runs_the_receivers_of_its_signal() -> None:
    code = """
        from threading import Thread
        from django.contrib.auth import logout

        def work(request):
            logout(request)

        Thread(target=work).start()
    """
    receiver = """
        from django.contrib.auth.signals import user_logged_out
        from django.dispatch import receiver
        from shop.models import Order

        @receiver(user_logged_out)
        def note(sender, **kwargs):
            Order.objects.create()
    """
    assert not only(code).chain
    assert chain(only(code, shop__receivers=receiver)) == [
        "shop/work.py:6 calls note()",
        "shop/receivers.py:8 Order.objects.create()",
    ]


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        ("return False", False),
        ("if name:\n        return name in NAMES\n    return False", True),
        ("if name:\n        return False", True),
        ("if name:\n        return False\n    return True", True),
    ],
)
def test_what_a_function_may_return_beside_a_constant_is_not_left_out(body: str, reached: bool) -> None:
    start = only(f"""
from threading import Thread
from shop.models import Order

def known(name):
    {body}

def work(name):
    if not known(name):
        return
    Order.objects.count()

Thread(target=work).start()
""")
    assert bool(start.chain) is reached


@pytest.mark.parametrize(("rows", "covered"), [("list(Order.objects.all())", True), ("Order.objects.all()", False)])
def test_rows_that_were_fetched_before_the_close_are_no_query_after_it(rows: str, covered: bool) -> None:
    start = only(f"""
from threading import Thread
from django.db import connection
from shop.models import Order

def work():
    rows = {rows}
    connection.close()
    for row in rows:
        print(row.total)

Thread(target=work).start()
""")
    assert start.covered is covered


@pytest.mark.parametrize(
    ("paths", "covered"),
    [
        (["common/lib/closing.py"], True),  # PYTHONPATH names common/lib, which nobody told
        (["common/lib/closing.py", "common/lib/__init__.py"], True),
        (["common/tools/closing.py", "common/tools/__init__.py"], False),  # a module of a package
        (["common/lib/closing.py", "other/lib/closing.py"], False),  # either may be meant
    ],
)
def test_a_module_below_a_root_that_nobody_told_is_found_when_it_is_the_only_one(
    paths: list[str], covered: bool
) -> None:
    texts = {
        path: ""
        if path.endswith("__init__.py")
        else "from django.db import connection\n\n\ndef close():\n    connection.close()\n"
        for path in paths
    }
    texts["shop/work.py"] = (
        "from threading import Thread\nfrom closing import close\nfrom shop.models import Order\n\n\n"
        "def work():\n    Order.objects.count()\n    close()\n\n\nThread(target=work).start()\n"
    )
    texts["shop/models.py"] = MODELS
    (start,) = analyse(Tree(None, texts)).starts
    assert start.covered is covered
