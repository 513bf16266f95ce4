"""The lines of configuration that would state what no file states: TOML as it stands below `[tool.connlint]`."""

from __future__ import annotations

import re
from typing import Final

from connlint.value import Value

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_VARIABLE: Final = re.compile(r"\bvariable ([A-Za-z_][A-Za-z0-9_]*)\b")  # in the evaluator's reasons


def line(*path: str, value: str | int) -> str:
    """`servers."db.internal".max-connections = 100` for ("servers", "db.internal", "max-connections") and 100."""
    return f"{'.'.join(map(_key, path))} = {_shown(value)}"


def table(*path: str, **keys: str | int) -> str:
    """`processes.web = { server = "gunicorn", processes = 4 }`: several keys of one table on one line."""
    pairs = ", ".join(f"{key.replace('_', '-')} = {_shown(value)}" for key, value in keys.items())
    return f"{'.'.join(map(_key, path))} = {{ {pairs} }}"


def variable_behind(value: Value, example: str) -> str:
    """The line that sets the environment variable for want of which `value` is not known; empty where it is not that."""
    named = _VARIABLE.search(value.reason)
    return line("env", named[1], value=example) if named else ""


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _shown(name)


def _shown(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = (f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\U{ord(c):08x}" for c in value)
    return f'"{"".join(escaped)}"'
