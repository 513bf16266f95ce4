"""The helper libraries as evaluated code calls them; what they answer is tested with the libraries themselves."""

from __future__ import annotations

import pytest
from evaluating import age, databases, evaluated

from connlint.value import Certainty

URL = "postgres://u:canary@db:6432/shop?conn_max_age=9"
CASES = [
    ("import dj_database_url\nD = dj_database_url.config(conn_max_age=60)\nAGE = D['CONN_MAX_AGE']", 60),
    ("from dj_database_url import parse\nAGE = parse('postgres://h/x', conn_max_age=None)['CONN_MAX_AGE']", None),
    ("import dj_database_url\nAGE = dj_database_url.config(env='NONE', default='')", {}),
    ("import environ\nenv = environ.Env()\nAGE = env.db()['CONN_MAX_AGE']", 9),
    ("import environ\nenv = environ.Env(AGE=(int, 7))\nAGE = env('AGE')", 7),
    ("import environ\nenv = environ.Env()\nAGE = env.int('AGE', default=8)", 8),
    ("import environ\nenv = environ.Env()\nAGE = env.list('LIST', int)", [1, 2]),
    (
        "import environ\nenv = environ.Env()\ntry:\n    AGE = env('NONE')\nexcept environ.ImproperlyConfigured:\n    AGE = 3",
        3,
    ),
    ("import environ\nenviron.Env.read_env('.env')\nAGE = environ.Env().int('FROM_FILE')", 44),
    ("import environ\nROOT = environ.Path(__file__) - 1\nAGE = str(ROOT('x')).endswith('/x')", True),
    ("from environs import Env\nenv = Env()\nAGE = env.int('AGE', 8)", 8),
    ("from environs import Env\nenv = Env()\nwith env.prefixed('DB_'):\n    AGE = env.int('AGE')", 12),
    ("from environs import Env\nenv = Env()\nenv.read_env()\nAGE = env.int('FROM_FILE')", 44),
    ("from environs import Env\nAGE = Env().dj_db_url('DATABASE_URL', conn_max_age=5)['CONN_MAX_AGE']", 5),
    ("from decouple import config\nAGE = config('AGE', default=5, cast=int)", 5),
    ("from decouple import config\nAGE = config('DB_AGE', cast=int)", 12),
    ("from decouple import config\nAGE = config('FROM_FILE', cast=int)", 44),
    ("from decouple import config, Csv\nAGE = config('LIST', cast=Csv(int))", [1, 2]),
    ("from decouple import config\nAGE = config('DB_AGE', cast=lambda v: None if v == '12' else v)", None),
    ("import os\nfrom dotenv import load_dotenv\nload_dotenv()\nAGE = os.environ['FROM_FILE']", "44"),
]
ENVIRONMENT = {"DATABASE_URL": URL, "LIST": "1,2", "DB_AGE": "12"}


@pytest.mark.parametrize(("code", "value"), CASES, ids=[code for code, _ in CASES])
def test_values(code: str, value: object) -> None:
    assert age(code + "\n", ENVIRONMENT, files={".env": "FROM_FILE=44\nDB_AGE=99\n"}) == value


def test_each_key_of_a_parsed_url_leads_to_what_decided_it() -> None:
    found = evaluated(
        """\
        import dj_database_url
        DATABASES = {"default": dj_database_url.config(
            default="postgres://u:canary@h/db",
            conn_max_age=600,
        )}
        """
    )
    settings = found.databases["default"].settings
    assert (settings["HOST"].only, settings["HOST"].certainty) == ("h", Certainty.ASSUMED)
    assert settings["HOST"].place == "settings.py:3"
    assert (settings["CONN_MAX_AGE"].only, settings["CONN_MAX_AGE"].certainty) == (600, Certainty.EXACT)
    assert settings["CONN_MAX_AGE"].place == "settings.py:4"


def test_without_the_url_what_the_keywords_decide_stays_known() -> None:
    found = databases(
        """\
        import dj_database_url
        import vault
        DATABASES = {"default": dj_database_url.parse(vault.read("url"), conn_max_age=600)}
        """
    )["default"]
    assert found["CONN_MAX_AGE"] == 600  # type: ignore[index]
    assert found["HOST"] == "unknown: vault.read is not part of the project"  # type: ignore[index]


def test_a_value_from_a_dotenv_file_leads_to_its_line() -> None:
    found = evaluated(
        {
            "settings.py": 'import environ\nenv = environ.Env()\nenv.read_env(".env")\n'
            'DATABASES = {"default": {"CONN_MAX_AGE": env.int("AGE")}}\n',
            ".env": "# ages\nAGE=60\n",
        }
    )
    value = found.databases["default"].settings["CONN_MAX_AGE"]
    assert (value.only, value.place) == (60, ".env:2")


def test_no_part_of_a_url_is_in_a_reason() -> None:
    for code in (
        "import dj_database_url as d\nDATABASES = {'default': d.parse('nosuch://u:canary@h/db')}\n",
        "import environ\nDATABASES = {'default': environ.Env().db('NONE', default=5)}\n",
        "import environ\nDATABASES = {'default': {'PORT': environ.Env().int('URL')}}\n",
    ):
        found = evaluated(code, {"URL": "canary"})
        reasons = [value.reason for database in found.databases.values() for value in database.settings.values()]
        assert reasons
        assert "canary" not in repr([*reasons, found.databases_problem, *(reason for _, reason in found.problems)])
