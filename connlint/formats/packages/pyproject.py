"""Reads what pyproject.toml and Pipfile require: PEP 621, PEP 735, Poetry, PDM, uv and Pipenv.

Sources: https://packaging.python.org/en/latest/specifications/pyproject-toml/,
https://packaging.python.org/en/latest/specifications/dependency-groups/,
https://python-poetry.org/docs/dependency-specification/ and https://pipenv.pypa.io/en/latest/pipfile.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.facts.version import Version
from connlint.formats.packages.requirements import Requirement, bounds, normalized, parse_requirement
from connlint.project.toml_positions import Node, read_toml
from connlint.records import replace
from connlint.source import Source

_SIGN: Final = re.compile(r"\s*(\^|~=|~|===|==|!=|<=|>=|<|>|=)?\s*([^\s,|]+)\s*")


def read_pyproject(source: Source) -> tuple[Requirement, ...]:
    """Every requirement of a pyproject.toml; raises `MalformedToml`. Groups and extras count as secondary."""
    root = read_toml(source)
    found = list(_texts(root.get("project", "dependencies")))
    for places in (("project", "optional-dependencies"), ("dependency-groups",), ("tool", "pdm", "dev-dependencies")):
        for _, group in _tables(root.get(*places)):
            found += _secondary(_texts(group))
    found += _secondary(_texts(root.get("tool", "uv", "dev-dependencies")))
    found += (replace(r, constraint=True) for r in _texts(root.get("tool", "uv", "constraint-dependencies")))
    found += _named(root.get("tool", "poetry", "dependencies"), bare_is_pinned=True)
    found += _secondary(_named(root.get("tool", "poetry", "dev-dependencies"), bare_is_pinned=True))
    for _, group in _tables(root.get("tool", "poetry", "group")):
        found += _secondary(_named(group.get("dependencies"), bare_is_pinned=True))
    return tuple(found)


def read_pipfile(source: Source) -> tuple[Requirement, ...]:
    """Every requirement of a Pipfile; raises `MalformedToml`."""
    root = read_toml(source)
    return (*_named(root.get("packages")), *_secondary(_named(root.get("dev-packages"))))


def _tables(node: Node | None) -> Iterator[tuple[str, Node]]:
    return node.tables() if node is not None else iter(())


def _secondary(requirements: Iterator[Requirement]) -> Iterator[Requirement]:
    return (replace(requirement, secondary=True) for requirement in requirements)


def _texts(node: Node | None) -> Iterator[Requirement]:
    """An array of requirements as text; `{ include-group = ... }` needs no following, its group is read anyway."""
    for item in node.items() if node is not None else ():
        if isinstance(item.value, str):
            requirement = parse_requirement(item.value, item.span)
            if requirement is not None:
                yield requirement


def _named(node: Node | None, *, bare_is_pinned: bool = False) -> Iterator[Requirement]:
    """A table of names: `django = "^5.2"`, `psycopg = { version = "*", extras = ["pool"] }`, or several of these."""
    for name, item in _tables(node):
        if name == "python":
            continue
        for one in item.items() if isinstance(item.value, list) else (item,):
            version = one.get("version") if isinstance(one.value, dict) else one
            text = version.value if version is not None and isinstance(version.value, str) else "*"
            listed = one.get("extras")
            extras = tuple(normalized(e.value) for e in listed.items() if isinstance(e.value, str)) if listed else ()
            marker = one.get("markers")
            clauses = _clauses(text, bare_is_pinned)
            exact, least, below = bounds(clauses)
            yield Requirement(
                normalized(name), extras, exact, least, below, ",".join(sign + number for sign, number in clauses),
                str(marker.value) if marker is not None else "", version.span if version is not None else one.span,
            )  # fmt: skip


def _clauses(text: str, bare_is_pinned: bool) -> list[tuple[str, str]]:
    """Poetry's and Pipenv's constraints in the terms of PEP 440; alternatives (`||`) say nothing certain."""
    if "|" in text:
        return []
    found: list[tuple[str, str]] = []
    for part in text[:1_000].split(","):
        match = _SIGN.fullmatch(part)
        if match is None or match[2] == "*":
            continue
        sign, number = match[1] or "", match[2]
        if sign == "^":
            found += _between(number, _next_breaking(number))
        elif sign == "~":
            found += _between(number, _next_at(number, 1))
        elif sign in ("", "="):
            if bare_is_pinned or sign:
                found.append(("==", number))
        else:
            found.append((sign, number))
    return found


def _between(low: str, high: str | None) -> list[tuple[str, str]]:
    return [(">=", low)] + ([("<", high)] if high is not None else [])


def _next_breaking(number: str) -> str | None:
    """The first version that `^number` leaves out: the leftmost part that is not 0 counts up."""
    version = Version.parse(number)
    if version is None:
        return None
    first = next((at for at, part in enumerate(version.parts) if part), len(version.parts) - 1)
    return _next_at(number, first)


def _next_at(number: str, place: int) -> str | None:
    version = Version.parse(number)
    if version is None:
        return None
    place = min(place, len(version.parts) - 1)
    return ".".join(map(str, (*version.parts[:place], version.parts[place] + 1)))
