"""An outline has the statements of a module without the bodies of its functions and classes, in their places."""

from __future__ import annotations

import ast

import pytest

from connlint.orm.loaded import BROKEN, OUTLINE, WHOLE, Loaded, Unparsed
from connlint.orm.outline import outline


def loaded(text: str, whole: bool = False) -> tuple[Loaded, list[int]]:
    """A module, and what was parsed of it so far."""
    seen: list[int] = []
    return Loaded("shop/models.py", text.encode(), lambda _, start, __: seen.append(start), whole), seen


SHOP = '''\
"""Shops.

class Nothing:
"""
import os
from django.db import models

LIMIT = 3


@decorated(
    "twice",
)
# really
@again
async def close(shop):
    text = """
def inner():
"""
    return text


class Shop(models.Model, metaclass=Meta("x")):
    name = 1  # def

    def open(self):
        class Door: ...


class Line(
    Shop,
):
    pass
'''


def test_bodies_are_left_out_and_lines_stay() -> None:
    found = outline(SHOP.encode())
    assert found is not None
    lines = found.text.decode().split("\n")
    assert [line for line in lines if line] == [
        '"""Shops.', "class Nothing:", '"""', "import os", "from django.db import models", "LIMIT = 3",
        "@decorated(", '    "twice",', ")", "# really", "@again", "async def close():0", "class Shop:0", "class Line(", "    Shop,", "):0",
    ]  # fmt: skip
    assert lines.index("class Shop:0") == SHOP.split("\n").index('class Shop(models.Model, metaclass=Meta("x")):')
    assert found.size < len(SHOP)


@pytest.mark.parametrize("line", [16, 23, 26, 27, 30])
def test_what_stands_at_a_place_is_what_the_parser_says(line: int) -> None:
    part, _ = loaded(SHOP)
    whole, _ = loaded(SHOP, whole=True)
    column = {26: 4, 27: 8}.get(line, 0)
    found, expected = part.definition(line, column), whole.definition(line, column)
    assert found is not None
    assert expected is not None
    assert ast.dump(found, include_attributes=True) == ast.dump(expected, include_attributes=True)


def test_a_class_is_parsed_when_something_in_it_is_asked_for() -> None:
    module, seen = loaded(SHOP)
    assert [*module.names] == ["os", "models", "LIMIT", "close", "Shop", "Line"]
    line = module.header(30, 0)
    assert line is not None
    assert [ast.unparse(base) for base in line.bases] == ["Shop"]
    assert module.mentions(30, "pass")
    assert not module.mentions(30, "open")
    assert seen == [OUTLINE]
    assert module.definition(30, 0) is not None
    assert seen == [OUTLINE, SHOP.index("class Line")]


def test_bases_that_hold_texts_are_found_in_the_class() -> None:
    module, seen = loaded(SHOP)
    shop = module.header(23, 0)
    assert shop is not None
    assert [ast.unparse(base) for base in shop.bases] == ["models.Model"]
    assert seen == [OUTLINE, SHOP.index("class Shop")]


def test_a_lambda_is_found_in_its_function() -> None:
    module, _ = loaded("import os\n\ndef f():\n    return lambda: 1\n\ng = lambda: 2\n")
    assert isinstance(module.definition(4, 11), ast.Lambda)
    assert isinstance(module.definition(6, 4), ast.Lambda)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",  # nothing to leave out
        "# coding: latin-1\ndef f(): pass\n",
        "\ufeffdef f(): pass\n",
        "x = 1 + \\\ny\ndef f(): pass\n",
        "\x0cdef f(): pass\n",
        "x = 1\rdef f(): pass\r",
        'x = """\ndef f(): pass\n',  # no end
        "def größe(): pass\n",
        "@decorated(\n1,\n)\ndef f(): pass\n",
    ],
)
def test_what_is_written_in_an_unusual_way_has_no_outline(text: str) -> None:
    assert outline(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        'x = \'"""\'  # """\ndef f(): pass\n',  # the quotes of a text and of a comment open nothing
        'x = r"""\\"""\ny = 1\ndef f(): pass\n"""\n',
        'x = """a\\"""\ndef f(): pass\n"""\ndef g(): pass\n',
        "if x:\n    def f(): pass\nelse:\n    def f(): pass\nclass A: pass\n",
        "default = class_ = asynchronous = 1\nclass A: pass\n",
        "class A[T](B): pass\n" if hasattr(ast, "TypeAlias") else "class A(B): pass\n",
        "# coding: utf-8\r\nclass A(B):\r\n    x = 1\r\n",
    ],
)
def test_names_are_those_that_the_parser_finds(text: str) -> None:
    part, _ = loaded(text)
    try:
        whole, _ = loaded(text, whole=True)
    except Unparsed:
        pytest.fail("the text of the test is no Python")
    assert part.outline is not None or outline(text.encode()) is None
    assert [*part.names] == [*whole.names]


def test_an_outline_that_is_none_gives_way_to_the_whole() -> None:
    text = "def f(\na,\n):\n    pass\n"
    module, seen = loaded(text)
    assert seen == [WHOLE]
    assert module.definition(1, 0) is not None


def test_a_body_that_no_parser_takes_is_said_once() -> None:
    module, seen = loaded("def f():\n    print 'x'\n\ndef g():\n    pass\n")
    assert module.definition(1, 0) is None
    assert seen == [OUTLINE, BROKEN]
    assert module.definition(4, 0) is not None
