"""Container images of servers and poolers: what `images.toml` states, and how a reference to an image names one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Final

from connlint.facts.tables import read_table
from connlint.facts.version import Version
from connlint.records import dataclass

# Folders of registries that keep copies of the public images.
_MIRRORS: Final = re.compile(
    r"(^|[-_.])(library|docker|docker-?hub|docker\.?io|hub|mirrors?|proxy|cache|remote)($|[-_.])"
)


class Match(Enum):
    """How sure it is that a reference means the public image of that name."""

    NAME = "name"
    MIRROR = "mirror"  # a copy in a private registry, by its name
    DERIVED = "derived"  # somebody's own image, called like the product


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """One image, or several that are configured alike; see the head of images.toml."""

    product: str
    names: frozenset[str]
    pattern: str
    source: str
    tag: str
    tuned: str
    data: str
    initdb: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    suffix: str
    only_file: bool
    flags: tuple[str, ...]
    settings: Mapping[str, tuple[str, ...]]
    defaults: Mapping[str, str]
    entry: Mapping[str, tuple[str, ...]]
    entry_defaults: Mapping[str, str]

    def version(self, reference: Reference) -> Version | None:
        """The product's version that a tag (or the name) tells; None for `latest` and the like."""
        tag = reference.tag
        if self.pattern and (named := re.search(self.pattern, "/".join(reference.path[-2:]).lower())) is not None:
            return Version.parse(named["version"])
        found = re.search(self.tag, tag) if self.tag else None
        text = next((group for group in found.groups() if group), "") if found is not None else ""
        return Version.parse(text) if text else None


@dataclass(frozen=True, slots=True)
class Reference:
    """`registry.example.com:5000/team/postgres:16-alpine@sha256:...` in parts."""

    host: str
    path: tuple[str, ...]
    tag: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The parts of a reference; the tag is empty where there is none."""
        name = text.strip().rpartition("://")[2].partition("@")[0]
        folder, _, last = name.rpartition("/")
        last, _, tag = last.partition(":")
        parts = [part for part in folder.split("/") if part]
        host = parts.pop(0) if parts and (re.search(r"[.:]", parts[0]) or parts[0] == "localhost") else ""
        return cls(host, (*parts, last), tag)

    @property
    def name(self) -> str:
        """The repository, without host and tag."""
        return "/".join(self.path)


def find(reference: Reference) -> tuple[ImageFacts, Match] | None:
    """The image a reference means; None when it is none of a database server or a pooler."""
    table = _by_name()
    path = tuple(part.lower() for part in reference.path)
    public = reference.host in ("", "docker.io", "index.docker.io", "registry-1.docker.io")
    for length in (2, 1):
        facts = table.get("/".join(path[-length:])) if len(path) >= length else None
        if facts is None:
            continue
        rest = path[:-length]
        if not rest and (public or length == 2):
            return facts, Match.NAME
        if not rest or length == 2 or any(_MIRRORS.search(part) for part in rest):
            return facts, Match.MIRROR
        return facts, Match.DERIVED
    tail = "/".join(path[-2:])
    found = next((facts for facts in _all() if facts.pattern and re.search(facts.pattern, tail)), None)
    return None if found is None else (found, Match.NAME)


def image(name: str) -> ImageFacts:
    """The facts about an image by one of its names; KeyError when it has none."""
    return _by_name()[name]


@cache
def _by_name() -> Mapping[str, ImageFacts]:
    return {name: facts for facts in _all() for name in facts.names}


@cache
def _all() -> tuple[ImageFacts, ...]:
    return tuple(_facts(entry) for entry in read_table("images")["image"])


def _facts(entry: Mapping[str, Any]) -> ImageFacts:
    prefix = entry.get("prefix", "")
    settings = {name: (prefix + name.upper(),) for name in entry.get("passes", "").split()}
    settings |= {name: tuple(variables.split()) for name, variables in entry.get("settings", {}).items()}
    return ImageFacts(
        product=entry["product"],
        names=frozenset(entry["names"].split()),
        pattern=entry.get("pattern", ""),
        source=entry["source"],
        tag=entry.get("tag", ""),
        tuned=entry.get("tuned", ""),
        data=entry.get("data", ""),
        initdb=entry.get("initdb", ""),
        files=tuple(entry.get("files", "").split()),
        folders=tuple(entry.get("folders", "").split()),
        suffix=entry.get("suffix", ""),
        only_file=entry.get("only_file", False),
        flags=tuple(entry.get("flags", "").split()),
        settings=settings,
        defaults=entry.get("defaults", {}),
        entry={key: tuple(variables.split()) for key, variables in entry.get("entry", {}).items()},
        entry_defaults=entry.get("entry_defaults", {}),
    )
