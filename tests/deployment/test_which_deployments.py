"""Which of several files that start the same processes are the deployment."""

from __future__ import annotations

import pytest

from connlint.engine import Options, inspect
from connlint.project.tree import Tree

STARTS = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
FILES = {
    "manage.py": STARTS,
    "shop/__init__.py": "",
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}\n',
    "shop/wsgi.py": STARTS,
}


def found(files: dict[str, str]) -> dict[str, dict[str, object]]:
    """The numbers of processes in each deployment that is judged, by process."""
    deployments = inspect(Tree(None, {**FILES, **files}), Options()).deployments
    return {
        each.name: {
            group.name: group.processes.only if group.processes.is_exact else group.processes.reason
            for group in each.groups
        }
        for each in deployments
        if not each.development
    }


COMPOSE = {
    "compose.yml": "services: {web: {image: shop, build: ., command: gunicorn -w 4 shop.wsgi}}\n",
    "compose.override.yml": "services: {web: {command: python manage.py runserver}}\n",
    "Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY . .\n",
}


def test_a_base_is_judged_without_its_override_where_nothing_else_is_deployed() -> None:
    assert found(COMPOSE) == {"compose.yml": {"web": 4}}
    assert found({**COMPOSE, "Procfile": "web: gunicorn -w 2 shop.wsgi\n"}) == {"Procfile": {"web": 2}}


SUPERVISED = {
    "deploy/supervisor.conf": "[program:web]\ncommand=gunicorn -w %(ENV_WORKERS)s shop.wsgi\n[program:mail]\n"
    "command=python manage.py mails\n[program:clock]\ncommand=python manage.py clock\n",
}


@pytest.mark.parametrize("name", ["Dockerfile", "deploy/Dockerfile.prod"])
def test_supervisor_s_programs_are_part_of_the_image_that_starts_them(name: str) -> None:
    image = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nENV WORKERS=3\nCMD supervisord -c deploy/supervisor.conf\n"
    assert found(SUPERVISED) == {
        "deploy/supervisor.conf": {
            "web": "WORKERS is set in no file that was read; supervisord has it from its environment",
            "mail": 1,
            "clock": 1,
        }
    }
    assert found({**SUPERVISED, name: image}) == {
        name: {"web": 3, "web: manage.py mails": 1, "web: manage.py clock": 1}
    }


def test_programs_that_supervisor_starts_run_side_by_side() -> None:
    image = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nENV WORKERS=3\nCMD supervisord -c deploy/supervisor.conf\n"
    (deployment,) = inspect(Tree(None, {**FILES, **SUPERVISED, "Dockerfile": image}), Options()).deployments
    assert [group.role.value for group in deployment.groups] == ["service"] * 3


MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template: {{spec: {{containers: [{{name: c, image: shop, command: [gunicorn, -w, "{workers}", shop.wsgi]}}]}}}}
---"""


def test_manifests_that_are_rendered_from_an_overlay_are_the_deployment() -> None:
    overlay = {
        "deploy/kustomize/kustomization.yaml": "resources: [all.yaml]\n",
        "deploy/kustomize/all.yaml": MANIFEST.format(name="web", workers=2) + MANIFEST.format(name="api", workers=3),
    }
    rendered = {"deploy/app.yaml": overlay["deploy/kustomize/all.yaml"]}
    assert found(overlay) == {"deploy/kustomize": {"web": 2, "api": 3}}
    assert found({**overlay, **rendered}) == {"deploy": {"web": 2, "api": 3}}


def test_an_overlay_with_other_workloads_is_a_deployment_of_its_own() -> None:
    files = {
        "deploy/kustomize/kustomization.yaml": "resources: [all.yaml]\n",
        "deploy/kustomize/all.yaml": MANIFEST.format(name="web", workers=2),
        "k8s/app.yaml": MANIFEST.format(name="web", workers=2) + MANIFEST.format(name="api", workers=3),
    }
    assert found(files) == {"deploy/kustomize": {"web": 2}, "k8s": {"web": 2, "api": 3}}
