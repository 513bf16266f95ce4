"""Keys that stand where Django does not look: at module level, misspelled, inside OPTIONS."""

from __future__ import annotations

import pytest
from judging import findings, fixed, judged

MISPLACED = "misplaced-database-setting"
UNKNOWN = "unknown-database-key"
INSIDE = "database-key-in-options"
ENGINE = '"ENGINE": "django.db.backends.postgresql"'


def alias(body: str, engine: str = ENGINE) -> str:
    return f'import os\nDATABASES = {{"default": {{{engine}, {body}}}}}\n'


@pytest.mark.parametrize(
    "line",
    [
        "CONN_MAX_AGE = 60",
        "CONN_MAX_AGE = None",
        "CONN_HEALTH_CHECKS = True",
        "ATOMIC_REQUESTS = True",
        "AUTOCOMMIT = False",
        "DISABLE_SERVER_SIDE_CURSORS = True",
        'CONN_MAX_AGE = int(os.environ.get("AGE", "0"))',
    ],
)
def test_a_key_at_module_level_that_nothing_reads(line: str) -> None:
    assert len(findings(MISPLACED, alias('"NAME": "shop"') + line + "\n")) == 1


@pytest.mark.parametrize("line", ["CONN_MAX_AGE = 0", "AUTOCOMMIT = True", 'TIME_ZONE = "UTC"', "MY_CONN_MAX_AGE = 5"])
def test_a_name_at_its_default_or_of_another_kind(line: str) -> None:
    assert findings(MISPLACED, alias('"NAME": "shop"') + line + "\n") == ()


@pytest.mark.parametrize(
    "use",
    [
        'DATABASES["default"]["CONN_MAX_AGE"] = CONN_MAX_AGE',
        "for one in DATABASES.values():\n    one.setdefault('CONN_MAX_AGE', CONN_MAX_AGE)",
        "DATABASES['default'].update({'CONN_MAX_AGE': globals()['CONN_MAX_AGE']})",
    ],
)
def test_a_name_that_code_puts_into_an_alias(use: str) -> None:
    assert findings(MISPLACED, f"CONN_MAX_AGE = 60\n{alias('')}{use}\n") == ()


def test_a_name_beside_an_alias_that_states_its_own() -> None:
    assert findings(MISPLACED, "CONN_MAX_AGE = 60\n" + alias('"CONN_MAX_AGE": 30')) == ()


def test_a_helpers_default_is_no_statement() -> None:
    settings = 'import dj_database_url\nDATABASES = {"default": dj_database_url.parse("postgres://db/shop")}\n'
    assert len(findings(MISPLACED, settings + "CONN_MAX_AGE = 60\n")) == 1


def test_a_name_that_production_reads_and_development_does_not() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/base.py": "CONN_MAX_AGE = 60\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n",
        "shop/dev.py": "from .base import *\n",
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.dev")\n',
        "shop/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    }
    production = 'from .base import *\nDATABASES["default"]["CONN_MAX_AGE"] = CONN_MAX_AGE\n'
    assert findings(MISPLACED, production, files) == ()
    assert len(findings(MISPLACED, "from .base import *\n", files)) == 1, "once, for all modules that share the name"


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("CONN_HEALTH_CHECK", "CONN_HEALTH_CHECKS"),
        ("MAX_CONN_AGE", "CONN_MAX_AGE"),
        ("conn_max_age", "CONN_MAX_AGE"),
        ("ATOMIC_REQUEST", "ATOMIC_REQUESTS"),
        ("host", "HOST"),
        ("PASWORD", "PASSWORD"),
    ],
)
def test_a_misspelled_key_is_renamed(key: str, meant: str) -> None:
    assert fixed(UNKNOWN, alias(f'"{key}": 1')) == alias(f'"{meant}": 1')


def test_a_key_is_not_renamed_to_one_that_is_there() -> None:
    settings = alias('"CONN_MAX_AGE": 60, "conn_max_age": 30')
    assert len(findings(UNKNOWN, settings)) == 1
    assert fixed(UNKNOWN, settings) == settings


@pytest.mark.parametrize("key", ["sslmode", "pool", "connect_timeout", "SSLMODE", "options"])
def test_an_option_of_the_driver_beside_options(key: str) -> None:
    said = judged(UNKNOWN, alias(f'"{key}": "x"'))
    assert len(said) == 1
    assert said[0].startswith("error certain")
    assert key == "options" or "option of the driver" in said[0]


def test_an_unrelated_key_may_be_the_projects_own() -> None:
    assert judged(UNKNOWN, alias('"SHELF": 1')) == [
        'error possible: "SHELF" of "default" is no key of DATABASES: Django ignores it'
    ]
    read = alias('"SHELF": 1') + 'SHELF = DATABASES["default"]["SHELF"]\nprint(SHELF)\n'
    assert findings(UNKNOWN, read) == ()


