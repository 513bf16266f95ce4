"""Tells which files say what is started: compose files, Dockerfiles, Procfiles, units, manifests and their like.

By the name where it decides; by a few bytes of the content where many files share an ending. `WORDS` tells a
developer's, a test's or an example's file from one that is deployed.
"""

from __future__ import annotations

import re
from typing import Final

from connlint.project.tree import Tree

__all__ = ["deployment_kind", "is_for_development"]

_COMPOSE: Final = re.compile(r"(?:^|[._-])compose(?:[._-].*)?\.ya?ml$|^docker-stack.*\.ya?ml$")
_DOCKERFILE: Final = re.compile(r"^(?:docker|container)file(?:[._-].*)?$|\.(?:docker|container)file$")
_NOT_A_DOCKERFILE: Final = re.compile(r"\.(?:j2|jinja2?|tpl|template|md|txt|py|sh|ya?ml|json|dockerignore)$")
_PROCFILE: Final = re.compile(r"^procfile(?:[._-].*)?$")
_S6: Final = re.compile(
    r"(?:^|/)(?:services\.d|s6-rc\.d|s6-overlay|cont-init\.d|etc/service|etc/services|runit|service)/"
)
_TASKS: Final = re.compile(r"^(?:dockerrun\.aws|.*task[_-]?def(?:inition)?s?.*)\.json$")
_UNIT_JSON: Final = re.compile(r"(?:^|[._-])unit(?:[._-].*)?\.json$")
_BY_NAME: Final = {
    "app.json": "app_json", "heroku.yml": "heroku", "render.yaml": "render", "render.yml": "render",
    "railway.json": "railway", "railway.toml": "railway", "nixpacks.toml": "nixpacks", "app.yaml": "appengine",
    "app.yml": "appengine", "chart.yaml": "helm", "kustomization.yaml": "kustomize", "kustomization.yml": "kustomize",
    "kustomization": "kustomize", "dokku_scale": "dokku", "crontab": "cron", "procfile": "procfile",
}  # fmt: skip
_FLY: Final = re.compile(r"^fly(?:[._-].*)?\.toml$")
_OTHER_YAML: Final = (".github/", ".circleci/", "cassettes/", "locale/", "node_modules/", "openapi", "swagger")
WORDS: Final = frozenset(
    {"dev", "devel", "develop", "unittest", "unittests", "development", "local", "localdev", "debug", "test", "tests", "testing", "ci", "e2e",
     "example", "examples", "sample", "samples", "demo", "devcontainer", "vagrant", "bench", "benchmark", "docs", "doc",
     "override", "selenium", "cypress", "playwright", "sandbox", "dist", "template", "tpl", "quickstart"}
)  # fmt: skip
_SPLIT: Final = re.compile(r"[^a-z0-9]+")


def is_for_development(path: str) -> bool:
    """Whether a path says that what it starts is for a developer's machine, for tests or an example."""
    return not WORDS.isdisjoint(_SPLIT.split(path.lower()))


def deployment_kind(tree: Tree, path: str, name: str) -> str | None:
    """The reader that a file is for, by `name` (the last part of `path`, in lower case); None where it is for none."""
    kind = _BY_NAME.get(name)
    if kind == "appengine" and _yaml(tree, path, name) == "kubernetes":
        return "kubernetes"
    if kind is not None:
        return kind
    if name.endswith((".yaml", ".yml")):
        return _yaml(tree, path, name)
    if name.endswith((".service", ".timer", ".target")) or (name.endswith(".conf") and ".service.d/" in path):
        return "systemd"
    if name.endswith((".conf", ".ini", ".vhost")):
        return _conf(tree, path, name)
    if name.endswith(".toml"):
        return "fly" if _FLY.match(name) else None
    if name.endswith(".json"):
        if _UNIT_JSON.search(name) and tree.holds(path, b'"applications"'):
            return "nginx_unit"
        return "ecs" if _TASKS.match(name) and tree.holds(path, b"ontainerDefinitions") else None
    if _DOCKERFILE.search(name):
        return None if _NOT_A_DOCKERFILE.search(name) else "dockerfile"
    if _PROCFILE.match(name):
        return "procfile"
    if name in ("run", "up") and _S6.search(path):
        return "s6"
    if "/cron.d/" in f"/{path}" and "." not in name:
        return "cron"
    return None


def _yaml(tree: Tree, path: str, name: str) -> str | None:
    if _COMPOSE.search(name):
        return "compose"
    if any(part in path for part in _OTHER_YAML):
        return None
    return "kubernetes" if tree.holds(path, b"apiVersion:") and tree.holds(path, b"kind:") else None


def _conf(tree: Tree, path: str, name: str) -> str | None:
    if "supervisor" in name or tree.holds(path, b"[program:"):
        return "supervisor"
    return "mod_wsgi" if tree.holds(path, b"WSGIDaemonProcess") else None
