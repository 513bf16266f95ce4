"""Going through a tree: the same nodes as the standard library names, in the same order."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from connlint.orm import walking
from connlint.orm.walking import walk

_LEFT_OUT = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)


@pytest.mark.parametrize(
    "text",
    [
        "x: int = -1 + 2 if not a and b < c else [*d]\n",
        "@a(b)\nasync def f(x: int = 1, *y, z=lambda: 2, **k) -> None:\n    async with a as b: await c\n",
        "try:\n    raise E from e\nexcept (A, B) as error:\n    pass\nelse:\n    del x\nfinally:\n    global g\n",
        "match x:\n    case {'a': [1, *b], **c} | K(d, e=f) if g: pass\n",
        "class A(B, metaclass=C):\n    f'{x!r:>{width}}'\n    (y := {i: j for i, j in z if i})\n",
        Path(walking.__file__).read_text(encoding="utf-8"),
    ],
)
def test_every_node_is_named_in_the_order_of_the_standard_library(text: str) -> None:
    tree = ast.parse(text)
    assert list(walk(tree)) == [node for node in ast.walk(tree) if not isinstance(node, _LEFT_OUT)]
