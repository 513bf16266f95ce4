"""Statements: branches that are taken, forked or impossible; loops; functions; classes; aliases."""

from __future__ import annotations

import pytest
from evaluating import age, databases, evaluated

TAKEN = [
    ("if 1 > 2:\n    AGE = 1\nelif 2 > 1:\n    AGE = 2\nelse:\n    AGE = 3", 2),
    ("AGE = 0\nfor x in [1, 2, 3]:\n    if x == 2:\n        continue\n    AGE += x", 4),
    ("for x in [1, 2, 3]:\n    if x == 2:\n        break\nelse:\n    x = 9\nAGE = x", 2),
    ("AGE = 0\nwhile AGE < 5:\n    AGE += 1", 5),
    ("def f(a, b=2, *c, d=4, **e):\n    return [a, b, c, d, e['x']]\nAGE = f(1, 2, 3, x=5)", [1, 2, (3,), 4, 5]),
    ("def f(n):\n    if n > 2:\n        return 'big'\n    return 'small'\nAGE = f(3)", "big"),
    ("def f():\n    global AGE\n    AGE = 5\nf()", 5),
    ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x += 1\n        return x\n    return g()\nAGE = f()", 2),
    ("def f():\n    yield 1\n    yield 2\nAGE = list(f())", [1, 2]),
    ("def twice(g):\n    return lambda n: g(g(n))\n@twice\ndef f(n):\n    return n * 2\nAGE = f(3)", 12),
    ("AGE = (lambda n: n + 1)(4)", 5),
    ("try:\n    AGE = {}['a']\nexcept KeyError:\n    AGE = 5", 5),
    ("try:\n    AGE = 1\nexcept KeyError:\n    AGE = 2\nelse:\n    AGE = 3\nfinally:\n    AGE += 1", 4),
    ("class E(Exception):\n    pass\ntry:\n    raise E('x')\nexcept ValueError:\n    AGE = 1\nexcept E:\n    AGE = 2", 2),
    ("from contextlib import suppress\nAGE = 1\nwith suppress(KeyError):\n    AGE = {}['a']", 1),
    ("class A:\n    X = 5\n    @property\n    def age(self):\n        return self.X\nclass B(A):\n    X = 6\n"
     "    @property\n    def age(self):\n        return super().age + 1\nAGE = B().age", 7),
    ("class A:\n    def __init__(self, n):\n        self.n = n\n    @classmethod\n    def make(cls, n):\n"
     "        return cls(n)\n    @staticmethod\n    def one():\n        return 1\nAGE = A.make(4).n + A.one()", 5),
    ("from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int\n    m: int = 3\nAGE = A(1).m + A(n=2).n", 5),
    ("import enum\nclass M(enum.Enum):\n    A = 'a'\nAGE = M('a').value", "a"),
    ("class C(dict):\n    def __getitem__(self, k):\n        return super().get(k, 0) + 1\nAGE = C(a=4)['a']", 5),
    ("match 'b':\n    case 'a':\n        AGE = 1\n    case 'b' | 'c':\n        AGE = 2", 2),
    ("globals()['AGE'] = 5", 5),
    ("vars().update({'AGE': 5})", 5),
    ("import sys\nsetattr(sys.modules[__name__], 'AGE', 5)", 5),
    ("exec('AGE = 5')", 5),
    ("AGE = 1\ndel AGE\nAGE = 5", 5),
]  # fmt: skip


@pytest.mark.parametrize(("code", "value"), TAKEN, ids=[code for code, _ in TAKEN])
def test_known_paths(code: str, value: object) -> None:
    assert age(code + "\n") == value


FORKED = [
    ("import x\nif x.y:\n    AGE = 1\nelse:\n    AGE = 2", [1, 2]),
    ("import x\nAGE = 1 if x.y else 2", [1, 2]),
    ("import x\nAGE = 1\nif x.y:\n    AGE = 2", [2, 1]),
    ("import x\nif x.y:\n    raise SystemExit\nelse:\n    AGE = 2", 2),
    ("import x\ndef f():\n    if x.y:\n        return 1\n    return 2\nAGE = f()", [2, 1]),
    ("import x\nAGE = 0\nfor i in range(3):\n    if x.y:\n        break\n    AGE = i", [2, 0, 1]),
    ("try:\n    import absent_package\n    AGE = 1\nexcept ImportError:\n    AGE = 2", [1, 2]),
    ("import x\nAGE = 0\nfor i in x.y:\n    AGE = 5", [0, 5]),
    ("import x\nAGE = 0\nfor i in x.y:\n    AGE += 5", "unknown: a loop of unknown length changes it"),
]


@pytest.mark.parametrize(("code", "value"), FORKED, ids=[code for code, _ in FORKED])
def test_unknown_paths_are_all_taken(code: str, value: object) -> None:
    assert age(code + "\n") == value


def test_a_key_that_only_one_branch_sets_may_be_absent() -> None:
    assert databases(
        """\
        import somewhere
        DATABASES = {"default": {"HOST": "a"}}
        if somewhere.production:
            DATABASES["default"]["HOST"] = "b"
            DATABASES["default"]["CONN_MAX_AGE"] = 60
        """
    ) == {"default": {"HOST": ["b", "a"], "CONN_MAX_AGE": [60, "absent"]}}


def test_a_dictionary_made_in_either_branch_is_changed_for_sure_afterwards() -> None:
    assert databases(
        """\
        import somewhere
        if somewhere.production:
            DATABASES = {"default": {"HOST": "a"}}
        else:
            DATABASES = {"default": {"HOST": "b"}}
        DATABASES["default"]["CONN_MAX_AGE"] = 60
        """
    ) == {"default": {"HOST": ["a", "b"], "CONN_MAX_AGE": 60}}


