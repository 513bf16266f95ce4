"""python-decouple in settings, as the real library loads them and as the evaluator reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import Case, evaluate, load_really, load_statically
from evaluating import age, databases

URL = "postgres://u:p@h:6432/n?sslmode=require"
CONFIG = "from decouple import config\n"
BASE = "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent\n"
FILE = {".env": "AGE=44\n"}
CASES = [
    Case("environment", CONFIG + "AGE = config('AGE', default=5, cast=int)", {"AGE": "3"}, FILE),
    Case("file", CONFIG + "AGE = config('AGE', default=5, cast=int)", {}, FILE),
    Case("default", CONFIG + "AGE = config('AGE', default='5', cast=int)"),
    Case("by-position", CONFIG + "AGE = config('AGE', '5', int)"),
    Case("ini", CONFIG + "AGE = config('AGE', cast=int)", {}, {"settings.ini": "[settings]\nAGE=600\n"}),
    Case("ini-before-env", CONFIG + "AGE = config('AGE', cast=int)", {}, {"settings.ini": "[settings]\nAGE=600\n", **FILE}),
    Case("lambda-of-a-default", CONFIG + "AGE = config('AGE', default=0, cast=lambda v: int(v) + 1)"),
    Case("bool-of-nothing", CONFIG + "AGE = config('AGE', default='', cast=bool)"),
    Case("bool-of-one", CONFIG + "AGE = config('AGE', default=1, cast=bool)"),
    Case("csv", "from decouple import config, Csv\nAGE = config('AGE', default='a,b', cast=Csv())"),
    Case("csv-int", "from decouple import config, Csv\nAGE = config('AGE', cast=Csv(int))", {"AGE": "1, 2"}),
    Case("csv-post-process", "from decouple import config, Csv\nAGE = config('AGE', cast=Csv(post_process=tuple))[0]", {"AGE": "x,y"}),
    Case("choices", "from decouple import config, Choices\nAGE = config('AGE', default='a', cast=Choices(['a', 'b']))"),
    Case("undefined", CONFIG + "from decouple import UndefinedValueError\ntry:\n    AGE = config('AGE')\nexcept UndefinedValueError:\n    AGE = 4"),
    Case("undefined-as-default", CONFIG + "from decouple import undefined\nAGE = config('AGE', default=undefined, cast=int)", {}, FILE),
    Case("strtobool", "from decouple import strtobool\nAGE = [strtobool('Yes'), strtobool(False)]"),
    Case("strtobool-of-nothing", "from decouple import strtobool\ntry:\n    AGE = strtobool('')\nexcept ValueError:\n    AGE = 4"),
    Case("repository-env", "from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('.env'))\nAGE = config('AGE', cast=int)", {}, FILE),
    Case("repository-by-name", BASE + "from decouple import Config, RepositoryEnv\nconfig = Config(repository=RepositoryEnv(source=str(BASE_DIR / '.env')))\nAGE = config.get('AGE', cast=int)", {}, FILE),
    Case("repository-ini-of-any-name", "from decouple import Config, RepositoryIni\nconfig = Config(RepositoryIni('my.conf'))\nAGE = config('AGE', cast=int)", {}, {"my.conf": "[settings]\nage=%(b)s\nb=4\n"}),
    Case("repository-env-called-ini", "from decouple import Config, RepositoryEnv\nAGE = Config(RepositoryEnv('x.ini'))('AGE', cast=int)", {}, {"x.ini": "AGE=4\n"}),
    Case("repository-missing", CONFIG + "from decouple import Config, RepositoryEnv\ntry:\n    config = Config(RepositoryEnv('none.env'))\nexcept FileNotFoundError:\n    pass\nAGE = config('AGE', default=2)"),
    Case("repository-empty", "from decouple import Config, RepositoryEmpty\nAGE = Config(RepositoryEmpty())('AGE', default=2)", {}, FILE),
    Case("auto-path", BASE + "from decouple import AutoConfig\nAGE = AutoConfig(search_path=BASE_DIR / 'sub')('AGE', cast=int)", {}, {"sub/.env": "AGE=8", **FILE}),
    Case("auto-upwards", BASE + "from decouple import AutoConfig\nAGE = AutoConfig(str(BASE_DIR / 'sub'))('AGE', cast=int)", {}, {"sub/x": "", ".env": "AGE=8"}),
    Case("auto-no-path", "from decouple import AutoConfig\nAGE = AutoConfig()('AGE', cast=int)", {}, FILE),
    Case("the-first-caller-decides-which-file", CONFIG + "from sub import first\nB = first\nAGE = config('AGE', default=1, cast=int)", {}, {"sub/__init__.py": "from decouple import config\nfirst = config('X', default=1)\n", "sub/.env": "AGE=3", **FILE}),
    Case("url-as-default", CONFIG + "import dj_database_url\nDATABASES = {'default': dj_database_url.config(default=config('U'))}", {"U": URL}),
    Case("url-parsed", CONFIG + "import dj_database_url\nDATABASES = {'default': dj_database_url.parse(config('U', default='sqlite:///x'), conn_max_age=600)}"),
    Case("url-cast", CONFIG + "from dj_database_url import parse as db_url\nDATABASES = {'default': config('U', default='sqlite:///x.db', cast=db_url)}", {"U": URL}),
    Case("url-cast-default", CONFIG + "from dj_database_url import parse as db_url\nDATABASES = {'default': config('U', default='sqlite:///x.db', cast=db_url)}"),
    Case("url-cast-partial", CONFIG + "import dj_database_url\nfrom functools import partial\nDATABASES = {'default': config('U', cast=partial(dj_database_url.parse, conn_max_age=600))}", {"U": URL}),
    Case("url-cast-environ", CONFIG + "import environ\nDATABASES = {'default': config('U', cast=environ.Env.db_url_config)}", {"U": URL}),
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


UNREAD = [
    ("settings.ini is broken", CONFIG, {"settings.ini": "AGE=600\n"}),
    ("the file is not known", "import vault\nfrom decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv(vault.path()))\n", FILE),
    ("the file lies outside", "from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('/etc/x.env'))\n", FILE),
    ("the folder is not known", "import vault\nfrom decouple import AutoConfig\nconfig = AutoConfig(vault.path())\n", FILE),
    ("the platform mounts it", "from decouple import Config, RepositorySecret\nconfig = Config(RepositorySecret())\n", FILE),
    ("arguments are not known", "import vault\nfrom decouple import Config\nconfig = Config(**vault.all())\n", FILE),
]  # fmt: skip


@pytest.mark.parametrize(("code", "files"), [case[1:] for case in UNREAD], ids=[case[0] for case in UNREAD])
def test_what_stands_in_an_unread_file_is_unknown(code: str, files: dict[str, str]) -> None:
    assert str(age(code + "AGE = config('AGE', default=5, cast=int)\n", files=files)).startswith("unknown: ")


def test_a_variable_that_is_set_is_known_whatever_the_file_says() -> None:
    code = "from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('/etc/x.env'))\nAGE = config('AGE', cast=int)\n"
    assert age(code, {"AGE": "5"}) == 5


def test_a_broken_ini_file_is_told(tmp_path: Path) -> None:
    case = Case("ini", CONFIG + "AGE = config('AGE', default=5)", {}, {"settings.ini": "AGE=canary\n"})
    reasons = [reason for _, reason in evaluate(case, tmp_path).problems]
    assert reasons == ["settings.ini is not read: configparser refuses the ini file"]


def test_one_of_two_files_gives_one_of_two_values() -> None:
    code = (
        "import vault\nfrom decouple import Config, RepositoryEnv\n"
        "config = Config(RepositoryEnv('a.env' if vault.flag() else 'b.env'))\nAGE = config('AGE', cast=int)\n"
    )
    assert age(code, files={"a.env": "AGE=1\n", "b.env": "AGE=2\n"}) == [1, 2]


def test_an_unknown_url_is_handed_to_the_cast_and_the_keywords_stay_known() -> None:
    code = (
        CONFIG + "import vault\nfrom functools import partial\nimport dj_database_url\n"
        "DATABASES = {'default': config('U', default=vault.url(), cast=partial(dj_database_url.parse, conn_max_age=60))}\n"
    )
    found = databases(code)["default"]
    assert found["CONN_MAX_AGE"] == 60  # type: ignore[index]
    assert found["HOST"] == "unknown: vault.url is not part of the project"  # type: ignore[index]
