"""Many edits in one process: nothing breaks, nothing is wrong at the end, and memory does not grow."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

from lsp_client import laid

from connlint.engine import Options, inspect
from connlint.lsp.looking import Look
from connlint.project.tree import Tree

FILES: Mapping[str, str] = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "CONN_MAX_AGE": 60}}\n',
    "uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nlazy-apps = true\nprocesses = 9\nthreads = 12\n",
    "compose.yml": "services:\n  db:\n    image: postgres:16\n    command: postgres -c max_connections=20\n",
    "connlint.toml": "cpus = 4\n",
}  # fmt: skip
BITS = ("\n", " ", "0", "}", "[", "'", "# ", ":", "=", "\0", "\ufeff", "\ud800", "\r", "workers", "\U0001f418")
WARM, EDITS, MOST = 150, 450, 600_000  # bytes that later edits may leave behind


def edits(number: int) -> list[dict[str, str]]:
    """Buffers as edits leave them, one after the other: mostly half typed, now and then whole again."""
    chance, texts, found = random.Random(1), dict(FILES), []
    for count in range(number):
        path = chance.choice(list(FILES))
        text = texts[path]
        at = chance.randrange(len(text) + 1)
        texts[path] = (
            FILES[path] if count % 7 == 0 else text[:at] + chance.choice(BITS) + text[at + chance.randrange(3) :]
        )
        found.append(dict(texts))
    return found


def test_memory_stays_flat_and_the_last_answer_is_right(tmp_path: Path) -> None:
    root = str(laid(tmp_path, FILES))
    look = Look(root)
    every = edits(WARM + EDITS)
    for buffers in every[:WARM]:
        look(buffers)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for buffers in every[WARM:]:
            assert look(buffers) is not None
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < MOST
    seen = look(dict(FILES))
    assert seen is not None
    assert seen.findings == inspect(Tree(root, dict(FILES)), Options()).findings


def test_files_that_are_deleted_under_it_are_gone(tmp_path: Path) -> None:
    root = str(laid(tmp_path, FILES))
    look = Look(root)
    for path in FILES:
        look({})
        (tmp_path / path).unlink()
        look.changed((path,))
        seen = look({})
        assert seen is not None
        assert seen.findings == inspect(Tree(root), Options()).findings
    (tmp_path / "shop").rmdir()
    look.changed(("shop",))
    assert look({}) is not None