@pytest.mark.parametrize("key", ["CLIENT", "SCHEMA", "SHELF", "TEST_NAME", "HOSTS"])
def test_a_third_party_backend_has_keys_of_its_own(key: str) -> None:
    assert findings(UNKNOWN, alias(f'"{key}": 1', '"ENGINE": "acme.backend"')) == ()


@pytest.mark.parametrize("key", ["CONN_HEALTH_CHECK", "sslmode", "connect_timeout"])
def test_a_third_party_backend_with_a_mistake_of_everybodys(key: str) -> None:
    assert [line.split(":")[0] for line in judged(UNKNOWN, alias(f'"{key}": 1', '"ENGINE": "acme.backend"'))] == [
        "error possible"
    ]


def test_the_value_of_an_unknown_key_is_not_told() -> None:
    found = findings(UNKNOWN, alias('"PASWORD": "hunter2"'))
    assert found
    assert "hunter2" not in repr([(f.message, f.help, f.subject, [label.text for label in f.labels]) for f in found])


@pytest.mark.parametrize("key", ["CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "conn_max_age", "ATOMIC_REQUESTS", "AUTOCOMMIT"])
def test_a_key_of_the_alias_inside_options(key: str) -> None:
    assert judged(INSIDE, alias(f'"OPTIONS": {{"{key}": 1}}'))[0].startswith("error certain")


@pytest.mark.parametrize("key", ["autocommit", "connect_timeout", "sslmode", "pool"])
def test_an_option_of_the_driver_inside_options(key: str) -> None:
    assert findings(INSIDE, alias(f'"OPTIONS": {{"{key}": 1}}')) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"OPTIONS": {"CONN_MAX_AGE": 60}', '"CONN_MAX_AGE": 60, "OPTIONS": {}'),
        ('"OPTIONS": {"CONN_MAX_AGE": 60, "a": 1}', '"CONN_MAX_AGE": 60, "OPTIONS": {"a": 1}'),
        ('"OPTIONS": {"a": 1, "CONN_MAX_AGE": 60}', '"CONN_MAX_AGE": 60, "OPTIONS": {"a": 1}'),
        ('"OPTIONS": {"a": 1, "conn_max_age": 60,}', '"CONN_MAX_AGE": 60, "OPTIONS": {"a": 1,}'),
        ("'OPTIONS': {'CONN_MAX_AGE': int('6' + '0')}", "'CONN_MAX_AGE': int('6' + '0'), 'OPTIONS': {}"),
        ('"OPTIONS": dict(CONN_MAX_AGE=60)', '"OPTIONS": dict(CONN_MAX_AGE=60)'),
        ('"OPTIONS": {"é": "é", "CONN_MAX_AGE": 60}', '"CONN_MAX_AGE": 60, "OPTIONS": {"é": "é"}'),
        ('"CONN_MAX_AGE": 0, "OPTIONS": {"CONN_MAX_AGE": 60}', '"CONN_MAX_AGE": 0, "OPTIONS": {"CONN_MAX_AGE": 60}'),
    ],
)
def test_a_key_is_moved_out_of_options(before: str, after: str) -> None:
    assert fixed(INSIDE, alias(before)) == alias(after)


def test_an_entry_on_a_line_of_its_own_is_moved_to_one() -> None:
    settings = (
        'DATABASES = {\n    "default": {\n        "ENGINE": "django.db.backends.postgresql",\n'
        '        "OPTIONS": {\n            "CONN_MAX_AGE": 60,\n            "sslmode": "require",\n        },\n    }\n}\n'
    )
    assert fixed(INSIDE, settings) == (
        'DATABASES = {\n    "default": {\n        "ENGINE": "django.db.backends.postgresql",\n'
        '        "CONN_MAX_AGE": 60,\n        "OPTIONS": {\n            "sslmode": "require",\n        },\n    }\n}\n'
    )


def test_an_age_in_a_url() -> None:
    url = "postgres://shopkeeper:hunter2@db/shop?conn_max_age=60"
    library = f'import dj_database_url\nDATABASES = {{"default": dj_database_url.parse("{url}")}}\n'
    found = findings(INSIDE, library)
    assert len(found) == 1
    assert "hunter2" not in repr([(f.message, f.help, f.subject) for f in found])
    environ = f'import environ\nenv = environ.Env()\nDATABASES = {{"default": env.db("U", default="{url}")}}\n'
    assert findings(INSIDE, environ) == ()


def test_a_file_with_a_doubtful_escape_is_read_without_a_word() -> None:
    assert "CONN_HEALTH_CHECKS" in fixed(UNKNOWN, 'DIGITS = "\\d"\n' + alias('"CONN_HEALTH_CHECK": True'))
