"""How many connections the plans of managed databases grant: what `platforms.toml` states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from connlint.facts.tables import read_table
from connlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Platform:
    """One service. `limits` are max_connections by plan, `reserved` of them are not for the application."""

    title: str
    as_of: str
    source: str
    reserved: int
    limits: Mapping[str, int]
    pattern: str
    per: int

    def limit(self, plan: str) -> int | None:
        """max_connections of a plan, in connections; None for one that the table does not have."""
        name = plan.lower()
        if name in self.limits:
            return self.limits[name]
        found = re.search(self.pattern, name) if self.pattern else None
        return int(found[1][:6]) * self.per if found is not None else None


def platform(name: str) -> Platform | None:
    """The service that `[tool.connlint.servers.NAME] platform = "name:plan"` names."""
    return _platforms().get(name.lower())


@cache
def _platforms() -> Mapping[str, Platform]:
    table = read_table("platforms")
    return {
        name: Platform(
            title=entry["title"],
            as_of=entry["as-of"],
            source=entry["source"],
            reserved=entry["reserved"],
            limits=entry.get("limits", {}),
            pattern=entry.get("pattern", ""),
            per=entry.get("per", 0),
        )
        for name, entry in table.items()
    }
