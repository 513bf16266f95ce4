"""What one rule says of a small tree, and what its fixes make of it."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.engine import Options, inspect
from connlint.finding import Finding
from connlint.fix.plan import plan
from connlint.project.tree import Tree

SETTINGS = "shop/settings.py"


def findings(
    rule: str, settings: str, files: Mapping[str, str] | None = None, env: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """The findings of `rule` in a project of one settings file under gunicorn, unless `files` says otherwise."""
    tree = Tree(None, {SETTINGS: settings, "gunicorn.conf.py": "workers = 2\n", **(files or {})})
    return inspect(tree, Options(select=(rule,), env=env)).findings


def judged(rule: str, settings: str, files: Mapping[str, str] | None = None, env: tuple[str, ...] = ()) -> list[str]:
    """The same, each as `severity confidence: message`."""
    found = findings(rule, settings, files, env)
    return [f"{f.severity.value} {f.confidence.value}: {f.message}" for f in found]


def lacking(rule: str, settings: str, files: Mapping[str, str] | None = None) -> list[str]:
    """The facts that `rule` lacks."""
    tree = Tree(None, {SETTINGS: settings, "gunicorn.conf.py": "workers = 2\n", **(files or {})})
    return [lack.fact for lack in inspect(tree, Options(select=(rule,))).lacks if rule in lack.needed_by]


def fixed(rule: str, settings: str, files: Mapping[str, str] | None = None, *, unsafe: bool = False) -> str:
    """The settings after the fixes of `rule`, the unsafe ones only when asked for."""
    changes = plan(findings(rule, settings, files), unsafe=unsafe).changes
    return changes[SETTINGS][1] if SETTINGS in changes else settings
