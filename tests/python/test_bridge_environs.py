"""environs in settings, as the real library loads them and as the evaluator reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import Case, load_really, load_statically
from evaluating import age

from connlint.formats.packages.versions import Packages
from connlint.value import Value

URL = "postgres://u:p@h:6432/n?sslmode=require"
ENV = "from environs import Env\nenv = Env()\n"
BASE = "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent\n"
FILE = {".env": "AGE=44\n"}
CASES = [
    Case("int", ENV + "AGE = env.int('AGE', 3)", {"AGE": "6"}),
    Case("default", ENV + "AGE = env.int('AGE', 3)"),
    Case("bool", ENV + "AGE = env.bool('AGE', False)", {"AGE": "on"}),
    Case("list", ENV + "AGE = env.list('AGE', subcast=int)", {"AGE": "1,2"}),
    Case("validated", "from environs import Env, validate\nAGE = Env().int('AGE', 4, validate=validate.Range(min=1))"),
    Case("module", "import environs\nenv = environs.Env()\nenv.read_env()\nAGE = env('AGE')", {}, FILE),
    Case("shared", "from environs import env\nenv.read_env()\nAGE = env('AGE')", {}, FILE),
    Case("prefixed", ENV + "with env.prefixed('A_'):\n    with env.prefixed('B_'):\n        AGE = env.int('AGE', 3)", {"A_B_AGE": "6"}),
    Case("expanded", "from environs import Env\nAGE = Env(expand_vars=True).int('AGE', 3)", {"AGE": "${B:-9}"}),
    Case("derived", "from environs import Env\nclass My(Env):\n    pass\nAGE = My().int('AGE', 3)", {"AGE": "6"}),
    Case("file-aware", "from environs import FileAwareEnv\nAGE = FileAwareEnv().int('AGE')", {"AGE_FILE": "s"}, {"s": "60"}),
    Case("missing", "import environs\ntry:\n    AGE = environs.Env().int('AGE')\nexcept environs.EnvError:\n    AGE = 4"),
    Case("dj-db-url", ENV + "DATABASES = {'default': env.dj_db_url('U', default='sqlite://', conn_max_age=4)}", {"U": URL}),
    Case("dj-db-url-default", ENV + "DATABASES = {'default': env.dj_db_url('U', default='sqlite://x', conn_max_age=4)}"),
    Case("read-text", BASE + ENV + "env.read_env(str(BASE_DIR / '.env'))\nAGE = env.int('AGE')", {}, FILE),
    Case("read-upwards", BASE + ENV + "env.read_env(BASE_DIR / 'sub/.env')\nAGE = env.int('AGE', 3)", {}, {**FILE, "sub/x": ""}),
    Case("read-here-alone", BASE + ENV + "env.read_env(BASE_DIR / 'sub/.env', recurse=False)\nAGE = env.int('AGE', 3)", {}, {**FILE, "sub/x": ""}),
    Case("read-two", ENV + "env.read_env('a.env')\nenv.read_env('b.env')\nAGE = env.int('AGE')", {}, {"a.env": "AGE=1", "b.env": "AGE=2"}),
    Case("read-two-override", ENV + "env.read_env('a.env')\nenv.read_env('b.env', override=True)\nAGE = env.int('AGE')", {}, {"a.env": "AGE=1", "b.env": "AGE=2"}),
    Case("override-loses-to-the-environment", ENV + "env.read_env('.env', override=True)\nAGE = env.int('AGE')", {"AGE": "1"}, FILE),
    Case("the-process-keeps-its-variables", "import os\n" + ENV + "env.read_env()\nAGE = int(os.environ.get('AGE', '7'))", {}, FILE),
    Case("another-object-reads-nothing", ENV + "env.read_env()\nAGE = Env().int('AGE', 7)", {}, FILE),
    Case("return-path", ENV + "AGE = str(env.read_env(return_path=True)).endswith('/.env')", {}, FILE),
    Case("returns-false", ENV + "AGE = env.read_env('none.env')"),
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


OLD = Packages(versions={"environs": Value.exact("14.1.0")})
UNSTATED = Packages()
BEFORE_15 = [
    ("os.environ.get('AGE', '7')", "env.read_env()", {}, "44", ["7", "44"]),
    ("env('AGE')", "env.read_env()", {}, "44", "44"),
    ("env('AGE')", "env.read_env(override=True)", {"AGE": "1"}, "44", ["1", "44"]),
    ("env('AGE')", "env.read_env()", {"AGE": "1"}, "1", "1"),
    ("os.environ['AGE']", "env.read_env('.env', True, False, True)", {"AGE": "1"}, "44", "44"),
    ("os.environ['AGE']", "Env.read_env()", {}, "44", "44"),
]


@pytest.mark.parametrize(("asked", "read", "environment", "old", "unstated"), BEFORE_15)
def test_before_15_read_env_sets_the_variables_of_the_process(
    asked: str, read: str, environment: dict[str, str], old: object, unstated: object, tmp_path: Path
) -> None:
    """Where no file states the version, a value that the versions agree in is known, else it is one of both."""
    case = Case("old", f"import os\n{ENV}{read}\nAGE = {asked}", environment, FILE)
    assert load_statically(case, tmp_path, OLD)["CONN_MAX_AGE"] == old
    assert load_statically(case, tmp_path, UNSTATED)["CONN_MAX_AGE"] == unstated


@pytest.mark.parametrize(
    ("least", "below", "known"),
    [("15.1", None, "7"), ("9.0", "15.0", "44"), (None, "10", "44"), ("14", None, ["7", "44"])],
)
def test_a_range_of_versions_may_decide(least: str | None, below: str | None, known: object, tmp_path: Path) -> None:
    case = Case("range", f"import os\n{ENV}env.read_env()\nAGE = os.environ.get('AGE', '7')", {}, FILE)
    packages = Packages(bounds={"environs": (least, below)})
    assert load_statically(case, tmp_path, packages)["CONN_MAX_AGE"] == known


def test_after_an_unknown_file_no_unset_variable_is_known() -> None:
    code = ENV + "import vault\nenv.read_env(vault.path())\nAGE = env.int('AGE', 5)\n"
    assert age(code, files=FILE) == "unknown: vault.path is not part of the project"
    assert age(code, {"AGE": "6"}, files=FILE) == 6
