"""What the tests of the rules about lifetimes share: a small tree as text, and what one rule says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from connlint.engine import Options, inspect
from connlint.finding import Finding
from connlint.project.tree import Tree
from connlint.report.model import Report

Ask: TypeAlias = Callable[..., Report]
Say: TypeAlias = Callable[..., list[str]]


def _tree(files: Mapping[str, str | None], database: Mapping[str, Any], source: str) -> Tree:
    alias = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "db.internal", **database}
    written = {key: value if key in source.split() else repr(value) for key, value in alias.items()}
    body = ", ".join(f'"{key}": {value}' for key, value in written.items())
    settings = f'import os\nDATABASES = {{"default": {{{body}}}}}\n'
    usual = {"shop/__init__.py": "", "shop/settings.py": settings, "gunicorn.conf.py": "workers = 2\n"}
    return Tree(None, {path: text for path, text in {**usual, **files}.items() if text is not None})


@pytest.fixture
def report() -> Ask:
    """`report(rule, {path: text}, source="KEY", KEY=value)`: what `rule` says of one alias under gunicorn.

    A text of None takes a file away. `KEY=value` is put into the alias as a literal, or as Python source when `source` names it.
    """

    def ask(rule: str, files: Mapping[str, str | None] | None = None, source: str = "", **database: Any) -> Report:
        return inspect(_tree(files or {}, database, source), Options(select=(rule,)))

    return ask


@pytest.fixture
def said(report: Ask) -> Say:
    """The same, each finding as `severity confidence: message`."""

    def say(rule: str, files: Mapping[str, str | None] | None = None, source: str = "", **database: Any) -> list[str]:
        return [_line(finding) for finding in report(rule, files, source, **database).findings]

    return say


def _line(finding: Finding) -> str:
    return f"{finding.severity.value} {finding.confidence.value}: {finding.message}"
