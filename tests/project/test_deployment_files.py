"""Which files say what is started, told by name and, where many share a name, by a few bytes."""

from __future__ import annotations

import pytest

from connlint.project.deployment_files import is_for_development
from connlint.project.discovery import discover
from connlint.project.tree import Tree

MANIFEST = "apiVersion: apps/v1\nkind: Deployment\n"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("compose.yml", "", "compose"),
        ("docker-compose.prod.yaml", "", "compose"),
        ("deploy/production.docker-compose.yml", "", "compose"),
        ("docker-stack.yml", "", "compose"),
        ("decompose.yml", "", None),
        ("Dockerfile", "", "dockerfile"),
        ("docker/web.Dockerfile", "", "dockerfile"),
        ("Containerfile.worker", "", "dockerfile"),
        ("Dockerfile.j2", "", None),
        ("Dockerfile.dockerignore", "", None),
        ("Procfile", "", "procfile"),
        ("Procfile.dev", "", "procfile"),
        ("app.json", "{}", "app_json"),
        ("deploy/web.service", "", "systemd"),
        ("deploy/web.service.d/override.conf", "", "systemd"),
        ("supervisord.conf", "", "supervisor"),
        ("etc/app.conf", "[program:web]\n", "supervisor"),
        ("etc/site.conf", "WSGIDaemonProcess shop processes=2\n", "mod_wsgi"),
        ("etc/nginx.conf", "server {}\n", None),
        ("k8s/web.yaml", MANIFEST, "kubernetes"),
        ("k8s/app.yaml", MANIFEST, "kubernetes"),
        ("app.yaml", "runtime: python312\n", "appengine"),
        (".github/workflows/k8s.yaml", MANIFEST, None),
        ("translations.yaml", "a: b\n", None),
        ("charts/shop/Chart.yaml", "apiVersion: v2\n", "helm"),
        ("k8s/kustomization.yaml", "", "kustomize"),
        ("fly.toml", "", "fly"),
        ("fly.staging.toml", "", "fly"),
        ("render.yaml", "", "render"),
        ("unit.json", '{"applications": {}}', "nginx_unit"),
        ("unit.json", "{}", None),
        ("rootfs/etc/s6-overlay/s6-rc.d/web/run", "", "s6"),
        ("scripts/run", "", None),
        ("etc/cron.d/shop", "", "cron"),
    ],
)
def test_the_kind_of_a_file(path: str, text: str, kind: str | None) -> None:
    found = discover(Tree(None, {path: text})).started_by
    assert found == ({kind: (path,)} if kind else {})


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("docker-compose.dev.yml", True),
        (".devcontainer/docker-compose.yml", True),
        ("compose.local.yaml", True),
        ("deploy/tests/compose.yml", True),
        ("docker-compose.yml", False),
        ("docker-compose.prod.yml", False),
        ("devices/compose.yml", False),
        ("k8s/production/web.yaml", False),
    ],
)
def test_what_is_for_a_developer(path: str, answer: bool) -> None:
    assert is_for_development(path) is answer
