"""Closes that fixes put into code: what they look like, and where none is offered because something else may be running."""

from __future__ import annotations

import pytest

from connlint.engine import Options, inspect
from connlint.finding import Finding
from connlint.fix.plan import plan
from connlint.project.tree import Tree

PROJECT = {
    "shop/__init__.py": "",
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "CONN_MAX_AGE": 60}}\n',
    "shop/models.py": "from django.db import models\n\n\nclass Order(models.Model):\n    amount = models.IntegerField()\n",
}
HEAD = "from threading import Thread\n\nfrom shop.models import Order\n\n\n"
WORK = "def settle():\n    Order.objects.count()\n\n\n"
START = "def start():\n    Thread(target=settle).start()\n"


def found(code: str, path: str = "shop/work.py", **files: str) -> Finding:
    """The one finding about code of a project that has this file, beside others (`shop__views` is shop/views.py)."""
    more = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    report = inspect(Tree(None, {**PROJECT, path: code, **more}), Options(select=("code",)))
    (finding,) = (each for each in report.findings if each.primary.span.path == path)
    return finding


def fixed(code: str, path: str = "shop/work.py", **files: str) -> str:
    changes = plan([found(code, path, **files)], unsafe=True).changes
    return changes[path][1] if path in changes else code


def test_a_function_that_only_a_thread_runs_closes_at_its_end() -> None:
    assert fixed(HEAD + WORK + START) == (
        "from threading import Thread\n\nfrom django.db import connections\n\nfrom shop.models import Order\n\n\n"
        "def settle():\n"
        "    try:\n"
        "        Order.objects.count()\n"
        "    finally:\n"
        "        connections.close_all()  # Django closes only what a request has used\n"
        f"\n\n{START}"
    )


def test_a_method_of_a_class_of_threads_does_so_too() -> None:
    code = HEAD + "class Settling(Thread):\n    def run(self):\n        Order.objects.count()\n\n\nSettling().start()\n"
    assert "        try:\n            Order.objects.count()\n        finally:\n" in fixed(code)


def test_what_never_ends_closes_in_each_round() -> None:
    work = 'def settle():\n    """Goes on."""\n    total = 0\n    while True:\n        # again\n        Order.objects.count()\n\n\n'
    after = fixed(HEAD + work + START)
    assert (
        "    total = 0\n"
        "    while True:\n"
        "        # again\n"
        "        try:\n"
        "            Order.objects.count()\n"
        "        finally:\n"
        "            connections.close_all()  # Django closes only what a request has used\n\n\n"
    ) in after
    assert inspect(Tree(None, {**PROJECT, "shop/work.py": after}), Options(select=("code",))).findings == ()


def test_a_closure_is_known_in_the_function_around_it() -> None:
    code = (
        HEAD + "def start():\n    def settle():\n        Order.objects.count()\n\n    Thread(target=settle).start()\n"
    )
    assert "finally" in fixed(code)
    assert fixed(f"{code}    settle()\n") == f"{code}    settle()\n"


def test_a_function_of_another_module_is_changed_there() -> None:
    finding = found("from threading import Thread\n\nfrom shop.jobs import settle\n\nThread(target=settle).start()\n",
                    shop__jobs=f"from shop.models import Order\n\n\n{WORK}")  # fmt: skip
    (changed,) = plan([finding], unsafe=True).changes
    assert changed == "shop/jobs.py"


@pytest.mark.parametrize(
    ("code", "files"),
    [
        pytest.param(WORK + START + "\n\ndef view(request):\n    settle()\n", {}, id="a request runs it too"),
        pytest.param(WORK + START, {"shop__views": "from shop.work import settle\n\n\ndef view(r):\n    settle()\n"}, id="of another module"),
        pytest.param(WORK + START, {"shop__views": "from shop import work\n\n\ndef view(r):\n    work.settle()\n"}, id="by its module"),
        pytest.param(WORK + START, {"shop__views": "from shop.work import settle as s\n\n\ndef view(r):\n    s()\n"}, id="by another name"),
        pytest.param(WORK + START, {"shop__views": "from shop.work import *\n\n\ndef view(r):\n    settle()\n"}, id="by a star"),
        pytest.param(WORK + START, {"shop__beat": 'JOBS = ["shop.work.settle"]\n'}, id="by a text"),
        pytest.param(WORK + START, {"tests__test_work": "from shop.work import settle\n\n\ndef test_it():\n    settle()\n"}, id="a test"),
        pytest.param("def settle():\n    Order.objects.count()\n    settle()\n\n\n" + START, {}, id="it calls itself"),
        pytest.param("from django.db import transaction\n\n\n@transaction.atomic\n" + WORK + START, {}, id="in a transaction"),
        pytest.param("def settle():\n    for order in Order.objects.all():\n        yield order\n\n\n" + "def start():\n    Thread(target=lambda: list(settle())).start()\n", {}, id="an open iteration"),
        pytest.param("def later(job):\n    Thread(target=job).start()\n\n\n" + WORK + "later(settle)\n", {}, id="handed over"),
        pytest.param("def start():\n    Thread(target=lambda: Order.objects.count()).start()\n", {}, id="a lambda"),
        pytest.param("class Work(Base):\n    def settle(self):\n        Order.objects.count()\n\n    def start(self):\n        Thread(target=self.settle).start()\n", {}, id="a method that a framework may call"),
        pytest.param(WORK + START + "\n\nconnections = []\n", {}, id="the name is taken"),
    ],
)  # fmt: skip
def test_nothing_is_offered_where_anything_else_may_run_it(code: str, files: dict[str, str]) -> None:
    assert found(HEAD + code, **files).fix is None


