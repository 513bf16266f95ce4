"""Several modules: imports of every kind, star imports, missing and broken modules, files of the project."""

from __future__ import annotations

import pytest
from evaluating import age, databases, evaluated

from connlint.project.tree import Tree
from connlint.python.settings import SettingsError, evaluate_settings
from connlint.value import Value

BASE = 'DATABASES = {"default": {"CONN_MAX_AGE": 1}}\nTIMEOUT = 5\n_HIDDEN = 1\n'


def test_star_imports_over_several_levels_share_the_dictionary() -> None:
    files = {
        "conf/__init__.py": "",
        "conf/base.py": BASE,
        "conf/production.py": 'from .base import *\nDATABASES["default"]["CONN_MAX_AGE"] = 60\n',
        "conf/live.py": 'from conf.production import *\nDATABASES["default"]["HOST"] = "h"\n',
    }
    assert databases(files, module="conf.live") == {"default": {"CONN_MAX_AGE": 60, "HOST": "h"}}


IMPORTS = [
    ("from base import TIMEOUT as T\nAGE = T", 5),
    ("import base\nAGE = base.TIMEOUT", 5),
    ("import pack.inner as i\nAGE = i.X", 7),
    ("import pack.inner\nAGE = pack.inner.X", 7),
    ("from pack import inner\nAGE = inner.X", 7),
    ("from pack import given\nAGE = given()", 7),
    ("from base import *\nAGE = TIMEOUT", 5),
    ("from base import *\ntry:\n    AGE = _HIDDEN\nexcept NameError:\n    AGE = 3", 3),
    ("import importlib\nAGE = getattr(importlib.import_module('ba' + 'se'), 'TIMEOUT')", 5),
    ("AGE = 1\ntry:\n    from pack.local import *\nexcept ImportError:\n    AGE = 2", 2),
    ("try:\n    from base import NOTHING\nexcept ImportError:\n    AGE = 2", 2),
    ("AGE = 1\nfrom third_party.defaults import *", 1),
    ("import circle_a\nAGE = circle_a.X", 4),
    ("from listed import *\nAGE = _shown", 6),
]
FILES = {
    "base.py": BASE,
    "pack/__init__.py": "from .inner import X\ndef given():\n    return X\n",
    "pack/inner.py": "X = 7\n",
    "circle_a.py": "import circle_b\nX = 4\nY = circle_b.Z\n",
    "circle_b.py": "import circle_a\nZ = circle_a.X\n",
    "listed.py": "__all__ = ['_shown']\n_shown = 6\nhidden = 1\n",
}


@pytest.mark.parametrize(("code", "value"), IMPORTS, ids=[code for code, _ in IMPORTS])
def test_imports(code: str, value: object) -> None:
    assert age(code + "\n", files=FILES) == value


def test_modules_that_nothing_needs_are_not_evaluated() -> None:
    tree = Tree(None, {"settings.py": "from helpers import big\n" + BASE, "helpers.py": "big = 1\n"})
    evaluate_settings(tree, "settings", python_path=["."], environment={}, cpus=Value.unknown("x"))
    assert tree.read_count == 1


def test_a_module_that_does_not_parse_is_a_note_and_its_names_are_unknown() -> None:
    found = evaluated(
        {
            "settings.py": "from broken import AGE\nDATABASES = {'default': {'CONN_MAX_AGE': AGE}}\n",
            "broken.py": "x = = 1\n",
        }
    )
    value = found.databases["default"].settings["CONN_MAX_AGE"]
    assert value.reason == "broken.py cannot be read: it is not valid Python"
    assert [(span.place, reason) for span, reason in found.problems] == [("broken.py:1", "it is not valid Python")]


def test_a_settings_module_that_is_not_there_or_broken_is_an_error() -> None:
    with pytest.raises(SettingsError, match="there is no module settings"):
        evaluated({"other.py": ""})
    with pytest.raises(SettingsError, match=r"settings\.py: it is not valid Python") as caught:
        evaluated("X = 1\nY = = 2\n")
    assert caught.value.span is not None
    assert caught.value.span.line == 2


