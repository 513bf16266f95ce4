"""Evaluating small settings modules in tests."""

from __future__ import annotations

from textwrap import dedent

from connlint.project.tree import Tree
from connlint.python.settings import EvaluatedSettings, evaluate_settings
from connlint.value import ABSENT, Origin, Value

CPUS = Value.unknown("how many CPUs there are is not declared")
TAIL = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": AGE}}\n'


def evaluated(
    files: dict[str, str] | str, environment: dict[str, str] | None = None, module: str = "settings", cpus: Value = CPUS
) -> EvaluatedSettings:
    """The settings module of a small project, given as one text or as path -> text."""
    texts = {"settings.py": files} if isinstance(files, str) else files
    tree = Tree(None, {path: dedent(text) for path, text in texts.items()})
    held = {name: Value.exact(text, Origin.declared(None, name)) for name, text in (environment or {}).items()}
    return evaluate_settings(tree, module, python_path=["."], environment=held, cpus=cpus)


def databases(files: dict[str, str] | str, environment: dict[str, str] | None = None, **more: str) -> dict[str, object]:
    """alias -> key -> what is known, written short: a value, a set of values, or `unknown: reason`."""
    found = evaluated(files, environment, **more)
    return {
        alias: {key: shown(value) for key, value in database.settings.items()}
        for alias, database in found.databases.items()
    }


def shown(value: Value) -> object:
    if value.is_unknown:
        return f"unknown: {value.reason}"
    if value.is_exact:
        return value.only
    return [("absent" if v is ABSENT else v) for v in value.alternatives]


def age(code: str, environment: dict[str, str] | None = None, files: dict[str, str] | None = None) -> object:
    """What is known of CONN_MAX_AGE when it is the name AGE that `code` leaves."""
    text = dedent(code) + TAIL
    return databases({**(files or {}), "settings.py": text}, environment)["default"]["CONN_MAX_AGE"]  # type: ignore[index]
