"""Small settings modules as the real libraries load them, beside what connlint knows of them without running them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from connlint.formats.packages.versions import Packages
from connlint.project.tree import Tree
from connlint.python.settings import EvaluatedSettings, evaluate_settings
from connlint.value import ABSENT, Origin, Value

# Runs each folder's settings module in a process of its own; the libraries themselves are imported once.
_DRIVER = """
import json, os, sys
import decouple, dj_database_url, dotenv, environ, environs
for folder, variables in json.load(sys.stdin):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(variables)
        sys.path.insert(0, folder)
        import settings
        answer = {"value": settings.DATABASES["default"]}
    except Exception as error:  # whatever the settings raise is the answer
        answer = {"error": type(error).__name__}
    with open(folder + ".json", "w") as file:
        json.dump(answer, file, default=str)
    os._exit(0)
"""
NEWEST = Packages(versions={"environs": Value.exact("15.2.0"), "dj-database-url": Value.exact("3.1.2")})
AGE = 'DATABASES = {"default": {"CONN_MAX_AGE": AGE}}\n'


@dataclass(frozen=True)
class Case:
    """A settings module that leaves DATABASES, or AGE as the CONN_MAX_AGE of its only alias."""

    name: str
    code: str
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        code = dedent(self.code)
        return code if "DATABASES" in code else code.rstrip() + "\n" + AGE

    def write(self, folder: Path) -> None:
        for path, text in {**self.files, "settings.py": self.text}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")


def load_really(cases: Sequence[Case], base: Path) -> dict[str, object]:
    """What the real libraries make of each case: the flattened settings of the alias, or the exception's name."""
    base = base.resolve()
    for case in cases:
        case.write(base / case.name)
    wanted = [(str(base / case.name), dict(case.environment)) for case in cases]
    run = subprocess.run([sys.executable, "-c", _DRIVER], input=json.dumps(wanted), text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    answers = {case.name: json.loads((base / f"{case.name}.json").read_text()) for case in cases}
    return {name: answer.get("error") or flat(answer["value"]) for name, answer in answers.items()}


def load_statically(case: Case, base: Path, packages: Packages = NEWEST) -> dict[str, object]:
    """What connlint knows of the same files: a value, a list of values, or `unknown: reason`."""
    found = evaluate(case, base, packages).databases["default"]
    return {key: short(value) for key, value in found.settings.items() if key != "PASSWORD"}


def evaluate(case: Case, base: Path, packages: Packages = NEWEST) -> EvaluatedSettings:
    folder = base.resolve() / case.name
    if not folder.exists():
        case.write(folder)
    held = {name: Value.exact(text, Origin.declared(None, name)) for name, text in case.environment.items()}
    cpus = Value.unknown("not declared")
    return evaluate_settings(Tree(folder), "settings", python_path=[""], environment=held, cpus=cpus, packages=packages)


def short(value: Value) -> object:
    if value.is_unknown:
        return f"unknown: {value.reason}"
    if value.is_exact:
        return _plain(value.only)
    return [("absent" if option is ABSENT else _plain(option)) for option in value.alternatives]


def _plain(value: object) -> object:
    return json.loads(json.dumps(value, default=str))


def flat(value: object, prefix: str = "") -> dict[str, object]:
    """Nested dictionaries by dotted keys, without the password."""
    if not isinstance(value, dict) or (prefix and not value):
        return {prefix: value}
    found: dict[str, object] = {}
    for key, item in value.items():
        found |= flat(item, f"{prefix}.{key}" if prefix else str(key))
    found.pop("PASSWORD", None)
    return found
