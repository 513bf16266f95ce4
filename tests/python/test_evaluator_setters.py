"""Modules that are imported for what they do to the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import Case, evaluate, load_really, load_statically
from evaluating import databases

GET = "import os\nAGE = os.environ.get('AGE', '1')"
SET = "import os\nos.environ['AGE'] = '9'\n"
CASES = [
    Case("import", "import first\n" + GET, {}, {"first.py": SET}),
    Case("import-from", "from first import NAME\n" + GET, {}, {"first.py": "NAME = 1\n" + SET}),
    Case("import-of-an-import", "import first\n" + GET, {}, {"first.py": "import second\n", "second.py": SET}),
    Case("package", "import first.inner\n" + GET, {}, {"first/__init__.py": SET, "first/inner.py": ""}),
    Case("relative", "import first\n" + GET, {}, {"first/__init__.py": "from . import inner\n", "first/inner.py": SET}),
    Case("relative-name", "import first\n" + GET, {}, {"first/__init__.py": "from .inner import (\n    X)\n", "first/inner.py": "X = 1\n" + SET}),
    Case("setdefault", "import first\n" + GET, {"AGE": "3"}, {"first.py": "import os\nos.environ.setdefault('AGE', '9')\n"}),
    Case("load-dotenv", "import first\n" + GET, {}, {"first.py": "from dotenv import load_dotenv\nload_dotenv()\n", ".env": "AGE=5\n"}),
    Case("read-env", "import first\n" + GET, {}, {"first/__init__.py": "import environ\nenviron.Env.read_env()\n", "first/.env": "AGE=5\n"}),
    Case(
        "the-first-to-call-decouple",
        "import first\nfrom decouple import config\nAGE = config('AGE')",
        {},
        {"first/__init__.py": "from decouple import config\nX = config('X', 1)\n", "first/.env": "AGE=5", ".env": "AGE=6"},
    ),
    Case("after-the-question", GET + "\nimport first\n", {}, {"first.py": SET}),
]  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A folder with all cases, and what the real library makes of each."""
    base = tmp_path_factory.mktemp("cases")
    return base, load_really(CASES, base)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_evaluator_agrees_with_the_real_library(case: Case, loaded: tuple[Path, dict[str, object]]) -> None:
    base, answers = loaded
    assert load_statically(case, base) == answers[case.name]


def test_the_packages_of_the_settings_module_are_run_before_it() -> None:
    files = {"shop/__init__.py": SET, "shop/settings.py": GET + "\nDATABASES = {'default': {'CONN_MAX_AGE': AGE}}\n"}
    assert databases(files, module="shop.settings")["default"]["CONN_MAX_AGE"] == "9"  # type: ignore[index]


def test_a_module_that_sets_nothing_is_not_evaluated(tmp_path: Path) -> None:
    """Naming the settings module, as celery.py does, sets nothing that settings ask for."""
    celery = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n1 / 0\n"
    found = evaluate(Case("celery", "import celery_app\n" + GET, {}, {"celery_app.py": celery}), tmp_path)
    assert not found.problems


def test_modules_that_import_each_other_end() -> None:
    files = {
        "a.py": "import b\n",
        "b.py": "import a\n" + SET,
        "settings.py": "import a\n" + GET + "\nDATABASES = {'default': {'CONN_MAX_AGE': AGE}}\n",
    }
    assert databases(files)["default"]["CONN_MAX_AGE"] == "9"  # type: ignore[index]