def test_one_of_two_older_dictionaries_is_changed() -> None:
    assert databases(
        """\
        import somewhere
        A, B = {"CONN_MAX_AGE": 1}, {"CONN_MAX_AGE": 2}
        chosen = A if somewhere.production else B
        chosen["CONN_MAX_AGE"] = 3
        DATABASES = {"a": A, "b": B}
        """
    ) == {"a": {"CONN_MAX_AGE": [3, 1]}, "b": {"CONN_MAX_AGE": [2, 3]}}


def test_aliases_are_the_same_dictionary() -> None:
    assert databases(
        """\
        from copy import copy, deepcopy
        DEFAULT = {"CONN_MAX_AGE": 1, "OPTIONS": {"pool": True}}
        DATABASES = {"default": DEFAULT, "copy": copy(DEFAULT), "deep": deepcopy(DEFAULT)}
        for db in DATABASES.values():
            db["CONN_MAX_AGE"] += 1
        DEFAULT["OPTIONS"]["pool"] = {"max_size": 4}
        """
    ) == {
        "default": {"CONN_MAX_AGE": 2, "OPTIONS.pool.max_size": 4},
        "copy": {"CONN_MAX_AGE": 2, "OPTIONS.pool.max_size": 4},
        "deep": {"CONN_MAX_AGE": 2, "OPTIONS.pool": True},
    }


def test_an_unknown_update_makes_every_key_of_that_alias_unknown() -> None:
    found = databases('import x\nDATABASES = {"a": {"HOST": "h"}, "b": {"HOST": "h"}}\nDATABASES["a"].update(x.y())\n')
    assert found["b"] == {"HOST": "h"}
    assert found["a"]["HOST"] == found["a"]["CONN_MAX_AGE"] == "unknown: x.y is not part of the project"  # type: ignore[index]


def test_what_is_handed_to_unread_code_may_come_back_changed() -> None:
    found = databases('import heroku\nDATABASES = {"default": {"CONN_MAX_AGE": 1}}\nheroku.settings(locals())\n')
    assert found == {}


def test_an_unrelated_failure_does_not_end_the_module() -> None:
    found = evaluated(
        """\
        import os
        KEY = os.environ["KEY"]
        if not KEY_FILE:
            raise RuntimeError("no key")
        VERSION = open("VERSION").read()
        while True:
            X = 1
        DATABASES = {"default": {"CONN_MAX_AGE": 5, "PASSWORD": os.environ["PW"], "HOST": os.environ["HOST"]}}
        """
    )
    settings = found.databases["default"].settings
    assert settings["CONN_MAX_AGE"].only == 5
    assert settings["HOST"].reason == "the variable HOST is not set"
    assert [(span.line, reason) for span, reason in found.problems] == [
        (2, "the variable KEY is not set"),
        (3, "the name is not defined"),
        (5, "there is no file VERSION"),
        (6, "it takes too many steps"),
        (8, "the variable PW is not set"),
        (8, "the variable HOST is not set"),
    ]


def test_names_that_rules_need_and_names_that_are_read() -> None:
    found = evaluated('CONN_MAX_AGE = 60\nDEBUG = False\nX = DEBUG\nINSTALLED_APPS = ["a"]\nINSTALLED_APPS += ["b"]\n')
    assert found.names["INSTALLED_APPS"].only == ["a", "b"]
    assert found.names["CONN_MAX_AGE"].only == 60
    assert "CONN_MAX_AGE" not in found.read_names
    assert "DEBUG" in found.read_names
    assert found.databases == {}
    assert found.databases_problem == ""


SERVING = [
    ("import sys\nAGE = 1 if 'test' in sys.argv else 2", 2),
    ("import sys\nAGE = 1 if len(sys.argv) > 1 and sys.argv[1] == 'test' else 2", 2),
    ("import sys\nAGE = 1 if sys.argv[1:2] == ['test'] else 2", 2),
    ("import sys\nAGE = 1 if 'pytest' in sys.modules else 2", 2),
    ("import sys\nAGE = 1 if 'runserver' in sys.argv else 2", [1, 2]),
]


@pytest.mark.parametrize(("code", "value"), SERVING, ids=[code for code, _ in SERVING])
def test_the_process_that_settings_are_read_for_serves(code: str, value: object) -> None:
    assert age(code + "\n") == value


def test_a_method_of_either_of_two_new_dictionaries_is_sure_to_change_it() -> None:
    assert databases(
        """\
        from socket import gethostname
        if gethostname() == "live":
            DATABASES = {"default": {"CONN_MAX_AGE": 60}}
        else:
            DATABASES = {"default": {}}
        DATABASES["default"].update({"HOST": "h"})
        """
    ) == {"default": {"CONN_MAX_AGE": [60, "absent"], "HOST": "h"}}


def test_loggers_change_nothing() -> None:
    code = 'import logging\nAGE = {"a": 1}\nlogging.getLogger(__name__).info("read %s", AGE)\n'
    assert databases(code + 'DATABASES = {"default": AGE}\n') == {"default": {"a": 1}}


def test_dynaconf_leaves_what_nothing_can_replace() -> None:
    code = 'import dynaconf\nDATABASES = {"default": {"HOST": "h"}}\ndynaconf.DjangoDynaconf(__name__)\n'
    assert databases(code) == {"default": {"HOST": "h"}}
    assert evaluated(code, {"DJANGO_DATABASES__default__HOST": "x"}).databases_problem == "dynaconf may replace it"
    assert evaluated({"settings.py": code, "settings.toml": ""}).databases_problem == "dynaconf may replace it"
