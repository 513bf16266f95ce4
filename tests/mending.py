"""Fixes made again and again on a project in memory, until nothing is left to fix: for the tests of fixes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from connlint.engine import Options, inspect
from connlint.finding import Finding
from connlint.fix.plan import plan
from connlint.project.tree import Tree

MOST_ROUNDS = 8  # fixes that touch the same place are made in one run each


@dataclass(frozen=True)
class Round:
    """One run of `--fix`: what was found before, what was fixed, the files after it and what is found in them."""

    before: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    files: dict[str, str]
    after: tuple[Finding, ...]

    @property
    def remaining(self) -> list[str]:
        """What was fixed and is found all the same."""
        return sorted({name(each) for each in self.fixed} & {name(each) for each in self.after})

    @property
    def new(self) -> list[str]:
        """What is found only now."""
        return sorted((Counter(map(name, self.after)) - Counter(map(name, self.before))).keys())


def name(finding: Finding) -> str:
    """What a finding is about, wherever it stands."""
    return f"{finding.rule}: {finding.subject}"


def mend(files: Mapping[str, str], options: Options | None = None, *, unsafe: bool = False) -> list[Round]:
    """The rounds it takes until there is nothing left to fix; none where there is nothing to fix at all."""
    rounds: list[Round] = []
    texts, chosen = dict(files), options or Options()
    found = inspect(Tree(None, texts), chosen).findings
    while len(rounds) < MOST_ROUNDS:
        planned = plan(found, unsafe=unsafe)
        if not planned.changes:
            return rounds
        texts = {**texts, **{path: text for path, (_, text) in planned.changes.items()}}
        after = inspect(Tree(None, texts), chosen).findings
        rounds.append(Round(found, planned.fixed, texts, after))
        found = after
    raise AssertionError(f"fixes never come to an end: {sorted(map(name, found))}")