COMMAND = "shop/management/commands/settle_all.py"
LOOP = (
    "import time\n\nfrom django.core.management.base import BaseCommand\nfrom django.db import transaction\n\n"
    "from shop.models import Order\n\n\nclass Command(BaseCommand):\n    def handle(self, *args, **options):\n{}"
)
ROUND = "while True:\n    Order.objects.count()\n    time.sleep(60)\n"


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def test_a_command_begins_each_round_without_a_connection() -> None:
    after = fixed(LOOP.format(indented(ROUND, 8)), COMMAND)
    assert "from django.db import connections, transaction\n" in after
    assert "while True:\n            connections.close_all()  # " in after


@pytest.mark.parametrize(
    ("body", "files"),
    [
        pytest.param("with transaction.atomic():\n" + indented(ROUND, 4), {}, id="in a transaction"),
        pytest.param("for order in Order.objects.iterator():\n" + indented(ROUND, 4), {}, id="in an open iteration"),
        pytest.param(ROUND, {"shop__views": "call_command('settle_all')\n"}, id="a request calls it"),
    ],
)
def test_no_round_closes_what_may_be_open(body: str, files: dict[str, str]) -> None:
    assert found(LOOP.format(indented(body, 8)), COMMAND, **files).fix is None


FORK = LOOP.replace("import time", "import multiprocessing").replace(
    "class Command", "def settle():\n    Order.objects.count()\n\n\nclass Command"
)
STARTING = "Order.objects.first()\nmultiprocessing.Process(target=settle).start()\n"


def test_a_command_closes_before_it_forks() -> None:
    after = fixed(FORK.format(indented(STARTING, 8)), COMMAND)
    assert (
        "connections.close_all()  # a child must not share a socket with its parent\n        multiprocessing" in after
    )


@pytest.mark.parametrize(
    "body",
    [
        "with transaction.atomic():\n" + indented(STARTING, 4),
        "for order in Order.objects.iterator():\n" + indented(STARTING, 4),
        "Order.objects.first(); multiprocessing.Process(target=settle).start()\n",
    ],
)
def test_nothing_is_closed_before_a_fork_where_something_may_be_open(body: str) -> None:
    assert found(FORK.format(indented(body, 8)), COMMAND).fix is None


def test_a_function_that_anybody_may_call_is_not_closed_before_it_forks() -> None:
    body = "import multiprocessing\n\nfrom shop.models import Order\n\n\ndef settle():\n    Order.objects.count()\n\n\n"
    assert found(f"{body}def start():\n{indented(STARTING, 4)}").fix is None


OLD = "from django.db import close_old_connections, transaction\n" + HEAD + "def settle():\n{}\n\n" + START


def test_a_close_of_old_connections_becomes_one_of_all() -> None:
    after = fixed(OLD.format("    Order.objects.count()\n    close_old_connections()\n"))
    assert after.startswith("from django.db import connections, transaction\n")
    assert "    connections.close_all()\n" in after


@pytest.mark.parametrize(
    "body",
    [
        "    for order in Order.objects.iterator():\n        order.save()\n        close_old_connections()\n",
        "    with transaction.atomic():\n        Order.objects.count()\n        close_old_connections()\n",
    ],
)
def test_not_within_an_open_iteration_or_a_transaction(body: str) -> None:
    assert found(OLD.format(body)).fix is None


RECEIVER = "from celery.signals import task_postrun\nfrom django.db import connections\n\n\n@task_postrun.connect\ndef tidy({}):\n    {}\n"


def test_a_receiver_leaves_eager_tasks_alone() -> None:
    after = fixed(RECEIVER.format("sender, **kwargs", "connections.close_all()"))
    assert after.endswith("    if not sender.request.is_eager:\n        connections.close_all()\n")


@pytest.mark.parametrize(
    ("parameters", "body"),
    [("**kwargs", "connections.close_all()"), ("task, **kwargs", "print(task); connections.close_all()")],
)
def test_a_receiver_that_has_no_task_at_hand_is_left_alone(parameters: str, body: str) -> None:
    assert found(RECEIVER.format(parameters, body)).fix is None


@pytest.mark.parametrize(
    ("head", "added", "used"),
    [
        ("", "from django.db import connections\n", "connections"),
        ("import os\n", "\nfrom django.db import connections\n", "connections"),
        ("from django.db import transaction\n", "from django.db import connections, transaction\n", "connections"),
        ("from django.db import connection\n", "from django.db import connection, connections\n", "connections"),
        ("from django.db import (\n    models,\n)\n", "    connections,\n    models,\n", "connections"),
        ("from django.db import connections as c\n", "from django.db import connections as c\n", "c"),
        ("from django import db\n", "from django import db\n", "db.connections"),
        ("import rest_framework\n", "from django.db import connections\nimport rest_framework\n", "connections"),
    ],
)
def test_the_import_is_in_the_style_of_the_others(head: str, added: str, used: str) -> None:
    after = fixed(head + HEAD + WORK + START)
    assert added in after
    assert f"        {used}.close_all()" in after
    assert after.count("django.db") + after.count("django import db") == 1
