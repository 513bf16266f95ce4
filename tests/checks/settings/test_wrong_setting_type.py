"""Text where Django calculates or asks for true and false."""

from __future__ import annotations

import pytest
from judging import findings, fixed, judged

from connlint.deployment.counterfactual import suspects
from connlint.engine import Options, inspect
from connlint.project.tree import Tree

RULE = "wrong-setting-type"
HEAD = "import os\nimport environ\nfrom decouple import config\nenv = environ.Env()\n"


def settings(key: str, value: str) -> str:
    return f'{HEAD}DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "{key}": {value}}}}}\n'


def verdicts(key: str, value: str, *env: str) -> list[str]:
    return [line.split(":")[0] for line in judged(RULE, settings(key, value), env=env)]


@pytest.mark.parametrize(
    "age",
    ["0", "60", "None", "1.5", 'int(os.environ.get("AGE", "60"))', 'int(os.environ.get("AGE", 60))', 'int(os.environ["AGE"])',
     'env.int("AGE", default=60)', 'env("AGE", default=60)', 'config("AGE", default=60, cast=int)', "unheard_of()"],
)  # fmt: skip
def test_numbers_and_what_becomes_one(age: str) -> None:
    assert verdicts("CONN_MAX_AGE", age) == []


@pytest.mark.parametrize("age", ['"60"', '"None"', '""', "[60]"])
def test_text_and_containers_fail_at_the_first_connection(age: str) -> None:
    assert verdicts("CONN_MAX_AGE", age) == ["error certain"]


@pytest.mark.parametrize("age", ["-1", "True", "False"])
def test_what_counts_as_another_number(age: str) -> None:
    assert verdicts("CONN_MAX_AGE", age) == ["warning certain"]


def test_text_of_a_variable_with_a_default_that_is_text() -> None:
    assert verdicts("CONN_MAX_AGE", 'os.environ.get("AGE", "60")') == ["error likely"]
    assert verdicts("CONN_MAX_AGE", 'os.environ.get("AGE", "60")', "AGE=30") == ["error certain"]


@pytest.mark.parametrize(
    "age", ['os.environ.get("AGE", 60)', 'os.getenv("AGE", 0)', 'os.environ.get("AGE")', 'config("AGE", default=60)']
)
def test_a_default_of_the_right_type_hides_it_until_the_variable_is_set(age: str) -> None:
    assert verdicts("CONN_MAX_AGE", age) == ["error possible"]
    assert verdicts("CONN_MAX_AGE", age, "AGE=30") == ["error certain"]


def test_a_variable_without_a_default_is_text_whenever_there_is_a_value() -> None:
    assert verdicts("CONN_MAX_AGE", 'os.environ["AGE"]') == ["error certain"]


def test_a_function_of_the_project_that_converts() -> None:
    head = "def number(name, default):\n    text = os.getenv(name, default)\n    return int(text) if isinstance(text, str) else text\n"
    assert findings(RULE, HEAD + head + settings("CONN_MAX_AGE", 'number("AGE", 60)')) == ()


def test_a_name_between_the_variable_and_the_alias() -> None:
    assert judged(RULE, 'import os\nAGE = os.environ.get("AGE", 60)\n' + settings("CONN_MAX_AGE", "AGE")) == [
        'error possible: CONN_MAX_AGE of "default" is text as soon as AGE is set: every connection fails with a TypeError'
    ]


def test_text_in_one_branch() -> None:
    text = settings("CONN_MAX_AGE", '60 if unheard_of() else "60"')
    assert [line.split(":")[0] for line in judged(RULE, text)] == ["error possible"]


@pytest.mark.parametrize("key", ["CONN_HEALTH_CHECKS", "ATOMIC_REQUESTS", "AUTOCOMMIT", "DISABLE_SERVER_SIDE_CURSORS"])
def test_text_counts_as_true(key: str) -> None:
    assert verdicts(key, '"False"') == ["error certain"]
    assert verdicts(key, '"True"') == ["warning certain"]
    assert verdicts(key, 'os.environ.get("X", "True")') == ["error likely"]
    assert verdicts(key, 'os.environ.get("X", False)') == ["error possible"]
    assert verdicts(key, 'os.environ.get("X", "False") == "True"') == []
    assert verdicts(key, 'env.bool("X", default=False)') == []
    assert verdicts(key, "True") == verdicts(key, "0") == verdicts(key, "None") == []


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("CONN_MAX_AGE", '"60"', "60"),
        ("CONN_MAX_AGE", 'os.environ.get("AGE", "60")', 'int(os.environ.get("AGE", "60"))'),
        ("CONN_MAX_AGE", 'os.environ.get("AGE", 60)', 'int(os.environ.get("AGE", 60))'),
        ("CONN_MAX_AGE", 'os.environ["AGE"]', 'int(os.environ["AGE"])'),
        ("CONN_MAX_AGE", 'os.environ.get("AGE")', 'os.environ.get("AGE")'),
        ("CONN_MAX_AGE", '"for ever"', '"for ever"'),
        ("ATOMIC_REQUESTS", '"False"', "False"),
        ("ATOMIC_REQUESTS", '"True"', "True"),
        ("ATOMIC_REQUESTS", 'os.environ.get("X", "True")', 'os.environ.get("X", "True")'),
    ],
)
def test_what_is_converted(key: str, before: str, after: str) -> None:
    assert fixed(RULE, settings(key, before)) == settings(key, after)
    assert before == after or findings(RULE, settings(key, after)) == ()


@pytest.mark.parametrize(
    ("age", "asked"),
    [
        ('os.environ.get("AGE", 60)', {"CONN_MAX_AGE": ("AGE", "60")}),
        ('os.environ.get("AGE")', {"CONN_MAX_AGE": ("AGE", "1")}),
        ('os.environ["AGE"]', {"CONN_MAX_AGE": ("AGE", "1")}),
        ('int(os.environ.get("AGE", 60))', {}),
        ('env.int("AGE", default=60)', {}),
        ('os.environ.get("AGE", "60")', {}),
        ("60", {}),
    ],
)
def test_a_second_evaluation_only_where_the_default_leaves_the_type_open(
    age: str, asked: dict[str, tuple[str, str]]
) -> None:
    report = inspect(Tree(None, {"settings.py": settings("CONN_MAX_AGE", age)}), Options())
    assert suspects(report.modules[0].databases["default"].settings) == asked
