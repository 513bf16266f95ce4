"""`connlint explain`: the page of a rule, or the rules behind an error text, those that fire here first."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence

from connlint.cli import terminal
from connlint.cli.arguments import closest
from connlint.cli.inspection import Inspection, Stopped, inspected
from connlint.cli.place import UsageError, is_root
from connlint.cli.rules import as_json
from connlint.cli.run import CLEAN, WRONG
from connlint.finding import Finding
from connlint.report.cells import printable
from connlint.report.pages import Match, error_messages, painted, search, with_facts
from connlint.report.redact import scrub
from connlint.report.style import Style
from connlint.report.text import header
from connlint.rulebook import Rule, page, rules, summary

_NAME = re.compile(r"[a-z]+(?:-[a-z]+)+\Z")
_MOST_PLACES = 3


def explain(arguments: Namespace) -> int:
    """Print the page of the rule that is named, or the rules behind an error text."""
    about = " ".join(arguments.about).strip()
    every = rules()
    rule = next((r for r in every if r.name == about), None)
    if rule is not None:
        return _page(rule, arguments)
    matches = search(about, every)
    if not matches:
        if _NAME.match(about):
            raise UsageError(f"there is no rule {about}", closest(about, (r.name for r in every)))
        terminal.note("error: no rule knows this error text; connlint rules lists what is checked")
        return WRONG
    return _behind(about, matches, arguments)


def _page(rule: Rule, arguments: Namespace) -> int:
    text = page(rule)
    if arguments.output_format == "json":
        content = {**as_json(rule), "error_messages": error_messages(text), "page": text}
        terminal.write(json.dumps({"version": 1, "rule": content}, indent=2) + "\n")
        return CLEAN
    style = terminal.style(arguments.color, sys.stdout, os.environ)
    shown = with_facts(text, rule)
    terminal.write(painted(shown, style) if style.colour or sys.stdout.isatty() else shown)
    return CLEAN


def _behind(about: str, matches: Sequence[Match], arguments: Namespace) -> int:
    found = _here(arguments)
    firing = _findings(found)
    ordered = sorted(matches, key=lambda match: match.rule.name not in firing)  # stable: best first within
    if arguments.output_format == "json":
        listed = [_match(match, firing, found) for match in ordered]
        terminal.write(
            json.dumps({"version": 1, "error": (found.clean if found else scrub)(about), "rules": listed}, indent=2)
            + "\n"
        )
    else:
        style = terminal.style(arguments.color, sys.stdout, os.environ)
        terminal.write("\n".join(_listed(about, ordered, firing, found, style)) + "\n")
    return CLEAN


def _here(arguments: Namespace) -> Inspection | None:
    """The project in the current folder; None where there is none or it cannot be inspected."""
    if not is_root(os.getcwd()) and not arguments.settings and arguments.config is None:
        return None
    try:
        return inspected(arguments)
    except Stopped:
        return None


def _findings(found: Inspection | None) -> dict[str, list[Finding]]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in found.report.findings if found else ():
        by_rule.setdefault(finding.rule, []).append(finding)
    return by_rule


def _match(match: Match, firing: dict[str, list[Finding]], found: Inspection | None) -> dict[str, object]:
    here = firing.get(match.rule.name, [])
    clean = found.clean if found else scrub
    return {
        **as_json(match.rule),
        "matched": match.message,
        "findings": [
            {"message": clean(f.message), "path": f.primary.span.path, "line": f.primary.span.line} for f in here
        ],
    }


def _listed(
    about: str, matches: Sequence[Match], firing: dict[str, list[Finding]], found: Inspection | None, style: Style
) -> Iterator[str]:
    number = f"{len(matches)} rules know" if len(matches) > 1 else "1 rule knows"
    yield f'{number} "{printable((found.clean if found else scrub)(about))}"'
    here = [match for match in matches if match.rule.name in firing]
    others = [match for match in matches if match.rule.name not in firing]
    for title, group in (("what causes it in this project:", here), ("what else can cause it:" if here else "what can cause it:", others)):  # fmt: skip
        if group:
            yield ""
            yield title
        for match in group:
            severity = match.rule.severity.value
            yield f"  {style.paint(f'{severity}[{match.rule.name}]', severity)}: {summary(match.rule)}"
            for finding in firing.get(match.rule.name, [])[:_MOST_PLACES]:
                words = header(finding, found.clean) if found else ""
                yield f"    {printable(finding.primary.span.place)}: {words}"
    yield ""
    yield f"connlint explain {matches[0].rule.name} shows what to do"
