"""The reader of compose files against `docker compose config`, where that is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from connlint.formats.compose.reader import read_compose
from connlint.formats.services import Service
from connlint.formats.words import texts
from connlint.project.tree import Tree


def _is_installed() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "compose", "version"], capture_output=True, timeout=60).returncode == 0


pytestmark = pytest.mark.skipif(not _is_installed(), reason="docker compose is not installed")

CASES: dict[str, dict[str, str]] = {
    "commands": {
        "compose.yml": "services:\n  a: {image: x, command: \"sh -c 'a && b'\"}\n  b: {image: x, command: migrate && serve}\n"
        "  c: {image: x, command: [a, 'b c', '${X:-d e}']}\n  d: {image: x, command: 'run ${X:---workers 4}'}\n"
        "  e: {image: x, command: null, entrypoint: []}\n  f:\n    image: x\n    command: >\n      a b\\ c\n      \"d\"\n",
    },
    "environments": {
        "compose.yml": "x-e: &e {A: 1, B: 010, C: 1.50, D: yes, E: true}\nservices:\n  a: {image: x, environment: {<<: *e, B: two}}\n"
        "  b: {image: x, environment: [A=1, A=2, 'C=${M:-x}-$$y', N=]}\n  c: {image: x, environment: {M: null}}\n",
        ".env": "M=from dotenv\n",
    },
    "env files": {
        "compose.yml": "services: {a: {image: x, env_file: [b.env, a.env, b.env, {path: c.env, required: false}], environment: {C: own}}}\n",
        "a.env": "A=a # comment\nF=$A$B${C}\nexport G='$A'\nH=\"x\\ty $A\"\n", "b.env": "A=b\nB: b\n",
    },
    "overrides": {
        "compose.yml": "services:\n  a:\n    image: x\n    command: base\n    environment: {A: 1, B: 1}\n    ports: ['80:80']\n"
        "    deploy: {replicas: 2}\n  b: {extends: a, command: own}\n",
        "compose.override.yml": "services:\n  a:\n    command: null\n    environment: [B=2]\n    ports: !override ['8080-8081:80-81']\n",
    },
    "inclusion": {
        "compose.yml": "include: [in/in.yml]\nservices: {a: {extends: {file: ex/ex.yml, service: e}, environment: {A: 2}}}\n",
        "in/in.yml": "services: {i: {image: 'y:${V}', env_file: i.env}}\n", "in/.env": "V=3\n", "in/i.env": "I=1\n",
        "ex/ex.yml": "services: {e: {image: x, environment: {A: 1, B: 1}, env_file: e.env, ports: ['1:2']}}\n", "ex/e.env": "Q=q\n",
    },
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_compose_makes_the_same_of_it(case: str, tmp_path: Path) -> None:
    for name, text in CASES[case].items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    done = subprocess.run(
        ["docker", "compose", "config", "--format", "json"],
        cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    theirs = json.loads(done.stdout)["services"]
    paths = [name for name in CASES[case] if name.endswith(".yml")]
    (stack,) = read_compose(Tree(tmp_path), sorted(paths), {})
    assert {service.name: _shown(service) for service in stack.services} == {
        name: _theirs(service) for name, service in theirs.items()
    }


def _shown(service: Service) -> dict[str, object]:
    return {
        "image": None if service.image is None else service.image.only,
        "command": None if service.command is None else texts(service.command.words),
        "entrypoint": None if service.entrypoint is None else texts(service.entrypoint.words),
        "environment": {name: value.only for name, value in service.environment.items()},
        "ports": sorted(service.ports),
        "replicas": service.replicas.only,
    }


def _theirs(service: dict[str, object]) -> dict[str, object]:
    """The same of what compose prints, where a dollar sign stands twice."""
    plain = json.loads(json.dumps(service).replace("$$", "$"))
    return {
        "image": plain.get("image"),
        "command": plain.get("command") or None,
        "entrypoint": plain.get("entrypoint"),
        "environment": plain.get("environment") or {},
        "ports": sorted((int(port["published"]), port["target"]) for port in plain.get("ports") or []),
        "replicas": (plain.get("deploy") or {}).get("replicas", 1),
    }
