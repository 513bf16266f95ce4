"""Hostile code: every bound holds, in time, and what stands after it is still evaluated."""

from __future__ import annotations

import time

import pytest
from evaluating import evaluated

from connlint.python.modules import ModuleUnparsable, parse
from connlint.source import Source

HOSTILE = {
    "power": "X = 9**9**9",
    "repeat": "X = 'x' * 10**10",
    "shift": "X = 1 << 10**9",
    "percent": "X = '%1000000000d' % 1",
    "widths": "X = '{:999999999}'.format(1) + f'{1:999999999}' + format(1, '99999999d')",
    "doubling": "x = 'a' * 1000\n" + "x = x + x\n" * 100,
    "list doubling": "x = [1]\n" + "x = x + x\n" * 100,
    "shared tuples": "x = ()\n" + "x = (x, x)\n" * 200 + "Y = str(x)\nZ = x == x",
    "nested lists": "X = [[[[1] * 1000] * 1000] * 1000] * 1000\nY = str(X)",
    "factorial": "x = 1\nfor i in range(1, 20000):\n    x *= i",
    "endless": "while True:\n    X = 1",
    "long loop": "x = 0\nwhile x < 10**9:\n    x += 1",
    "product": "X = [a for a in range(10**4) for b in range(10**4) for c in range(10**4)]",
    "range": "X = list(range(10**12))",
    "recursion": "def f(n):\n    return f(n + 1)\nX = f(0)",
    "double recursion": "def f(n):\n    return f(n - 1) + f(n - 2) if n > 1 else 1\nX = f(60)",
    "self application": "f = lambda g: g(g)\nX = f(f)",
    "regex": "import re\nX = re.match('(a+)+$', 'a' * 40 + 'b')\nY = re.match('.*a.*a.*a.*a.*a.*b', 'a' * 3000)",
    "own keys": "d = {}\nd['d'] = d\nX = str(d)\nimport copy\nY = copy.deepcopy(d)",
    "sets": "X = set(range(20000))",
    "literal": "import ast\nX = ast.literal_eval('[' * 5000)",
    "json": "import json\nX = json.loads('[' * 100000)",
    "yaml bomb": "import yaml\nX = yaml.safe_load('''" + "\n".join(
        ["a0: &a0 [x, x, x, x, x, x, x, x]"]
        + [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 8) + "]" for i in range(1, 9)]
    ) + "''')",
    "many forks": "import foo\n" + "".join(f"if foo.x{i}:\n    A{i} = 1\nelse:\n    A{i} = 2\n" for i in range(400)),
    "nested forks": "import foo\n" + "".join("    " * i + f"if foo.x{i}:\n" for i in range(15)) + "    " * 15 + "A = 1",
    "brackets": "X = " + "(" * 150 + "1" + ")" * 150,
    "deep ifs": "".join("    " * i + "if 1:\n" for i in range(95)) + "    " * 95 + "X = 1",
    "class circle": "class A(B): pass\nclass B(A): pass\nclass C(C): pass",
    "getattr circle": "class A:\n    def __getattr__(self, n):\n        return self.x\nX = A().y",
}  # fmt: skip


@pytest.mark.parametrize("code", HOSTILE.values(), ids=list(HOSTILE))
def test_evaluation_ends_and_goes_on_after_it(code: str) -> None:
    start = time.process_time()
    found = evaluated(f'{code}\nDATABASES = {{"default": {{"CONN_MAX_AGE": 7}}}}\n')
    assert time.process_time() - start < 2
    assert found.databases["default"].settings["CONN_MAX_AGE"].only == 7


@pytest.mark.parametrize(
    "text",
    [
        "X = " + "[" * 10_000 + "]" * 10_000,
        "X = " + "+".join(["1"] * 20_000),
        "X = 'a\0b'",
        "X = a" + ".b" * 5_000,
        "\ufffd",
    ],
    ids=["brackets", "sum", "null", "attributes", "not UTF-8"],
)
def test_text_that_does_not_parse_is_refused_with_a_place(text: str) -> None:
    with pytest.raises(ModuleUnparsable) as caught:
        parse(Source("settings.py", text))
    assert caught.value.span.line == 1


def test_what_an_unfinished_statement_would_set_is_unknown() -> None:
    found = evaluated(
        'DATABASES = {"default": {"CONN_MAX_AGE": 7}}\nwhile True:\n    DATABASES["default"]["CONN_MAX_AGE"] = 1\n'
    )
    assert found.databases["default"].settings["CONN_MAX_AGE"].reason == "it takes too many steps"
