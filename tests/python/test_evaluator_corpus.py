"""Real projects: what is read statically against what Django and gunicorn really had.

Needs the corpus beside the checkout and its projects laid out (`shared/corpus/trees.py`) in the folder that
CONNLINT_TREES names.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connlint.project.tree import Tree
from connlint.python.gunicorn import evaluate_gunicorn
from connlint.python.settings import evaluate_settings
from connlint.value import ABSENT, Value

NUMBERS = ("workers", "threads", "timeout", "graceful_timeout", "keepalive", "worker_connections", "max_requests",
           "max_requests_jitter", "preload_app", "worker_class", "bind", "backlog")  # fmt: skip
DEFAULTS = {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "ATOMIC_REQUESTS": False, "HOST": "", "ENGINE": ""}


@pytest.fixture(scope="module")
def corpus() -> Path:
    folder = Path(__file__).resolve().parents[3] / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus is not beside this checkout")
    return folder


@pytest.fixture(scope="module")
def trees() -> Path:
    if "CONNLINT_TREES" not in os.environ:
        pytest.skip("CONNLINT_TREES names no folder with the projects of the corpus")
    return Path(os.environ["CONNLINT_TREES"])


def rows(label: dict[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    """The verdict on each key of each alias, with the key."""
    found = evaluate_settings(
        Tree(root),
        label["settings_module"],
        python_path=label["sys_path"],
        environment={name: Value.exact(text.replace("{ROOT}", str(root))) for name, text in label["env"].items()},
        cpus=Value.unknown("not declared"),
    )
    for alias, truth in label["DATABASES"].items():
        database = found.databases.get(alias)
        for key, default in DEFAULTS.items():
            true = truth.get(key, default)
            value = database.settings.get(key, Value.exact(default)) if database else Value.unknown("no such alias")
            told = [default if v is ABSENT else v for v in value.alternatives]
            right = any((v or "") == (true or "") if key == "HOST" else v == true for v in told)
            verdict = (
                "unknown" if value.is_unknown else "wrong" if not right else "exact" if len(told) == 1 else "choice"
            )
            yield key, verdict


def test_databases_are_what_django_loaded(corpus: Path, trees: Path) -> None:
    every: Counter[str] = Counter()
    ages: Counter[str] = Counter()
    for path in sorted((corpus / "settings").glob("*.json")):
        label = json.loads(path.read_text())
        for key, verdict in rows(label, trees / label["repo"].replace("/", "__")):
            assert verdict != "wrong", (path.name, key)
            every[verdict] += 1
            ages[verdict] += key == "CONN_MAX_AGE"
    assert every["exact"] >= 0.95 * every.total()
    assert ages["exact"] >= 0.95 * ages.total()


def test_gunicorn_settings_are_what_gunicorn_took(corpus: Path, trees: Path) -> None:
    cpus = Value.exact(json.loads((corpus / "gunicorn.json").read_text())["cpu_count"])
    for file in json.loads((corpus / "gunicorn.json").read_text())["files"]:
        tree = Tree(trees / file["repo"].replace("/", "__"))
        for case in (file["empty"], file["wc"]):
            held = {name: Value.exact(text) for name, text in case["env"].items()}
            settings = evaluate_gunicorn(tree, file["path"], environment=held, cpus=cpus).settings
            for name, true in case["known"].items():
                value = settings[name]
                if name in NUMBERS and not value.is_unknown:
                    assert true in (*value.alternatives, *map(repr, value.alternatives)), (file["repo"], name)
