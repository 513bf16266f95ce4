"""Facts about servers and libraries: tables in TOML, each entry with its version and source.

A table states, for one product, the settings it knows, from and up to which version, and their defaults:

    title = "PgBouncer"
    first = "1.18"                       # the versions this table covers
    last = "1.25"
    source = "https://www.pgbouncer.org/config.html"
    names = '''...'''                    # further known names without facts, separated by white space (optional)

    [settings.default_pool_size]
    type = "int"                         # int, float, bool, str, enum, seconds, milliseconds, bytes, list
    default = 20                         # no default: the product has none, or it depends on the host
    since = "1.0"                        # first version that knows it; left out: all that the table covers
    removed = "1.30"                     # first version that no longer does
    values = ["session", "transaction"]  # for enum
    least = 1                            # the range the product accepts (optional)
    most = 262143
    source = "https://..."               # where it differs from the table's
    changes = [{ since = "1.24", default = 200 }]

    [aliases]                            # other spellings, and the name each one stands for (optional)
    workers = "processes"

    [sets]                               # named sets of names, separated by white space (optional)
    repeated = "env socket"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from connlint.facts.tables import read_table
from connlint.facts.version import Version
from connlint.records import dataclass, field
from connlint.value import Origin, Value

__all__ = ["Product", "Setting", "Version", "product"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a product; `defaults` are (first version or None, value), oldest first."""

    name: str
    type: str
    defaults: tuple[tuple[Version | None, object], ...]
    values: tuple[str, ...]
    since: Version | None
    removed: Version | None
    source: str
    least: int | float | None = None
    most: int | float | None = None

    def known_in(self, version: Version | None) -> bool | None:
        """Whether `version` knows it; None when the version is unknown and that decides it."""
        if version is None:
            return True if self.since is None and self.removed is None else None
        return (self.since is None or self.since <= version) and (self.removed is None or version < self.removed)


@dataclass(frozen=True, slots=True)
class Product:
    """The facts of one product."""

    name: str
    title: str
    first: Version
    last: Version
    source: str
    settings: Mapping[str, Setting]
    names: frozenset[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def canonical(self, name: str) -> str:
        """The one spelling of `name` that the facts use."""
        return self.aliases.get(name, name)

    def knows(self, name: str, version: Version | None) -> bool | None:
        """Whether `version` has a setting `name`; None when the version is unknown and that decides it."""
        setting = self.settings.get(name)
        return name in self.names if setting is None else setting.known_in(version)

    def default(self, name: str, version: Version | None) -> Value:
        """The product's default. With an unknown version: one of the defaults of the versions covered."""
        setting = self.settings.get(name)
        if setting is None or not setting.defaults:
            return Value.unknown(f"{self.title} has no fixed default for {name}")
        if version is None:
            values = [value for _, value in setting.defaults]
            return Value.choice(values, Origin.default(f"default of {self.title}"))
        held = [value for since, value in setting.defaults if since is None or since <= version]
        value = held[-1] if held else setting.defaults[0][1]
        return Value.exact(value, Origin.default(f"default of {self.title} {version}"))


@cache
def product(name: str) -> Product:
    """The table `facts/<name>.toml`; KeyError for a product that has none."""
    table = read_table(name)
    settings = {key: _setting(key, entry, table["source"]) for key, entry in table.get("settings", {}).items()}
    first, last = Version.parse(table["first"]), Version.parse(table["last"])
    if first is None or last is None:
        raise ValueError(f"{name}.toml: first and last must be versions")
    names = frozenset(table.get("names", "").split())
    sets = {key: frozenset(words.split()) for key, words in table.get("sets", {}).items()}
    names |= frozenset(settings)
    aliases = table.get("aliases", {})
    return Product(name, table["title"], first, last, table["source"], settings, names, aliases, sets)


def _setting(name: str, entry: Mapping[str, Any], source: str) -> Setting:
    defaults: list[tuple[Version | None, object]] = []
    if "default" in entry:
        defaults.append((None, none_for(entry["default"])))
    defaults += [(Version.parse(change["since"]), none_for(change["default"])) for change in entry.get("changes", ())]
    return Setting(
        name=name,
        type=entry.get("type", "str"),
        defaults=tuple(defaults),
        values=tuple(entry.get("values", ())),
        since=Version.parse(entry["since"]) if "since" in entry else None,
        removed=Version.parse(entry["removed"]) if "removed" in entry else None,
        source=entry.get("source", source),
        least=entry.get("least"),
        most=entry.get("most"),
    )


def none_for(value: object) -> object:
    """TOML has no null: the string `none` in a default stands for Python's None."""
    return None if value == "none" else value
