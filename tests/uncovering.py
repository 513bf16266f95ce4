"""What tests of the analysis of code share: a small project, and which work of it leaves a connection."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.orm.analysis import Settings, analyse
from connlint.orm.facts import CodeFacts, WorkStart
from connlint.project.tree import Tree

MODELS = """
from django.db import models


class Shop(models.Model):
    name = models.TextField()


class Order(models.Model):
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    total = models.IntegerField()

    def settle(self):
        self.total = 0
        self.save()
"""


def code_facts(code: str, others: Mapping[str, str] | None = None, settings: Settings | None = None) -> CodeFacts:
    """The analysis of a project whose module `shop/work.py` has this code; `others` are its other files by path."""
    texts = {"shop/__init__.py": "", "shop/models.py": MODELS, "shop/work.py": code, **(others or {})}
    return analyse(Tree(None, texts), ("",), settings)


def uncovered(code: str, others: Mapping[str, str] | None = None, settings: Settings | None = None) -> list[WorkStart]:
    """The starts of work in that project that reach the ORM and leave the connection."""
    return [start for start in code_facts(code, others, settings).starts if start.uncovered]
