"""What one rule says of a small tree, for the tests of rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connlint.engine import Options, inspect
from connlint.finding import Finding
from connlint.project.tree import Tree
from connlint.report.model import Report

POSTGRESQL = "django.db.backends.postgresql"


def settings(*aliases: Mapping[str, Any], **default: Any) -> dict[str, str]:
    """A settings module with one alias of these keys, or with `aliases`, the first of them `default`."""
    every = aliases or (default,)
    names = ("default", *(f"alias{number}" for number in range(1, len(every))))
    databases = {
        name: {"ENGINE": POSTGRESQL, "NAME": "shop", "HOST": "db.internal", **alias}
        for name, alias in zip(names, every, strict=True)
    }
    return {"shop/__init__.py": "", "shop/settings.py": f"DATABASES = {databases!r}\n"}


def report(rule: str, files: Mapping[str, str], *overrides: str) -> Report:
    """The report of one rule on these files, under these keys of the configuration (`cpus=4`)."""
    return inspect(Tree(None, dict(files)), Options(select=(rule,), overrides=overrides))


def said(rule: str, files: Mapping[str, str], *overrides: str) -> list[str]:
    """Each finding as `severity confidence: message`."""
    return [line(finding) for finding in report(rule, files, *overrides).findings]


def line(finding: Finding) -> str:
    return f"{finding.severity.value} {finding.confidence.value}: {finding.message}"


def lacks(rule: str, files: Mapping[str, str], *overrides: str) -> list[str]:
    """What this rule would need to know."""
    return [lack.fact for lack in report(rule, files, *overrides).lacks if rule in lack.needed_by]
