"""docs/configuration.md lists every key of `[tool.connlint]`, from the one place that declares them."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

from rulepages import UPDATE

from connlint.project.configuration import Reference, reference

PAGE = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"
MARK = "<!-- everything below is written from connlint/project/configuration.py by `make pages` -->\n"


def table(name: str, entries: list[Reference]) -> str:
    """One section: a table of keys, what each accepts, and what it is for."""
    title = f"`[tool.connlint.{name}]`" if name else "`[tool.connlint]`"
    rows = "".join(
        f"| `{entry.key}` | {entry.help} | {entry.expected} | `{entry.example}` |\n".replace("||", "|")
        for entry in entries
    )
    return f"\n## {title}\n\n| key | what it is | value | example |\n|---|---|---|---|\n{rows}"


def test_the_reference_lists_every_key_as_it_is_read() -> None:
    written = "".join(table(name, list(entries)) for name, entries in groupby(reference(), lambda e: e.table))
    before, mark, told = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark, "docs/configuration.md has lost the line that its tables stand below"
    if os.environ.get(UPDATE):
        PAGE.write_text(before + mark + written, encoding="utf-8")
    else:
        assert told == written
