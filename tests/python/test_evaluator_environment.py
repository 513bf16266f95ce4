"""Environment variables: a variable that nobody sets is unset, and what code does then is known."""

from __future__ import annotations

import pytest
from evaluating import age, evaluated

from connlint.value import Certainty

CASES = [
    ("AGE = os.environ.get('AGE', 600)", {}, 600),
    ("AGE = int(os.getenv('AGE', '600'))", {}, 600),
    ("AGE = int(os.getenv('AGE', '600'))", {"AGE": "5"}, 5),
    ("AGE = int(os.environ['AGE'])", {"AGE": "5"}, 5),
    ("AGE = os.environ.get('AGE')", {}, None),
    ("AGE = 'AGE' in os.environ", {}, False),
    ("AGE = 5 if os.environ.get('MODE') == 'production' else 0", {"MODE": "production"}, 5),
    ("os.environ.setdefault('AGE', '7')\nAGE = int(os.environ['AGE'])", {}, 7),
    ("os.environ.setdefault('AGE', '7')\nAGE = int(os.environ['AGE'])", {"AGE": "8"}, 8),
    ("os.environ['AGE'] = '7'\nAGE = int(os.environ['AGE'])", {}, 7),
    ("AGE = sorted(k for k, v in os.environ.items() if k.startswith('DB_'))", {"DB_B": "", "DB_A": "", "X": ""}, ["DB_A", "DB_B"]),
    ("try:\n    AGE = int(os.environ['AGE'])\nexcept KeyError:\n    AGE = 9", {}, 9),
    ("try:\n    AGE = int(os.environ['AGE'])\nexcept (KeyError, ValueError):\n    AGE = 9", {"AGE": "no"}, 9),
]  # fmt: skip


@pytest.mark.parametrize(("code", "environment", "value"), CASES)
def test_values(code: str, environment: dict[str, str], value: object) -> None:
    assert age(f"import os\n{code}\n", environment) == value


def test_a_default_in_code_is_assumed_and_points_at_the_default() -> None:
    found = evaluated(
        """\
        import os
        AGE = int(
            os.environ.get("DB_AGE", 600)
        )
        DATABASES = {"default": {"CONN_MAX_AGE": AGE}}
        """
    )
    value = found.databases["default"].settings["CONN_MAX_AGE"]
    assert value.only == 600
    assert value.certainty is Certainty.ASSUMED
    first, use = value.origins
    assert (first.note, first.span and first.span.text) == ("default in code, used while DB_AGE is unset", "600")
    assert (use.span and use.span.line, use.span and use.span.text) == (5, "AGE")


def test_a_variable_that_is_set_keeps_its_origin() -> None:
    found = evaluated('import os\nDATABASES = {"default": {"HOST": os.environ["H"]}}\n', {"H": "db"})
    value = found.databases["default"].settings["HOST"]
    assert value.only == "db"
    assert value.certainty is Certainty.DECLARED
    assert value.origins[0].note == "H"


def test_a_literal_is_its_own_place() -> None:
    found = evaluated('AGE = 60\nDATABASES = {"default": {"CONN_MAX_AGE": AGE, "PORT": 5432}}\n')
    settings = found.databases["default"].settings
    assert [o.span.text for o in settings["CONN_MAX_AGE"].origins if o.span] == ["60", "AGE"]
    assert [o.span.text for o in settings["PORT"].origins if o.span] == ["5432"]


def test_columns_count_characters_not_bytes() -> None:
    found = evaluated('DATABASES = {"default": {"NAME": "é", "PORT": 5432}}\n')
    span = found.databases["default"].settings["PORT"].span
    assert span is not None
    assert span.text == "5432"


def test_no_secret_leaves_the_evaluation() -> None:
    found = evaluated(
        'import os\nSECRET_KEY = "canary"\n'
        'DATABASES = {"default": {"PASSWORD": "canary", "OPTIONS": {"sslpassword": "canary"}, "HOST": int("canary")}}\n',
    )
    assert "canary" not in repr(found.databases["default"].settings)
    assert "SECRET_KEY" not in found.names
    assert "canary" not in repr([reason for _, reason in found.problems])


def test_a_value_chosen_because_a_variable_is_unset_is_assumed() -> None:
    found = evaluated(
        """\
        import os
        DATABASES = {"default": {
            "CONN_MAX_AGE": os.environ.get("AGE") or 60,
            "PORT": 5432 if os.environ.get("PORT") is None else 1,
            "HOST": "fixed",
        }}
        """
    )
    settings = found.databases["default"].settings
    assert {key: (value.only, value.certainty) for key, value in settings.items()} == {
        "CONN_MAX_AGE": (60, Certainty.ASSUMED),
        "PORT": (5432, Certainty.ASSUMED),
        "HOST": ("fixed", Certainty.EXACT),
    }


PYDANTIC = """\
from pydantic_settings import BaseSettings, SettingsConfigDict


class Config(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DB_")
    age: int = 60


AGE = Config().age
"""


def test_pydantic_settings_hold_their_defaults_while_the_variable_is_unset() -> None:
    assert age(PYDANTIC) == 60
    assert age(PYDANTIC, {"DB_AGE": "5"}) == "unknown: pydantic takes age from the environment"
    assert age(PYDANTIC.replace('env_prefix="DB_"', 'env_file=".env"')) == (
        "unknown: where pydantic reads age from is not known"
    )
