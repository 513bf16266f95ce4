"""Which Python files a command runs are processes of Django, with which settings, and how much of them is known."""

from __future__ import annotations

import pytest

from tests.launching import launched, only

SETTINGS = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")\n'


@pytest.mark.parametrize(
    "text", ["import django\ndjango.setup()\n", "from django.core.wsgi import get_wsgi_application\n", SETTINGS]
)
def test_a_script_that_starts_django_is_one_process_with_one_connection(text: str) -> None:
    started = only("python work.py", {"work.py": text}).started
    assert (started.processes.only, started.threads.only) == (1, 1)


def test_a_script_that_imports_what_starts_django_is_one_too() -> None:
    files = {"work.py": "from shop.setup import models\n", "shop/setup.py": "import django\n"}
    assert only("python work.py", files).name == "work.py"


def test_a_script_without_django_connects_to_nothing_here() -> None:
    found = launched("python watch.py", {"watch.py": '"""Watches Django."""\nimport psutil, time\n'})
    assert (found.found, [other.words[0].exact for other in found.others]) == ((), ["watch.py"])


def test_a_script_names_its_settings_where_its_environment_does_not() -> None:
    for variable, expected in ((None, "shop.settings.production"), ("shop.settings.eu", "shop.settings.eu")):
        env = {"DJANGO_SETTINGS_MODULE": variable} if variable else {}
        settings = only("python work.py", {"work.py": SETTINGS}, env).settings
        assert settings is not None
        assert settings.only == expected


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("from gevent.pywsgi import WSGIServer", "gevent.pywsgi"),
        ("import threading", "threading"),
        ("from concurrent.futures import ThreadPoolExecutor", "concurrent.futures"),
        ("    import uvicorn", "uvicorn"),
    ],
)
def test_what_a_script_starts_by_itself_is_not_counted(line: str, module: str) -> None:
    started = only("python app.py", {"app.py": f"import django\nif True:\n    pass\n{line}\n"}).started
    reason = f"app.py starts threads, processes or a server itself, with {module}"
    assert [(v.is_exact, v.reason, v.least) for v in (started.processes, started.threads)] == [(False, reason, 1)] * 2
