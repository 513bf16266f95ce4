"""When no fix is offered because more hangs on a text than the finding, and when one is called safe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connlint.engine import Options, inspect
from connlint.finding import Finding, Fix, Safety
from connlint.project.tree import Tree
from connlint.rulebook import Evidence, Found
from connlint.source import Edit, Source
from connlint.value import Origin, Value, Verdict

ALIAS = '{"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "db.internal", "CONN_MAX_AGE": %s}'
ASGI = "worker_class = 'uvicorn.workers.UvicornWorker'\n"
SYNC = "workers = 2\n"


def finding(rule: str, settings: str, gunicorn: str) -> Finding:
    files = {"shop/__init__.py": "", "shop/settings.py": settings, "gunicorn.conf.py": gunicorn}
    found = inspect(Tree(None, {**files, "requirements.txt": "Django==5.2\npsycopg==3.2\n"}), Options(select=(rule,)))
    return found.findings[0]


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        (f'AGE = 60\nDATABASES = {{"default": {ALIAS % 60}}}\nCACHE_SECONDS = AGE\n', True),
        (f'AGE = 60\nDATABASES = {{"default": {ALIAS % "AGE"}}}\nCACHE_SECONDS = AGE\n', False),
        (
            f'import os\nDATABASES = {{"default": {ALIAS % "int(os.environ.get(0 or {!r}, 60))".format("AGE")}}}\n',
            False,
        ),
    ],
)
def test_a_number_that_serves_others_or_comes_from_a_variable_is_left_alone(settings: str, offered: bool) -> None:
    assert (finding("persistent-under-asgi", settings, ASGI).fix is not None) is offered


def test_an_alias_that_branches_make_is_left_alone() -> None:
    one = f'DATABASES = {{"default": {ALIAS % 0}}}'
    branches = f"import platform\nif platform.node() == 'web':\n    {one}\nelse:\n    {one}\n"
    assert finding("missing-connect-timeout", f"{one}\n", SYNC).fix is not None
    assert finding("missing-connect-timeout", branches, SYNC).fix is None


SPAN = Source("a.py", "60").span(0, 2)
FIX = Fix(Safety.SAFE, "set it to 0", (Edit(SPAN, "0"),))
GUESSED = Evidence(Value.exact(60, Origin.assumed("nobody says so", SPAN)))


@pytest.mark.parametrize(
    ("found", "safety"),
    [
        (Found("wrong", (Evidence(SPAN),), "it", fix=FIX), Safety.SAFE),
        (Found("wrong", (Evidence(SPAN),), "it", fix=FIX, verdict=Verdict.CAN), Safety.UNSAFE),
        (Found("wrong", (GUESSED,), "it", fix=FIX), Safety.UNSAFE),
        (Found("wrong", (GUESSED,), "it", fix=FIX, harmless=True), Safety.SAFE),
    ],
)
def test_only_what_is_certain_is_safe(found: Found, safety: Safety) -> None:
    assert found.offered is not None
    assert found.offered.safety is safety


@pytest.mark.parametrize(("flag", "imported"), [("--no-cache", "False"), ("--unsafe-fixes", "True")])
def test_libcst_is_imported_only_when_a_fix_is_written(tmp_path: Path, flag: str, imported: str) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "settings.py").write_text(f'DATABASES = {{"default": {ALIAS % 0}}}\n')
    (tmp_path / "shop" / "work.py").write_text(
        "from threading import Thread\n\nfrom django.contrib.auth.models import User\n\n\n"
        "def settle():\n    User.objects.count()\n\n\nThread(target=settle).start()\n"
    )
    code = (
        "import sys\nfrom connlint.cli import main\n"
        f"main(['check', '--select', 'orm-in-unmanaged-thread', {flag!r}])\nprint('libcst' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=dict(os.environ)
    )
    assert "settle()" in run.stdout + run.stderr or imported == "True"
    assert run.stdout.splitlines()[-1] == imported
    assert ("close_all()" in (tmp_path / "shop" / "work.py").read_text()) is (imported == "True")
