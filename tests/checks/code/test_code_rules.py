"""The rules of the family `code`: which of them speaks for which work, how badly and how surely."""

from __future__ import annotations

import pytest

from connlint.engine import Options, inspect
from connlint.finding import Confidence, Finding, Severity
from connlint.project.tree import Tree

SETTINGS = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"%s}}\n'
MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    total = models.IntegerField()\n"
HEAD = """
import multiprocessing
from threading import Thread
from django.db import close_old_connections, connection, connections
from shop.models import Order

"""


def findings(code: str, options: str = "", select: str = "code", **files: str) -> list[Finding]:
    """What the rules say of a project whose `shop/work.py` is this code; `options` end the alias of the settings."""
    texts = {"shop/settings.py": SETTINGS % options, "shop/models.py": MODELS, "shop/work.py": HEAD + code}
    texts.update({path.replace("__", "/").replace("_dot_", "."): text for path, text in files.items()})
    return list(inspect(Tree(None, texts), Options(select=(select,))).findings)


def names(found: list[Finding]) -> list[str]:
    return [finding.rule for finding in found]


THREAD = "def work():\n    Order.objects.count()\n\n\ndef start():\n    Thread(target=work).start()\n"


def test_a_thread_without_a_close_is_a_warning_and_certain() -> None:
    (found,) = findings(THREAD)
    assert (found.rule, found.severity, found.confidence) == (
        "orm-in-unmanaged-thread",
        Severity.WARNING,
        Confidence.CERTAIN,
    )
    assert [label.span.line for label in found.labels] == [12, 8]


def test_with_a_pool_it_is_an_error() -> None:
    (found,) = findings(THREAD, ', "OPTIONS": {"pool": True}')
    assert found.severity is Severity.ERROR
    assert "never gives its connection back to the pool" in found.message


@pytest.mark.parametrize("pool", [', "OPTIONS": {"pool": {}}', ', "OPTIONS": {"pool": False}', ', "OPTIONS": {}'])
def test_an_empty_pool_is_none(pool: str) -> None:
    (found,) = findings(THREAD, pool)
    assert found.severity is Severity.WARNING


def test_a_close_that_does_not_cover_makes_it_likely() -> None:
    (found,) = findings(THREAD.replace("    Order", "    connection.close()\n    Order"))
    assert (found.rule, found.confidence) == ("orm-in-unmanaged-thread", Confidence.LIKELY)
    assert "after it closed" in found.message


def test_a_close_of_the_starting_thread_is_said_to_be_in_the_wrong_one() -> None:
    assert names(findings(THREAD + "    connection.close()\n")) == ["close-in-wrong-thread"]


@pytest.mark.parametrize(
    ("age", "said"),
    [
        ("", []),
        (', "CONN_MAX_AGE": 0', []),
        (', "CONN_MAX_AGE": 60', ["ineffective-close"]),
        (', "CONN_MAX_AGE": None', ["ineffective-close"]),
        (', "CONN_MAX_AGE": unknown()', []),
    ],
)
def test_closing_old_connections_is_a_close_while_none_is_kept(age: str, said: list[str]) -> None:
    code = THREAD.replace("Order.objects.count()", "Order.objects.count()\n    close_old_connections()")
    assert names(findings(code, age)) == said


def test_closing_all_is_one_in_any_case() -> None:
    code = THREAD.replace("Order.objects.count()", "Order.objects.count()\n    connections.close_all()")
    assert findings(code, ', "CONN_MAX_AGE": 60') == []


PROCESS = "def work():\n    Order.objects.count()\n\n\ndef start():\n    %s\n    multiprocessing.Process(target=work).start()\n"


def test_a_fork_after_a_query_of_the_parent_is_an_error() -> None:
    (found,) = findings(PROCESS % "Order.objects.first()")
    assert (found.rule, found.severity, found.confidence) == (
        "fork-with-open-connection",
        Severity.ERROR,
        Confidence.CERTAIN,
    )


def test_a_fork_with_a_parent_that_is_not_seen_to_query_is_possible() -> None:
    (found,) = findings(PROCESS % "pass")
    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.POSSIBLE)


