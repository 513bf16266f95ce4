"""What each kind of process may hold: a Procfile line, and the connections it comes to between deploys and during one.

The formulas are those of the lab ("formula vs measured"): processes x threads for servers with threads, worker_connections for
greenlets, no bound for ASGI, one for a command.
"""

from __future__ import annotations

import pytest

from connlint.deployment.budget import limits
from connlint.engine import Options, inspect
from connlint.project.tree import Tree

SETTINGS = """
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.internal", "NAME": "shop"}}
CELERY_WORKER_CONCURRENCY = 5
Q_CLUSTER = {"name": "shop", "workers": 6}
HUEY = {"name": "shop", "consumer": {"workers": 3, "worker_type": "thread"}}
"""
STARTS = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
FILES = {
    "manage.py": STARTS,
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/wsgi.py": STARTS,
    "shop/asgi.py": STARTS,
    "shop/celery.py": STARTS
    + 'app = Celery("shop")\napp.config_from_object("django.conf:settings", namespace="CELERY")\n',
    "gunicorn.conf.py": "",
    "deploy/uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nprocesses = 4\nthreads = 2\n",
    "pyproject.toml": '[tool.connlint]\ncpus = 4\nservers.db = { host = "db.internal", max-connections = 100, reserved = 3 }\n',
}
MANY = None  # no upper bound


def asked(line: str, **more: str) -> dict[str, tuple[object, object]]:
    """By process: the least and the most connections it may hold on the server."""
    tree = Tree(None, {**FILES, "Procfile": f"{line}\n", **more})
    (deployment,) = (d for d in inspect(tree, Options()).deployments if d.name == "Procfile")
    (limit,) = limits(deployment)
    return {term.process: term.connections.bounds() or (term.connections.least, "unknown") for term in limit.terms}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("web: gunicorn -w 3 shop.wsgi", {"web": (3, 3)}),
        ("web: gunicorn --workers=3 --threads 4 shop.wsgi", {"web": (12, 12)}),
        ("web: gunicorn -w 2 -k gthread shop.wsgi", {"web": (2, 2)}),
        ("web: gunicorn -w 2 -k gevent --worker-connections 50 shop.wsgi", {"web": (2, 100)}),
        ("web: gunicorn -w 2 -k uvicorn.workers.UvicornWorker shop.asgi", {"web": (2, MANY)}),
        ("web: WEB_CONCURRENCY=6 gunicorn shop.wsgi", {"web": (6, 6)}),
        ("web: GUNICORN_CMD_ARGS='--workers 7' gunicorn -w 2 shop.wsgi", {"web": (2, 2)}),
        ("web: GUNICORN_CMD_ARGS='--workers 7' gunicorn shop.wsgi", {"web": (7, 7)}),
        ("web: gunicorn shop.wsgi", {"web": (2, 33)}),  # Heroku's buildpack decides, by the size of the dyno
        ("web: uwsgi --ini deploy/uwsgi.ini", {"web": (8, 8)}),
        ("web: uwsgi --ini deploy/uwsgi.ini --processes 5", {"web": (10, 10)}),
        ("web: uwsgi --http :8000 --module shop.wsgi --processes 4 --cheaper 1", {"web": (4, 4)}),
        ("web: uwsgi --module shop.wsgi --processes 2 --gevent 50", {"web": (2, 100)}),
        ("web: uvicorn --workers 2 shop.asgi:application", {"web": (2, MANY)}),
        ("web: uvicorn --workers 2 --limit-concurrency 10 shop.asgi:application", {"web": (2, 20)}),
        ("web: daphne shop.asgi:application", {"web": (1, MANY)}),
        ("web: hypercorn -w 3 shop.asgi:application", {"web": (3, MANY)}),
        ("web: granian --interface wsgi --workers 2 --blocking-threads 3 shop.wsgi:application", {"web": (6, 6)}),
        ("web: waitress-serve --threads=6 shop.wsgi:application", {"web": (6, 6)}),
        ("web: waitress-serve shop.wsgi:application", {"web": (4, 4)}),
        ("web: mod_wsgi-express start-server shop/wsgi.py --processes 2 --threads 3", {"web": (6, 6)}),
        ("web: python manage.py runserver", {"web": (1, MANY)}),
        ("web: python manage.py runserver --nothreading", {"web": (1, 1)}),
        ("worker: celery -A shop worker -c 4", {"worker": (4, 4)}),
        ("worker: celery -A shop worker", {"worker": (5, 5)}),
        ("worker: celery -A shop worker --autoscale=8,2", {"worker": (8, 8)}),
        ("worker: celery -A shop worker -P threads -c 6", {"worker": (6, 6)}),
        ("worker: celery -A shop worker -P solo", {"worker": (1, 1)}),
        ("worker: celery -A shop worker -P gevent -c 20", {"worker": (20, 20)}),
        ("worker: celery multi start 3 -A shop -c 2", {"worker": (6, 6)}),
        ("beat: celery -A shop beat", {"beat": (1, 1)}),
        ("worker: celery -A shop worker -c 4 -B", {"worker": (4, 4), "worker: celery beat": (1, 1)}),
        ("worker: python manage.py rqworker default", {"worker": (1, 1)}),
        ("worker: python manage.py rqworker-pool default --num-workers 3", {"worker": (3, 3)}),
        ("worker: python manage.py rundramatiq --processes 2 --threads 4", {"worker": (8, 8)}),
        ("worker: dramatiq -p 2 -t 4 shop.celery", {"worker": (8, 8)}),
        ("worker: python manage.py run_huey -w 4 -k process", {"worker": (4, 4)}),
        ("worker: python manage.py run_huey", {"worker": (3, 3)}),
        ("worker: python manage.py runworker channel", {"worker": (1, 1)}),
        ("clock: python manage.py run_jobs", {"clock": (1, 1)}),
        ("release: python manage.py migrate", {"release": (1, 1)}),
    ],
)
def test_a_process(line: str, expected: dict[str, tuple[object, object]]) -> None:
    assert asked(line) == expected


def test_django_q_has_its_cluster_beside_its_workers() -> None:
    ((least, most),) = asked("worker: python manage.py qcluster").values()
    assert isinstance(least, int)
    assert least >= 6
    assert most == least


def test_daemons_that_uwsgi_attaches_are_processes_of_their_own() -> None:
    ini = "[uwsgi]\nmodule = shop.wsgi\nprocesses = 2\nattach-daemon = ./manage.py run_jobs\nmule = shop/mule.py\n"
    found = asked("web: uwsgi --ini deploy/uwsgi.ini", **{"deploy/uwsgi.ini": ini, "shop/mule.py": "import django\n"})
    assert sorted(found.values()) == [(1, 1), (1, 1), (2, 2)]
