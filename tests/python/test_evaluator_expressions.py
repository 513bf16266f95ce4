"""What expressions of settings come to: each line of a table is one piece of code and its value."""

from __future__ import annotations

import pytest
from evaluating import age

EXACT = [
    # names, arithmetic, conversions
    ("AGE = 60", 60),
    ("AGE = 60 * 2 + 1", 121),
    ("AGE = -1", -1),
    ("AGE = None", None),
    ("AGE: int = 5", 5),
    ("AGE = X = 5", 5),
    ("AGE, X = 5, 6", 5),
    ("X, *Y = [1, 2, 3]\nAGE = Y", [2, 3]),
    ("AGE = 1\nAGE += 4", 5),
    ("AGE = int('7')", 7),
    ("AGE = int(7.9)", 7),
    ("AGE = float('1.5')", 1.5),
    ("AGE = bool('')", False),
    ("AGE = str(5)", "5"),
    ("AGE = not 0", True),
    ("AGE = 3 if 2 > 1 else 4", 3),
    ("AGE = '' or 5", 5),
    ("AGE = 5 and 6", 6),
    ("AGE = 1 < 2 < 3", True),
    ("AGE = 'a' in {'a': 1}", True),
    ("AGE = None is None", True),
    ("AGE = (n := 5) + n", 10),
    # texts
    ("AGE = 'a-%s' % 5", "a-5"),
    ("AGE = '%(x)s' % {'x': 5}", "5"),
    ("AGE = '{}-{x}'.format(1, x=2)", "1-2"),
    ("N = 5\nAGE = f'{N!r:>3}|{N + 1}'", "  5|6"),
    ("AGE = ' a,b '.strip().split(',')", ["a", "b"]),
    ("AGE = ','.join(x.upper() for x in 'ab')", "A,B"),
    ("AGE = 'postgres://h'.startswith('postgres')", True),
    ("AGE = 'abc'[1:]", "bc"),
    # containers
    ("AGE = [1] + [2]", [1, 2]),
    ("AGE = [*range(2), 5]", [0, 1, 5]),
    ("AGE = {**{'a': 1}, 'b': 2}['a']", 1),
    ("AGE = ({'a': 1} | {'a': 2})['a']", 2),
    ("AGE = dict(a=1, **{'b': 2})['b']", 2),
    ("AGE = {'a': 1}.get('b', 3)", 3),
    ("D = {}\nAGE = D.setdefault('a', 4)", 4),
    ("D = {'a': 1}\nAGE = [D.pop('a'), D.pop('a', 9)]", [1, 9]),
    ("L = [3, 1]\nL.append(2)\nL.sort()\nAGE = L", [1, 2, 3]),
    ("L = ['b', 'a']\nL.insert(0, 'c')\nL.remove('b')\nAGE = L", ["c", "a"]),
    ("AGE = sorted([3, 1], reverse=True)", [3, 1]),
    ("AGE = sorted(['bb', 'a'], key=len)", ["a", "bb"]),
    ("AGE = [x * 2 for x in range(4) if x % 2]", [2, 6]),
    ("AGE = {k: v for k, v in [('a', 1)]}['a']", 1),
    ("AGE = any(x > 2 for x in [1, 3])", True),
    ("AGE = sum([1, 2]) + len('ab') + max(1, 5) + min([4, 3])", 13),
    ("AGE = [i for i, x in enumerate('ab', 1)]", [1, 2]),
    ("AGE = [a + b for a, b in zip([1], [2])]", [3]),
    ("AGE = list(map(int, ['1', '2']))", [1, 2]),
    ("AGE = list(filter(None, [0, 1]))", [1]),
    ("AGE = next((x for x in [1, 2] if x > 1), 0)", 2),
    ("AGE = list(reversed([1, 2]))", [2, 1]),
    # the standard library
    ("import json\nAGE = json.loads('{\"a\": 5}')['a']", 5),
    ("import ast\nAGE = ast.literal_eval('[1, None]')", [1, None]),
    ("import re\nAGE = int(re.match(r'(\\d+)s', '60s').group(1))", 60),
    ("from urllib.parse import urlparse\nAGE = urlparse('postgres://h:5432/x').port", 5432),
    ("import os\nAGE = os.path.basename(os.path.dirname('/a/b/c'))", "b"),
    ("from pathlib import Path\nAGE = str(Path('/a') / 'b')", "/a/b"),
    ("from datetime import timedelta\nAGE = int(timedelta(minutes=2).total_seconds())", 120),
    ("from functools import partial\nAGE = partial(int, base=2)('101')", 5),
    ("from collections import defaultdict\nD = defaultdict(list)\nD['a'].append(1)\nAGE = D['a']", [1]),
    ("from itertools import chain\nAGE = list(chain([1], [2]))", [1, 2]),
    ("from types import SimpleNamespace\nAGE = SimpleNamespace(x=5).x", 5),
    ("AGE = getattr(object(), 'nothing', 5) if False else 5", 5),
    ("AGE = isinstance('a', str) and not isinstance('a', (int, list))", True),
    ("AGE = [callable(len), callable(5)]", [True, False]),
]


@pytest.mark.parametrize(("code", "value"), EXACT, ids=[code for code, _ in EXACT])
def test_exact(code: str, value: object) -> None:
    found = age(code + "\n")
    assert found == value
    assert type(found) is type(value)


UNKNOWN = [
    (
        "import requests\nAGE = requests.get('http://x').json()['age']",
        "unknown: requests.get is not part of the project",
    ),
    ("import os\nAGE = int(os.environ['AGE'])", "unknown: the variable AGE is not set"),
    ("AGE = nowhere", "unknown: the name is not defined"),
    ("AGE = {}['a']", "unknown: the key is missing"),
    ("AGE = int('x')", "unknown: int fails with ValueError"),
    ("AGE = 9 ** 9 ** 9", "unknown: ** makes a number with too many digits"),
    ("AGE = 'x' * 10**10", "unknown: * makes a string that is too long"),
    ("AGE = 1 << 10**9", "unknown: << makes a number with too many digits"),
    ("AGE = '%1000000000d' % 1", "unknown: % makes a string that is too long"),
    ("AGE = f'{1:999999999}'", "unknown: the f-string makes a string that is too long"),
    ("AGE = '{:{}}'.format(1, 10**9)", "unknown: format makes a string that is too long"),
    ("import re\nAGE = re.match('(a+)+$', 'a' * 40 + 'b')", "unknown: match makes a match that may take too long"),
    ("AGE = [0] * 10**9", "unknown: * makes a list that is too long"),
    ("async def f():\n    return 5\nAGE = f()", "unknown: asynchronous code is not followed"),
]


@pytest.mark.parametrize(("code", "reason"), UNKNOWN, ids=[code for code, _ in UNKNOWN])
def test_unknown_with_a_reason(code: str, reason: str) -> None:
    assert age(code + "\n") == reason