def test_a_fork_after_a_close_in_the_parent_is_fine() -> None:
    assert findings(PROCESS % "connections.close_all()") == []


def test_several_callables_of_one_place_are_one_finding() -> None:
    code = (
        "def one():\n    Order.objects.count()\n\n\ndef two():\n    Order.objects.first()\n\n\n"
        "def run(job):\n    Thread(target=job).start()\n\n\ndef view():\n    run(one)\n    run(two)\n"
    )
    (found,) = findings(code)
    assert found.message.startswith("one() and 1 more run on a thread of its own")


def test_a_declared_runner_keeps_it_quiet() -> None:
    code = "from shop.db import run_managed\n\n\ndef work():\n    run_managed(Order.objects.count)\n\n\nThread(target=work).start()\n"
    runner = "def run_managed(function):\n    return function()\n"
    assert names(findings(code, shop__db_dot_py=runner)) == ["orm-in-unmanaged-thread"]
    declared = '[tool.connlint]\nmanaged-runners = ["shop.db.run_managed"]\n'
    assert findings(code, shop__db_dot_py=runner, pyproject_dot_toml=declared) == []


def test_excluded_files_start_nothing() -> None:
    assert findings(THREAD, pyproject_dot_toml='[tool.connlint]\nexclude = ["shop/work.py"]\n') == []


QUERY = "RATES = list(Order.objects.all())\n"


@pytest.mark.parametrize(
    ("conf", "age", "severity"),
    [
        ("preload_app = True", ', "CONN_MAX_AGE": 60', Severity.ERROR),
        ("preload_app = True", ', "CONN_MAX_AGE": None', Severity.ERROR),
        ("preload_app = True", ', "OPTIONS": {"pool": True}', Severity.ERROR),
        ("preload_app = True", ', "CONN_MAX_AGE": 0', None),
        ("preload_app = False", ', "CONN_MAX_AGE": 60', None),
        ("preload_app = True\nworkers = 1", ', "CONN_MAX_AGE": 60', None),
    ],
)
def test_a_query_before_the_fork(conf: str, age: str, severity: Severity | None) -> None:
    found = findings(QUERY, age, "connection-before-fork", gunicorn_dot_conf_dot_py=f"workers = 3\n{conf}\n")
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_a_closed_connection_is_not_inherited() -> None:
    found = findings(
        QUERY + "connection.close()\n", ', "CONN_MAX_AGE": 60', "connection-before-fork",
        gunicorn_dot_conf_dot_py="workers = 3\npreload_app = True\n",
    )  # fmt: skip
    assert [finding.severity for finding in found] == [Severity.INFO]


@pytest.mark.parametrize("line", ["threads = 2", "enable-threads = true", "gevent = 100"])
def test_uwsgi_runs_threads_once_told_to(line: str) -> None:
    ini = "[uwsgi]\nmodule = shop.wsgi\nprocesses = 4\n"
    assert names(findings(THREAD, "", "uwsgi-threads-disabled", uwsgi_dot_ini=ini)) == ["uwsgi-threads-disabled"]
    assert findings(THREAD, "", "uwsgi-threads-disabled", uwsgi_dot_ini=ini + line + "\n") == []


TABLE = '"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"'
REDIS = '"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://r"'


