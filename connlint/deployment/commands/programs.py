"""Which reader understands the command line of which program, by its name or as `python -m` names it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, TypeAlias

from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch, Nested

Reader: TypeAlias = Callable[[Context], "Sequence[Launch | Nested] | None"]  # None: it connects to no database

# Module and function; a module is imported only when a command needs it.
_READERS: Final = {
    "gunicorn": "gunicorn.launch_gunicorn",
    "uwsgi": "uwsgi.launch_uwsgi",
    "pyuwsgi": "uwsgi.launch_uwsgi",
    "uwsgi-core": "uwsgi.launch_uwsgi",
    "uvicorn": "asgi.launch_uvicorn",
    "daphne": "asgi.launch_daphne",
    "hypercorn": "asgi.launch_hypercorn",
    "granian": "asgi.launch_granian",
    "waitress-serve": "wsgi.launch_waitress",
    "mod_wsgi-express": "wsgi.launch_mod_wsgi",
    "mod_wsgi-express-3": "wsgi.launch_mod_wsgi",
    "celery": "celery.launch_celery",
    "rq": "queues.launch_rq",
    "rqworker": "queues.launch_rqworker",
    "dramatiq": "queues.launch_dramatiq",
    "dramatiq-gevent": "queues.launch_dramatiq_gevent",
    "huey_consumer": "queues.launch_huey",
    "huey_consumer.py": "queues.launch_huey",
    "django-admin": "management.launch_management",
    "django-admin.py": "management.launch_management",
    "manage.py": "management.launch_management",
}

# What `python -m NAME` runs.
_MODULES: Final = {
    "gunicorn": "gunicorn", "gunicorn.app.wsgiapp": "gunicorn", "uvicorn": "uvicorn", "uvicorn.main": "uvicorn",
    "daphne": "daphne", "hypercorn": "hypercorn", "granian": "granian", "waitress": "waitress-serve", "celery": "celery",
    "celery.bin.celery": "celery", "dramatiq": "dramatiq", "rq": "rq", "rq.cli": "rq", "django": "django-admin",
    "huey.bin.huey_consumer": "huey_consumer",
}  # fmt: skip


def reader_of(name: str) -> Reader | None:
    """The reader for a program called `name`; None where nobody here knows it."""
    place = _READERS.get(name)
    if place is None:
        return None
    module, _, function = place.partition(".")
    found: Reader = getattr(import_module(f"connlint.deployment.commands.{module}"), function)
    return found


def is_known(name: str) -> bool:
    return name in _READERS


def program_of_module(module: str) -> str:
    """The program that `python -m module` runs; empty where nobody here knows it."""
    return _MODULES.get(module, "")
