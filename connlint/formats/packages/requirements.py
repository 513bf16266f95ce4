"""Reads requirements files as pip does, and single requirements (PEP 508): names, versions and their places.

Sources: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and
https://packaging.python.org/en/latest/specifications/dependency-specifiers/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.facts.version import Version
from connlint.formats.document import Problem
from connlint.formats.includes import Includes
from connlint.project.tree import Tree
from connlint.records import dataclass, replace
from connlint.source import Source, Span

_LONGEST: Final = 4_000  # characters of one requirement
_MOST: Final = 20_000  # requirements of one file, includes too
_NAME: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?\s*")
_CLAUSE: Final = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*([^\s,;()]+)\s*")
_RUNS: Final = re.compile(r"[-_.]+")
_COMMENT: Final = re.compile(r"(?:^|[ \t])#.*")
_OPTION: Final = re.compile(r"[ \t]--?[A-Za-z]")
_FILE: Final = re.compile(r"(-r|-c|--requirement|--constraint)(?:[ \t]*=?[ \t]*)([^\s#]+)")
_EGG: Final = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([^\]&]*)\])?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. `exact` is a pinned version; `least` and `below` bound it otherwise (None: no bound).

    `below` is the first version that is too high; `constraint`: it only binds what something else requires.
    """

    name: str  # as PEP 503 spells it: psycopg-pool
    extras: tuple[str, ...]
    exact: str | None
    least: str | None
    below: str | None
    specifier: str  # as written, without the name
    marker: str
    span: Span
    constraint: bool = False
    secondary: bool = False  # of tests, documentation and the like

    @property
    def words(self) -> str:
        """`requires django>=4.2`, for reasons."""
        return f"requires {self.name}{self.specifier}" if self.specifier else f"requires {self.name} in any version"


def normalized(name: str) -> str:
    """The name as PEP 503 compares it."""
    return _RUNS.sub("-", name).lower()


def parse_requirement(text: str, span: Span) -> Requirement | None:
    """A requirement such as `psycopg[pool]>=3.2; python_version > "3.9"`; None when it is not one."""
    match = _NAME.match(text[:_LONGEST])
    if match is None or len(text) > _LONGEST:
        return None
    extras = tuple(normalized(extra.strip()) for extra in (match[2] or "").split(",") if extra.strip())
    rest, _, marker = text[match.end() :].partition(";")
    if rest.startswith("@"):  # an address, which says nothing of the version
        return Requirement(normalized(match[1]), extras, None, None, None, "", marker.strip(), span)
    rest = rest.strip().removeprefix("(").removesuffix(")").strip()
    clauses = [_CLAUSE.fullmatch(part) for part in rest.split(",") if part.strip()]
    if any(clause is None for clause in clauses) or _RUNS.fullmatch(match[1][-1]):
        return None
    pairs = [(clause[1], clause[2]) for clause in clauses if clause is not None]
    exact, least, below = bounds(pairs)
    specifier = ",".join(operator + version for operator, version in pairs)
    return Requirement(normalized(match[1]), extras, exact, least, below, specifier, marker.strip(), span)


def bounds(clauses: list[tuple[str, str]]) -> tuple[str | None, str | None, str | None]:
    """(pinned version, least, first that is too high) that the clauses come to; `!=` says nothing of these."""
    exact: str | None = None
    least: str | None = None
    below: str | None = None
    for operator, version in clauses:
        low, high = None, None
        if operator in ("==", "===") and not version.endswith(".*"):
            exact = version
        elif operator == "==":
            low, high = version[:-2], _after(version[:-2])
        elif operator == "~=":
            low, high = version, _after(version.rpartition(".")[0])
        elif operator in (">=", ">"):
            low = version
        elif operator == "<":
            high = version
        elif operator == "<=":
            high = _after(version)
        least = _higher(least, low)
        below = _lower(below, high)
    return exact, least, below


def _after(version: str) -> str | None:
    """The first version behind a series: 5.3 for 5.2."""
    parsed = Version.parse(version)
    return ".".join(map(str, (*parsed.parts[:-1], parsed.parts[-1] + 1))) if parsed is not None else None


def _higher(one: str | None, other: str | None) -> str | None:
    first, second = Version.parse(one or ""), Version.parse(other or "")
    if first is None or second is None:
        return one if second is None else other
    return other if first < second else one


def _lower(one: str | None, other: str | None) -> str | None:
    first, second = Version.parse(one or ""), Version.parse(other or "")
    if first is None or second is None:
        return one if second is None else other
    return other if second < first else one


def read_requirements(source: Source, tree: Tree) -> tuple[Requirement, ...]:
    """The requirements of a file and of the files it includes (`-r`, `-c`), in pip's order."""
    return requirements_with_problems(source, tree)[0]


def requirements_with_problems(source: Source, tree: Tree) -> tuple[tuple[Requirement, ...], tuple[Problem, ...]]:
    """The same, with what could not be followed."""
    includes = Includes(tree, source)
    if not includes.check_text(source):
        return (), tuple(includes.problems)
    found = []
    for requirement in _file(source, includes, False):
        found.append(requirement)
        if len(found) >= _MOST:
            break
    return tuple(found), tuple(includes.problems)


def _file(source: Source, includes: Includes, constraint: bool) -> Iterator[Requirement]:
    for text, start in _lines(source.text):
        include = _FILE.match(text)
        if include is not None:
            span = source.span(start + include.start(2), start + include.end(2))
            path = includes.locate(include[2], (includes.folder,))
            inner = includes.source(path, include[2], span)
            if inner is not None and path is not None:
                includes.enter(path)
                yield from _file(inner, includes, constraint or include[1] in ("-c", "--constraint"))
                includes.leave()
            continue
        requirement = _requirement(source, text, start)
        if requirement is not None:
            yield replace(requirement, constraint=constraint)


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Logical lines with their offsets: comments cut off, backslashes at line ends joined over equal lengths."""
    joined, start, at = "", 0, 0
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        if not joined:
            start = at
        if bare.endswith("\\") and len(joined) < _LONGEST:
            joined += bare[:-1] + " " * (len(line) - len(bare) + 1)  # offsets stay those of the file
        else:
            whole = _COMMENT.sub("", joined + bare)
            stripped = whole.strip()
            if stripped:
                yield stripped, start + len(whole) - len(whole.lstrip())
            joined = ""
        at += len(line)
    if joined.strip():
        yield joined.strip(), start + len(joined) - len(joined.lstrip())


def _requirement(source: Source, text: str, start: int) -> Requirement | None:
    """One logical line; None for options, paths and addresses without a name."""
    editable = re.match(r"(?:-e|--editable)(?:[ \t]*=?[ \t]*)", text)
    if editable is not None or "://" in text.partition(";")[0].partition("@")[0]:
        egg = _EGG.search(text)
        if egg is None:
            return None
        extras = f"[{egg[2]}]" if egg[2] else ""
        return parse_requirement(egg[1] + extras, source.span(start + egg.start(1), start + egg.end()))
    option = _OPTION.search(text)
    bare = text[: option.start()].rstrip() if option else text  # --hash and its like
    if bare.startswith(("-", ".", "/")):
        return None
    return parse_requirement(bare, source.span(start, start + len(bare)))
