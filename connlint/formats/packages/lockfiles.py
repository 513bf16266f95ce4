"""Reads the packages of lock files: uv.lock, poetry.lock, pdm.lock, pylock.toml and Pipfile.lock.

Their tools write one `[[package]]` table after the other. Parsing megabytes of TOML for a handful of versions
would cost most of a run, so names are found by line, and only the wanted packages are read as TOML.
Sources: https://packaging.python.org/en/latest/specifications/pylock-toml/, https://docs.astral.sh/uv/,
https://python-poetry.org/docs/, https://pipenv.pypa.io/en/latest/.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from connlint.formats.packages.requirements import Requirement, normalized
from connlint.project.toml_positions import Node, read_toml
from connlint.records import dataclass
from connlint.source import Source, Span

_LARGEST_WHOLE: Final = 1_000_000  # characters of a lock that has to be parsed as a whole
_PACKAGE: Final = re.compile(r"^\[\[packages?\]\][ \t]*\r?$", re.M)
_TABLE: Final = re.compile(r"^\[", re.M)
_NAME: Final = re.compile(r"^name = [\"']([A-Za-z0-9._-]+)[\"'][ \t]*\r?$", re.M)


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock file holds: the names of all its packages, and the wanted ones with version and place."""

    names: frozenset[str]
    packages: tuple[Requirement, ...]


def read_lock(source: Source, wanted: Collection[str]) -> Lock:
    """The packages of a lock file; `wanted` are normalised names. Raises ValueError or `MalformedToml`."""
    if source.path.endswith("Pipfile.lock"):
        return _pipfile_lock(source, wanted)
    starts = [match.end() for match in _PACKAGE.finditer(source.text)]
    if not starts:
        return _whole(source, wanted)
    names: set[str] = set()
    found: list[Requirement] = []
    for start, limit in zip(starts, [*starts[1:], len(source.text)], strict=True):
        table = _TABLE.search(source.text, start, limit)
        end = table.start() if table is not None else limit
        match = _NAME.search(source.text, start, end)
        if match is None:
            continue
        name = normalized(match[1])
        names.add(name)
        if name in wanted:
            found += _package(read_toml(source, start, end))
    return Lock(frozenset(names), tuple(found))


def _whole(source: Source, wanted: Collection[str]) -> Lock:
    """A lock in some other style of TOML."""
    if len(source.text) > _LARGEST_WHOLE:
        raise ValueError("the lock file is too large to be read")
    root = read_toml(source)
    listed = root.get("package") or root.get("packages")
    packages = [p for node in (listed.items() if listed is not None else ()) for p in _package(node)]
    return Lock(frozenset(p.name for p in packages), tuple(p for p in packages if p.name in wanted))


def _package(node: Node) -> Iterator[Requirement]:
    name, version, marker = node.get("name"), node.get("version"), node.get("marker")
    if name is None or not isinstance(name.value, str):
        return
    known = version is not None and isinstance(version.value, str)
    text = str(version.value) if version is not None and known else None
    yield Requirement(
        normalized(name.value), (), text, None, None, f"=={text}" if text else "",
        marker.value if marker is not None and isinstance(marker.value, str) else "",
        version.span if version is not None else name.span,
    )  # fmt: skip


def _pipfile_lock(source: Source, wanted: Collection[str]) -> Lock:
    try:
        import json

        table = json.loads(source.text)
    except RecursionError:
        raise ValueError("brackets are nested too deeply") from None
    if not isinstance(table, dict):
        raise ValueError("the lock file is no table")
    names: set[str] = set()
    found: list[Requirement] = []
    for section in ("default", "develop"):
        packages = table.get(section)
        for written, entry in packages.items() if isinstance(packages, dict) else ():
            name = normalized(written)
            names.add(name)
            version = entry.get("version") if isinstance(entry, dict) else None
            if name in wanted and isinstance(version, str):
                pinned = version[2:] if version.startswith("==") else None
                marker, span = str(entry.get("markers", "")), _place(source, section, written, version)
                develop = section == "develop"
                found.append(Requirement(name, (), pinned, None, None, version, marker, span, secondary=develop))
    return Lock(frozenset(names), tuple(found))


def _place(source: Source, section: str, name: str, version: str) -> Span:
    """Where a Pipfile.lock states the version: Pipenv writes one name to a line, `version` within its braces."""
    at = max(source.text.find(f'"{section}"'), 0)
    at = max(source.text.find(f'"{name}": {{', at), 0)
    start = source.text.find(f'"{version}"', at)
    return source.span(start, start + len(version) + 2) if start >= 0 else source.span(0, 0)