READ = [
    ("import json\nAGE = json.load(open('conf.json'))['age']", 60),
    (
        "import json, os\nwith open(os.path.join(os.path.dirname(__file__), 'conf.json')) as f:\n    AGE = json.load(f)['age']",
        60,
    ),
    (
        "from pathlib import Path\nimport json\nAGE = json.loads((Path(__file__).parent / 'conf.json').read_text())['age']",
        60,
    ),
    ("import yaml\nAGE = yaml.safe_load(open('conf.yaml'))['db']['age']", 60),
    ("import configparser\nc = configparser.ConfigParser()\nc.read('conf.ini')\nAGE = c.getint('db', 'age')", 60),
    ("import configparser\nc = configparser.ConfigParser()\nc.read('conf.ini')\nAGE = c.get('db', 'x', fallback=5)", 5),
    ("import configparser\nc = configparser.ConfigParser()\nc.read('conf.ini')\nAGE = c['db']['age']", "60"),
    ("import os\nAGE = os.path.exists('conf.json')", True),
    ("import os\nAGE = os.path.exists(os.path.join(os.path.dirname(__file__), 'nothing'))", False),
    ("try:\n    AGE = open('nothing').read()\nexcept OSError:\n    AGE = 5", 5),
    (
        "import os\nAGE = os.path.exists('/etc/passwd')",
        "unknown: whether a file outside the project exists is not known",
    ),
    ("AGE = open('/etc/passwd').read()", "unknown: it is in a file outside the project, which is not read"),
    ("AGE = open('../secret').read()", "unknown: it is in a file outside the project, which is not read"),
    ("exec(open('part.py').read())", 8),
    ("from split_settings.tools import include, optional\ninclude('part.py', optional('nothing.py'))", 8),
]
DATA = {
    "conf.json": '{"age": 60}\n',
    "conf.yaml": "db:\n  age: 60\n",
    "conf.ini": "[db]\nage = 60\n",
    "part.py": "AGE = 8\n",
}


@pytest.mark.parametrize(("code", "value"), READ, ids=[code for code, _ in READ])
def test_files_of_the_project_are_read_and_no_others(code: str, value: object) -> None:
    assert age(code + "\n", files=DATA) == value


def test_class_based_settings_that_write_the_module_themselves() -> None:
    files = {
        "conf/__init__.py": "",
        "conf/loading.py": """\
            import inspect
            import sys


            class Settings:
                @classmethod
                def load(cls, name):
                    self, module = cls(), sys.modules[name]
                    for key, value in inspect.getmembers(self):
                        if key.isupper():
                            setattr(module, key, value)
            """,
        "conf/base.py": """\
            from conf.loading import Settings


            class Base(Settings):
                @property
                def DATABASES(self):
                    return {"default": {"CONN_MAX_AGE": 0}}
            """,
        "conf/live.py": """\
            from .base import Base


            class Live(Base):
                @property
                def DATABASES(self):
                    dbs = super().DATABASES
                    for name in dbs:
                        dbs[name]["CONN_MAX_AGE"] = 60
                    return dbs


            Live.load(__name__)
            """,
    }
    assert databases(files, module="conf.live") == {"default": {"CONN_MAX_AGE": 60}}


CONFIGURED = """\
from configurations import Configuration, values


class Base(Configuration):
    AGE = values.IntegerValue(60)
    DATABASES = values.DatabaseURLValue("postgres://u@h/db", conn_max_age=5)


class Live(Base):
    @property
    def DATABASES(self):
        return {"default": {"CONN_MAX_AGE": self.AGE}}
"""


def test_django_configurations_by_position() -> None:
    code = "from configurations import values\nAGE = values.IntegerValue(5, True, 'X', 'P')\n"
    assert databases(code + "DATABASES = {'default': {'CONN_MAX_AGE': AGE}}\n", {"P_X": "7"})["default"] == {
        "CONN_MAX_AGE": 7
    }


def test_django_configurations() -> None:
    base = databases(CONFIGURED, {"DJANGO_CONFIGURATION": "Base"})["default"]
    assert (base["HOST"], base["CONN_MAX_AGE"]) == ("h", 5)  # type: ignore[index]
    live = databases(CONFIGURED, {"DJANGO_CONFIGURATION": "Live", "DJANGO_AGE": "7"})
    assert live == {"default": {"CONN_MAX_AGE": 7}}
    missing = evaluated(CONFIGURED, {"DJANGO_CONFIGURATION": "Nothing"})
    assert missing.databases_problem == "DJANGO_CONFIGURATION: there is no such class in the settings module"


def test_modules_that_import_a_name_from_each_other() -> None:
    """Nobody makes it: unknown, where a look-up that follows them would go round for ever."""
    settings = "from a import AGE\nDATABASES = {'default': {'CONN_MAX_AGE': AGE, 'HOST': 'db'}}\n"
    files = {"a.py": "from b import AGE\n", "b.py": "from a import AGE\n", "settings.py": settings}
    found = evaluated(files).databases["default"].settings
    assert found["CONN_MAX_AGE"].is_unknown
    assert found["HOST"].only == "db"
