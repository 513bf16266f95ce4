"""The tables themselves: TOML files beside this one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def read_table(name: str) -> dict[str, Any]:
    """What `facts/<name>.toml` states; KeyError where there is no such table."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    file = Path(__file__).parent / f"{name}.toml"  # importlib.resources alone costs 20 ms
    if not file.is_file():
        raise KeyError(f"no facts about {name}")
    return tomllib.loads(file.read_text(encoding="utf-8"))
