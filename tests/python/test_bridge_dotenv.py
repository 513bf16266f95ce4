"""python-dotenv in settings, as the real library loads them and as the evaluator reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import Case, load_really, load_statically
from evaluating import age

LOAD = "import os\nfrom dotenv import load_dotenv\n"
BASE = LOAD + "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent\n"
AGE = "AGE = os.environ.get('AGE', '1')"
FILE = {".env": "AGE=44\n"}
CASES = [
    Case("found", LOAD + "load_dotenv()\n" + AGE, {}, FILE),
    Case("by-path", BASE + "load_dotenv(BASE_DIR / '.env')\n" + AGE, {}, FILE),
    Case("by-join", BASE + "load_dotenv(dotenv_path=os.path.join(BASE_DIR, 'x.env'), verbose=True)\n" + AGE, {}, FILE),
    Case("environment-wins", LOAD + "load_dotenv()\n" + AGE, {"AGE": "2"}, FILE),
    Case("override", LOAD + "load_dotenv(override=True)\n" + AGE, {"AGE": "2"}, FILE),
    Case("override-by-position", LOAD + "load_dotenv('.env', None, False, True)\n" + AGE, {"AGE": "2"}, FILE),
    Case("interpolated", LOAD + "load_dotenv()\n" + AGE, {}, {".env": "AGE=${B:-4}\n"}),
    Case("not-interpolated-by-position", LOAD + "load_dotenv('.env', None, False, False, False)\n" + AGE, {}, {".env": "AGE=${B:-4}\n"}),
    Case("stream", LOAD + "import io\nload_dotenv(stream=io.StringIO('AGE=5'))\n" + AGE, {}, FILE),
    Case("stream-by-position", LOAD + "import io\nload_dotenv(None, io.StringIO('AGE=5'))\n" + AGE, {}, FILE),
    Case("find", LOAD + "from dotenv import find_dotenv\nload_dotenv(find_dotenv())\n" + AGE, {}, FILE),
    Case("find-what-is-not-there", LOAD + "from dotenv import find_dotenv\nload_dotenv(find_dotenv('.env.prod'))\n" + AGE, {}, FILE),
    Case("find-or-fail", LOAD + "from dotenv import find_dotenv\ntry:\n    find_dotenv('no', True)\n    AGE = 1\nexcept OSError:\n    AGE = 2"),
    Case("find-from-the-working-directory", LOAD + "from dotenv import find_dotenv\nAGE = find_dotenv(usecwd=True).endswith('/.env')", {}, FILE),
    Case("disabled", LOAD + "load_dotenv()\n" + AGE, {"PYTHON_DOTENV_DISABLED": "1"}, FILE),
    Case("values", "import os\nfrom dotenv import dotenv_values\nAGE = {**dotenv_values('.env'), **os.environ}['AGE']", {}, FILE),
    Case("values-under-the-environment", "import os\nfrom dotenv import dotenv_values\nAGE = {**dotenv_values('.env'), **os.environ}['AGE']", {"AGE": "2"}, FILE),
    Case("values-get", "from dotenv import dotenv_values\nAGE = dotenv_values().get('AGE')", {}, FILE),
    Case("values-not-interpolated", "from dotenv import dotenv_values\nAGE = dotenv_values('.env', None, False, False)['AGE']", {}, {".env": "AGE=${B}\n"}),
    Case("get-key", "from dotenv import get_key\nAGE = [get_key('.env', 'AGE'), get_key('.env', 'NONE')]", {}, FILE),
    Case("returns", LOAD + "AGE = [load_dotenv(), load_dotenv('none.env')]", {}, FILE),
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


@pytest.mark.parametrize(
    "code", ["load_dotenv(vault.path())", "load_dotenv(override=vault.flag())", "load_dotenv(**vault.all())"]
)
def test_after_an_unknown_file_no_unset_variable_is_known(code: str) -> None:
    assert str(age(f"import vault\n{LOAD}{code}\n{AGE}\n", files=FILE)).startswith("unknown: ")


def test_a_file_that_may_override_leaves_no_variable_known() -> None:
    code = f"import vault\n{LOAD}load_dotenv(vault.path(), override=True)\n{AGE}\n"
    assert age(code, {"AGE": "5"}) == "unknown: vault.path is not part of the project"


def test_one_text_that_refers_to_an_unknown_variable_leaves_the_others_known() -> None:
    code = "import vault\nimport os\nos.environ['B'] = vault.b()\nfrom dotenv import load_dotenv\nload_dotenv()\n"
    files = {".env": "X=${B}\nAGE=5\n"}
    assert age(code + "AGE = os.environ['AGE']\n", files=files) == "5"
    assert age(code + "AGE = os.environ['X']\n", files=files) == "unknown: vault.b is not part of the project"


def test_a_file_outside_the_project_counts_as_not_there_and_is_told() -> None:
    assert age(f"{LOAD}load_dotenv('/etc/x.env')\n{AGE}\n") == "1"


def test_one_of_two_files_gives_one_of_two_values() -> None:
    code = f"import vault\n{LOAD}load_dotenv('a.env' if vault.flag() else 'b.env')\n{AGE}\n"
    assert age(code, files={"a.env": "AGE=1\n", "b.env": "AGE=2\n"}) == ["1", "2"]


def test_what_a_branch_sets_does_not_hide_the_file_in_the_other() -> None:
    code = f"import vault\n{LOAD}if vault.flag():\n    os.environ['AGE'] = '7'\nload_dotenv()\n{AGE}\n"
    assert age(code, files=FILE) == ["7", "44"]


def test_django_dotenv_looks_in_the_folder_of_its_caller_alone() -> None:
    code = "import os\nfrom dotenv import read_dotenv\nread_dotenv()\n" + AGE + "\n"
    assert age(code, files=FILE) == "44"
    assert age(code, {"AGE": "2"}, files=FILE) == "2"
    assert age(code.replace("read_dotenv()", "read_dotenv('.', True)"), {"AGE": "2"}, files=FILE) == "44"
    assert str(age(code, files={".env": "AGE=$B\n"})).startswith("unknown: ")
