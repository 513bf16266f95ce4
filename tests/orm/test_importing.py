"""Which queries run while a module is imported, and which statements only define what queries later."""

from __future__ import annotations

import pytest
from uncovering import code_facts

MODEL = "from shop.models import Order\n"
COUNT = "def load():\n    return Order.objects.count()\n"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("NAMES = list(Order.objects.all())", 1),
        ("try:\n    N = Order.objects.count()\nexcept Exception:\n    N = 0", 1),
        ("if DEBUG:\n    N = Order.objects.count()", 1),
        ("with open('a') as file:\n    N = Order.objects.count()", 1),
        ("class Form:\n    choices = list(Order.objects.values_list('id'))", 1),
        ("class Form:\n    choices = [(o.id, o.id) for o in Order.objects.all()]", 1),
        ("class View:\n    queryset = Order.objects.all()", 0),
        ("class View:\n    first = lambda self: Order.objects.first()", 0),
        ("class View:\n    def get(self):\n        return Order.objects.get()", 0),
        (f"{COUNT}N = load()", 1),
        (f"{COUNT}load()", 1),
        (COUNT, 0),
        ("def load(n=Order.objects.count()): ...", 1),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    N = Order.objects.count()", 0),
        ("import typing\nif typing.TYPE_CHECKING:\n    N = Order.objects.count()", 0),
        ("if __name__ == '__main__':\n    Order.objects.count()", 0),
        ("from django.db import connection\nwith connection.cursor() as cursor:\n    cursor.execute('select 1')", 1),
        ("from django.contrib.sites.models import Site\nDOMAIN = Site.objects.get_current().domain", 1),
        ("default = dict(a=lambda: Order.objects.count())", 0),
    ],
)
def test_which_statements_query_at_import(code: str, found: int) -> None:
    assert len(code_facts("", {"shop/names.py": MODEL + code + "\n"}).imports) == found


@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_what_a_server_imports_is_followed_to_other_modules(name: str) -> None:
    others = {
        f"shop/{name}.py": f"from django.core.{name} import get_{name}_application\nfrom shop.rates import load\nload()\n",
        "shop/rates.py": MODEL + COUNT,
    }
    (query,) = code_facts("", others).imports
    assert query.where == f"the import of shop/{name}.py"
    assert [(step.span.path, step.span.line) for step in query.chain] == [(f"shop/{name}.py", 3), ("shop/rates.py", 3)]
