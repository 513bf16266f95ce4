"""What a running Django has loaded is better evidence than what reading its settings can tell."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from connlint.deployment.model import Database
from connlint.engine import Options, inspect
from connlint.project.tree import Tree
from connlint.python.loaded import Loaded
from connlint.report.model import Report
from connlint.value import Certainty, Value

ENGINE = "django.db.backends.postgresql"
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"


def report(
    text: str, files: Mapping[str, str] | None = None, module: str = "shop.settings", **settings: object
) -> Report:
    tree = {"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": text, **(files or {})}
    return inspect(Tree(None, tree), Options(loaded=Loaded(module, settings)))


def default(text: str, real: Mapping[str, object]) -> Database:
    (module,) = report(text, DATABASES={"default": real}).modules
    return module.databases["default"]


def shown(value: Value) -> str:
    (origin,) = value.origins
    return f"{value} {value.certainty.name} {value.place} {origin.note}".strip()


def test_a_line_that_says_the_same_stays_the_evidence() -> None:
    found = default("DATABASES = {'default': {\n'CONN_MAX_AGE': 60}}", {"ENGINE": ENGINE, "CONN_MAX_AGE": 60})
    assert shown(found.get("CONN_MAX_AGE")) == "60 EXACT shop/settings.py:2"


def test_what_reading_did_not_know_is_what_was_loaded_at_the_line_that_it_comes_from() -> None:
    found = default("import vault\nDATABASES = {'default': {\n'CONN_MAX_AGE': vault.age()}}", {"CONN_MAX_AGE": 60})
    assert shown(found.get("CONN_MAX_AGE")) == "60 DECLARED shop/settings.py:3 loaded settings"


def test_a_default_in_code_is_what_was_loaded() -> None:
    text = "import os\nDATABASES = {'default': {\n'CONN_MAX_AGE': int(os.environ.get('AGE', '0'))}}"
    assert default(text, {"CONN_MAX_AGE": 0}).get("CONN_MAX_AGE").certainty is Certainty.DECLARED
    assert shown(default(text, {"CONN_MAX_AGE": 90}).get("CONN_MAX_AGE")).startswith("90 DECLARED shop/settings.py:3")


def test_where_both_differ_the_loaded_value_holds() -> None:
    found = default("DATABASES = {'default': {'CONN_MAX_AGE': 60}}", {"CONN_MAX_AGE": None})
    assert shown(found.get("CONN_MAX_AGE")) == "None DECLARED shop/settings.py:1 loaded settings"


def test_numbers_and_switches_that_python_calls_equal_differ() -> None:
    found = default("DATABASES = {'default': {'ATOMIC_REQUESTS': 1}}", {"ATOMIC_REQUESTS": True})
    assert found.get("ATOMIC_REQUESTS").only is True


def test_what_django_adds_to_every_alias_states_nothing() -> None:
    added = {
        "ENGINE": ENGINE, "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {}, "TIME_ZONE": None, "NAME": "", "USER": "", "PASSWORD": "", "HOST": "", "PORT": "",
        "TEST": {"CHARSET": None, "COLLATION": None, "MIGRATE": True, "MIRROR": None, "NAME": None},
    }  # fmt: skip
    assert set(default(f"DATABASES = {{'default': {{'ENGINE': '{ENGINE}'}}}}", added).settings) == {"ENGINE"}


def test_the_whole_of_databases_may_come_from_elsewhere() -> None:
    found = report("import vault\nDATABASES = vault.read()", DATABASES={"default": {"ENGINE": ENGINE, "OPTIONS": {"pool": {"max_size": 9}}}})  # fmt: skip
    (module,) = found.modules
    assert {key: value.only for key, value in module.databases["default"].settings.items()} == {
        "ENGINE": ENGINE,
        "OPTIONS.pool.max_size": 9,
    }
    assert not any("DATABASES" in lack.fact for lack in found.lacks)


def test_an_alias_that_was_not_loaded_is_none() -> None:
    found = report("DATABASES = {'default': {}, 'other': {}}", DATABASES={"default": {"ENGINE": ENGINE}})
    assert list(found.modules[0].databases) == ["default"]


def test_no_password_enters_the_map_and_no_object() -> None:
    real = {"PASSWORD": "hunter2hunter2", "OPTIONS": {"context": object(), "passfile": "/x"}}
    found = default("DATABASES = {'default': {}}", real)
    assert found.get("PASSWORD").reason == "it is a secret and not kept"
    assert found.get("OPTIONS.context").reason == "it is an object: object"
    assert "hunter2hunter2" not in repr(found.settings)
    assert "hunter2" not in repr(Loaded("m", {"PASSWORD": "hunter2"}, frozenset({"hunter2"})))


def test_other_settings_that_rules_ask_for_are_known_too() -> None:
    caches = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "t"}}
    found = report("import x\nCACHES = x.y()\nSECRET = 1", CACHES=caches, SESSION_ENGINE="a.b", OTHER=1)
    names = {key: str(value) for key, value in found.modules[0].names.items() if "." in key or key != "CACHES"}
    assert names == {
        "CACHES.default.BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "CACHES.default.LOCATION": "t",
        "SESSION_ENGINE": "a.b",
    }


@pytest.mark.parametrize(("module", "expected"), [("shop.settings", "60"), ("shop.elsewhere", "0")])
def test_only_the_module_that_was_loaded_is_known_better(module: str, expected: str) -> None:
    files = {"Procfile": "web: DJANGO_SETTINGS_MODULE=shop.settings gunicorn shop.wsgi\n", "shop/wsgi.py": MANAGE}
    found = report("import os\nDATABASES = {'default': {'CONN_MAX_AGE': int(os.environ.get('A', 0))}}", files, module,
                   DATABASES={"default": {"CONN_MAX_AGE": 60}})  # fmt: skip
    assert [str(d.get("CONN_MAX_AGE")) for each in found.deployments for d in each.groups[0].databases.values()] == [
        expected
    ]


def test_what_a_process_has_of_its_own_environment_stays_as_its_files_say() -> None:
    files = {"Procfile": "web: AGE=600 gunicorn shop.wsgi\nother: gunicorn shop.wsgi\n", "shop/wsgi.py": MANAGE}
    text = (
        "import os\nDATABASES = {'default': {'CONN_MAX_AGE': int(os.environ.get('AGE', '0')), 'PORT': os.environ['P']}}"
    )
    found = report(text, files, DATABASES={"default": {"CONN_MAX_AGE": 60, "PORT": "5433"}})
    (deployment,) = found.deployments
    ages = {g.name: [str(d.get(key)) for d in g.databases.values() for key in ("CONN_MAX_AGE", "PORT")] for g in deployment.groups}  # fmt: skip
    assert ages == {"web": ["600", "5433"], "other": ["60", "5433"]}


def test_a_module_that_nothing_names_is_judged_when_it_was_loaded() -> None:
    files = {"shop/staging.py": "DATABASES = {'default': {'CONN_MAX_AGE': 5}}"}
    found = report("DATABASES = {'default': {}}", files, "shop.staging", DATABASES={"default": {"CONN_MAX_AGE": 5}})
    assert [module.name for module in found.modules] == ["shop.staging"]


def test_settings_that_the_tree_does_not_have_change_nothing() -> None:
    found = report("DATABASES = {'default': {}}", None, "installed.settings", DATABASES={"default": {}})
    assert [module.name for module in found.modules] == ["shop.settings"]
