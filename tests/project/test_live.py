"""A tree that outlives an inspection says exactly what a fresh one does, and asks little again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.engine import Options, inspect
from connlint.project.configuration import ConfigurationError
from connlint.project.live import MOST_ANSWERS, PLENTY, LiveTree, Stale
from connlint.project.tree import Tree
from connlint.python.language.fuel import ALL_STEPS, STEPS
from connlint.report.listing import databases
from connlint.report.redact import Redactor

FILES: Mapping[str, str] = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n",
    "shop/__init__.py": "",
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": """\
import os
from shop.ages import AGE
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("DB_HOST", "db"),
        "CONN_MAX_AGE": AGE,
    }
}
EMAIL_BACKEND = "shop.mail.Backend"
""",
    "shop/settings/production.py": "from .base import *\nDATABASES['default']['CONN_HEALTH_CHECKS'] = True\n",
    "shop/ages.py": "AGE = 60\n",
    "shop/models.py": "from django.db import models\nclass Order(models.Model):\n    pass\n",
    "shop/work.py": """\
import threading
from django.db import close_old_connections
from shop.models import Order

def count():
    Order.objects.count()
    close_old_connections()

def begin():
    threading.Thread(target=count).start()
""",
    "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n",
    "compose.yml": """\
services:
  web:
    build: .
    command: gunicorn --workers 4 --threads 8 shop.wsgi
    environment:
      DB_HOST: pgbouncer
  pgbouncer:
    image: edoburu/pgbouncer
    volumes: ["./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini"]
  db:
    image: postgres:16
    command: postgres -c max_connections=50
""",
    "Dockerfile": "FROM python:3.12\nCOPY . /app\nWORKDIR /app\n",
    "pgbouncer.ini": "[databases]\n* = host=db\n[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 20\nserver_idle_timeout = 30\n",
    "requirements.txt": "django==5.2\npsycopg==3.2\ngunicorn==23\n",
    "connlint.toml": "cpus = 4\n",
}
WORDS = ("60", "None", "8", "80", "transaction", "session", "'", '"', "}", "{", "[", ":", "\n", "#", " ", "web", "db", "CONN_MAX_AGE",
         "close_old_connections", "# connlint: ignore[low-headroom] -- no\n", "\ufeff", "\r", "\U0001f418", "0", "pool")  # fmt: skip


def outcome(tree: Tree) -> object:
    """All that an inspection says, or the mistake it ends with; how much was read for it left out."""
    try:
        report = inspect(tree, Options())
    except ConfigurationError as error:
        return str(error), error.span
    clean = Redactor()
    told = [(each.name, each.path, databases(each, clean), each.problems) for each in report.modules]
    crews = [
        (d.name, d.development, [(g.name, g.processes, g.threads, g.replicas, g.span) for g in d.groups], d.documents, d.lacks, d.code)
        for d in report.deployments
    ]  # fmt: skip
    return report.findings, report.lacks, report.documents, told, crews, report.suppressed


Change = tuple[str, int, int, str]
changes = st.tuples(
    st.sampled_from(sorted(FILES)), st.integers(0, 400), st.integers(0, 12), st.lists(st.sampled_from(WORDS), max_size=3).map("".join)
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.one_of(changes, st.sampled_from(sorted(FILES))), min_size=1, max_size=6))
def test_after_any_edits_the_answer_is_that_of_a_fresh_inspection(steps: list[Change | str]) -> None:
    """A step edits one file, or takes it away; taken away again, it comes back."""
    live, texts = LiveTree(None), dict(FILES)
    for step in steps:
        if isinstance(step, str):
            texts = {**texts, step: FILES[step]} if step not in texts else {p: t for p, t in texts.items() if p != step}
        else:
            path, start, length, text = step
            old = texts.get(path, "")
            texts = {**texts, path: old[:start] + text + old[start + length :]}
        live.renew(texts)
        assert outcome(live) == outcome(Tree(None, texts))


def test_what_changes_on_the_disk_is_seen_where_it_is_told(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    live = LiveTree(tmp_path)
    for path, text in (("shop/ages.py", "AGE = 0\n"), ("pgbouncer.ini", None), ("shop/more.py", "import threading\n"),
                       ("shop/ages.py", "AGE = 'x"), ("pgbouncer.ini", FILES["pgbouncer.ini"])):  # fmt: skip
        live.renew({})
        assert outcome(live) == outcome(Tree(tmp_path))
        if text is None:
            (tmp_path / path).unlink()
        else:
            (tmp_path / path).write_text(text, encoding="utf-8")
        live.renew({}, [path])
        assert outcome(live) == outcome(Tree(tmp_path))


def asked(live: LiveTree, texts: Mapping[str, str]) -> list[str]:
    """The questions that are answered anew for these texts."""
    answered: list[str] = []
    live.renew(texts)
    original = LiveTree._answered
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveTree, "_answered", lambda self, key: answered.append(key[0].__name__) or original(self, key))
        inspect(live, Options())
    return answered


def test_an_edit_of_the_settings_asks_for_nothing_but_the_settings() -> None:
    live = LiveTree(None)
    asked(live, FILES)
    base = FILES["shop/settings/base.py"]
    assert asked(live, FILES) == []
    assert set(asked(live, {**FILES, "shop/settings/base.py": base + "X = 1\n"})) <= {"_said", "_evaluated", "_parsed"}


def test_an_edit_of_the_code_evaluates_no_settings() -> None:
    live = LiveTree(None)
    asked(live, FILES)
    again = asked(live, {**FILES, "shop/work.py": FILES["shop/work.py"] + "\n# more\n"})
    assert "_analysed" in again
    assert "_evaluated" not in again


def test_an_inspection_that_nobody_wants_any_more_ends() -> None:
    live = LiveTree(None)
    live.renew(FILES, stale=lambda: True)
    with pytest.raises(Stale):
        inspect(live, Options())
    live.renew(FILES)
    assert outcome(live) == outcome(Tree(None, FILES))


def test_no_more_is_kept_than_there_is_room_for() -> None:
    live = LiveTree(None)
    for number in range(MOST_ANSWERS + 10):
        live.renew({})
        live.recall(_doubled, number)
    assert len(live._answers) == MOST_ANSWERS


def _doubled(_tree: Tree, number: int) -> int:
    return 2 * number


def test_an_answer_is_used_again_only_while_evaluations_are_given_all_their_steps() -> None:
    assert PLENTY <= ALL_STEPS - STEPS
