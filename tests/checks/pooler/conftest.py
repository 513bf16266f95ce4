"""What the tests of the rules about poolers share: one alias, one pgbouncer.ini, and what one rule says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from connlint.engine import Options, inspect
from connlint.finding import Finding
from connlint.fix.plan import plan
from connlint.project.tree import Tree
from connlint.report.model import Report

Ask: TypeAlias = Callable[..., Report]
Say: TypeAlias = Callable[..., list[str]]
Mend: TypeAlias = Callable[..., dict[str, str]]

DATABASES = "[databases]\nshop = host=db.internal dbname=shop\n"


def _tree(
    ini: str | None, database: Mapping[str, Any], source: Mapping[str, str], files: Mapping[str, str | None]
) -> Tree:
    """`ini`: what follows `[pgbouncer]`, or a whole file where it opens a section; None for no file."""
    alias = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "pgbouncer", "PORT": 6432, **database}
    written = {**{key: repr(value) for key, value in alias.items()}, **source}
    body = "".join(f'        "{key}": {value},\n' for key, value in written.items())
    settings = f'import os\nDATABASES = {{\n    "default": {{\n{body}    }}\n}}\n'
    usual: dict[str, str | None] = {"shop/__init__.py": "", "shop/settings.py": settings}
    if ini is not None:
        usual["pgbouncer.ini"] = ini if "[" in ini else f"{DATABASES}[pgbouncer]\n{ini}\n"
    return Tree(None, {path: text for path, text in {**usual, **files}.items() if text is not None})


@pytest.fixture
def report() -> Ask:
    """`report(rule, ini, KEY=value, source={KEY: Python}, files={path: text}, versions={product: version})`."""

    def ask(
        rule: str,
        ini: str | None = None,
        source: Mapping[str, str] | None = None,
        files: Mapping[str, str | None] | None = None,
        versions: Mapping[str, str] | None = None,
        **database: Any,
    ) -> Report:
        overrides = tuple(f'versions.{name}="{version}"' for name, version in (versions or {}).items())
        tree = _tree(ini, database, source or {}, files or {})
        return inspect(tree, Options(select=(rule,), overrides=overrides))

    return ask


@pytest.fixture
def said(report: Ask) -> Say:
    """The same, each finding as `severity confidence: message`."""

    def say(*arguments: Any, **more: Any) -> list[str]:
        return [_line(finding) for finding in report(*arguments, **more).findings]

    return say


@pytest.fixture
def lacked(report: Ask) -> Say:
    """The same, each lack of this rule as `fact: what would declare it`."""

    def lack(rule: str, *arguments: Any, **more: Any) -> list[str]:
        lacks = report(rule, *arguments, **more).lacks
        return [f"{each.fact}: {each.declare}" for each in lacks if rule in each.needed_by]

    return lack


@pytest.fixture
def mended(report: Ask) -> Mend:
    """The same, the text of each file after the safe fixes."""

    def mend(*arguments: Any, **more: Any) -> dict[str, str]:
        changes = plan(report(*arguments, **more).findings).changes
        return {path: text for path, (_, text) in changes.items()}

    return mend


def _line(finding: Finding) -> str:
    return f"{finding.severity.value} {finding.confidence.value}: {finding.message}"
