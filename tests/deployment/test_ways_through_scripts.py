"""Which of the servers that an entrypoint may start are counted, and how surely."""

from __future__ import annotations

from connlint.deployment.model import ProcessGroup
from connlint.engine import Options, inspect
from connlint.project.tree import Tree
from connlint.value import Certainty

FILES = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}\n',
    "shop/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n# django\n',
    "shop/__init__.py": "",
    "shop/celery.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "Dockerfile": 'FROM python:3.12\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["/app/start.sh"]\n',
}


def groups(script: str) -> dict[str, ProcessGroup]:
    tree = Tree(None, {**FILES, "start.sh": f"#!/bin/sh\n{script}"})
    (deployment,) = inspect(tree, Options()).deployments
    return {group.name: group for group in deployment.groups}


def test_what_is_waited_for_runs_on_deploys_only() -> None:
    found = groups("python manage.py migrate\npython manage.py warm_up\nexec gunicorn -w 3 shop.wsgi\n")
    assert {name: group.role.value for name, group in found.items()} == {
        "web: manage.py migrate": "release",
        "web: manage.py warm_up": "release",
        "web": "service",
    }
    assert found["web"].processes.only == 3


def test_what_runs_only_when_a_variable_is_set_that_nobody_sets_is_left_out() -> None:
    found = groups('if [ "$DEV" = 1 ]; then exec python manage.py runserver; fi\nexec gunicorn -w 3 shop.wsgi\n')
    assert [group.server for group in found.values()] == ["gunicorn"]
    assert found["web"].replicas.only == 1
    assert found["web"].processes.certainty is Certainty.ASSUMED


def test_what_runs_on_some_ways_counts_from_none() -> None:
    found = groups("if grep -q beat /etc/role; then celery -A shop beat & fi\nexec gunicorn -w 3 shop.wsgi\n")
    assert found["web"].replicas.only == 1
    beat = next(group for name, group in found.items() if name != "web")
    assert beat.replicas.bounds() == (0, 1)