@pytest.mark.parametrize(
    ("settings", "use", "reached"),
    [
        (f'CACHES = {{"default": {{{TABLE}}}}}', 'cache.set("a", 1)', True),
        (f'CACHES = {{"default": {{{REDIS}}}}}', 'cache.set("a", 1)', False),
        ("", 'cache.set("a", 1)', False),
        ("CACHES = unknown()", 'cache.set("a", 1)', False),
        (f'CACHES = {{"default": {{{TABLE}}}, "b": {{{TABLE}}}}}', 'caches["b"].get("a")', True),
        (f'CACHES = {{"default": {{{TABLE}}}, "b": {{{REDIS}}}}}', 'caches["b"].get("a")', False),
        ("", "logout(request)", True),  # the default engine is the database
        ('SESSION_ENGINE = "django.contrib.sessions.backends.db"', "logout(request)", True),
        ('SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"', "logout(request)", True),
        ('SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"', "logout(request)", False),
        ('SESSION_ENGINE = "django.contrib.sessions.backends.cache"', "logout(request)", False),
        (f'SESSION_ENGINE = "django.contrib.sessions.backends.cache"\nCACHES = {{"default": {{{TABLE}}}}}', "logout(request)", True),
        ("SESSION_ENGINE = unknown()", "logout(request)", False),
    ],
)  # fmt: skip
def test_caches_and_sessions_are_the_database_where_the_settings_keep_them_there(
    settings: str, use: str, reached: bool
) -> None:
    code = (
        "from django.contrib.auth import logout\nfrom django.core.cache import cache, caches\n\n\n"
        f"def work(request):\n    {use}\n\n\nThread(target=work).start()\n"
    )
    text = SETTINGS % "" + settings + "\n"
    found = findings(code, shop__settings_dot_py=text)
    assert names(found) == (["orm-in-unmanaged-thread"] if reached else [])


@pytest.mark.parametrize(
    "text",
    [
        'from threading import Thread\nprint "old"\n',
        "from threading import Thread\nThread(target=\0x)\n",
        "from threading import Thread\ndef half(\n",
        "from threading import Thread\nasync = 1\n",
        "from threading import Thread\nx = 08\n",
    ],
)
def test_a_module_that_does_not_parse_is_a_note_and_the_others_are_judged(text: str) -> None:
    files = {
        "shop/settings.py": SETTINGS % "",
        "shop/models.py": MODELS,
        "shop/work.py": HEAD + THREAD,
        "shop/odd.py": text,
    }
    report = inspect(Tree(None, files), Options(select=("code",)))
    assert names(list(report.findings)) == ["orm-in-unmanaged-thread"]
    (note,) = report.notes
    assert note.startswith("the code of shop/odd.py is left out: Python ")


def test_many_modules_that_do_not_parse_are_counted() -> None:
    odd = {f"shop/odd{n}.py": "from threading import Thread\nprint 'old'\n" for n in range(8)}
    report = inspect(Tree(None, {"shop/settings.py": SETTINGS % "", **odd}), Options(select=("code",)))
    assert len(report.notes) == 6
    assert report.notes[-1] == "the code of 3 more modules is left out for such reasons"


@pytest.mark.parametrize(
    ("hook", "silent"),
    [
        ("def when_ready(server):\n    from django.db import connections\n    connections.close_all()\n", True),
        ("def pre_fork(server, worker):\n    from django.db import connections\n    connections.close_all()\n", True),
        ("def tidy():\n    connections.close_all()\n\ndef post_fork(server, worker):\n    tidy()\n", True),
        ("# connections.close_all() in when_ready would help\n", False),
        ("def close_all():\n    pass\n", False),
        ("def on_exit(server):\n    connections.close_all()\n", False),
        ("def post_fork(server, worker):\n    close_old_connections()\n", False),
    ],
)
def test_a_hook_that_closes_around_the_fork(hook: str, silent: bool) -> None:
    conf = "workers = 3\npreload_app = True\n" + hook
    found = findings(QUERY, ', "CONN_MAX_AGE": 60', "connection-before-fork", gunicorn_dot_conf_dot_py=conf)
    assert [finding.severity for finding in found] == ([] if silent else [Severity.ERROR])


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ("", "", [Severity.ERROR]),
        ("lazy-apps = true\n", "", []),
        ("", "from uwsgidecorators import postfork\n\n\n@postfork\ndef tidy():\n    connections.close_all()\n", []),
    ],
)
def test_a_fork_of_uwsgi_after_a_query(lines: str, code: str, said: list[Severity]) -> None:
    ini = f"[uwsgi]\nmodule = shop.wsgi\nprocesses = 4\n{lines}"
    found = findings(QUERY + code, ', "CONN_MAX_AGE": 60', "connection-before-fork", uwsgi_dot_ini=ini)
    assert [finding.severity for finding in found] == said
