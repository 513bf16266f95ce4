"""`connlint rules`: every rule by family, with severity, fix and summary."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator

from connlint.cli import terminal
from connlint.cli.run import CLEAN
from connlint.report.style import Style
from connlint.rulebook import Rule, families, summary
from connlint.rulebook import rules as every_rule


def rules(arguments: Namespace) -> int:
    """Print the table of rules."""
    found = every_rule()
    if arguments.output_format == "json":
        listed = [as_json(rule) for rule in found]
        terminal.write(json.dumps({"version": 1, "rules": listed}, indent=2) + "\n")
    else:
        style = terminal.style(arguments.color, sys.stdout, os.environ)
        terminal.write("\n".join(_table(found, style)) + "\n")
    return CLEAN


def as_json(rule: Rule) -> dict[str, object]:
    """What there is to know about a rule without its page."""
    return {
        "name": rule.name,
        "family": rule.family,
        "severity": rule.severity.value,
        "since": rule.since,
        "fix": list(rule.fixable),
        "summary": summary(rule),
    }


def _table(found: tuple[Rule, ...], style: Style) -> Iterator[str]:
    width = max((len(rule.name) for rule in found), default=0)
    for family in families():
        yield style.paint(family, "bold")
        for rule in found:
            if rule.family == family:
                severity = style.paint(f"{rule.severity.value:<7}", rule.severity.value)
                fix = "fix" if "safe" in rule.fixable else "unsafe fix" if rule.fixable else ""
                yield f"  {rule.name:<{width}}  {severity}  {fix:<10}  {summary(rule)}"
        yield ""
    total = len(found)
    yield f"{total} {'rule' if total == 1 else 'rules'}; connlint explain RULE shows one's page"
