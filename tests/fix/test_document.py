"""docs/fixes.md lists what the rules offer, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from connlint.rulebook import rules

TEXT = Path(__file__).resolve().parents[2].joinpath("docs", "fixes.md").read_text(encoding="utf-8")


def test_the_table_names_every_fix() -> None:
    rows = re.findall(r"^\| \[([a-z-]+)\]\(\.\./rules/([a-z]+)/\1\.md\) \| ([a-z ]+) \| .+ \|$", TEXT, re.MULTILINE)
    assert sorted(rows) == sorted((r.name, r.family, " or ".join(r.fixable)) for r in rules() if r.fixable)
