"""Tells which compose files make a stack together: a base with its override, a variant laid over a base, or one alone.

compose.override.yml is laid over compose.yml of itself; other variants are named with `-f`, which no file says. A
variant is taken for one that is laid over a base when it could not start alone: a service of it has no image and no
build, or waits for a service that only the base has.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode, YamlFile
from connlint.records import dataclass

# In the order in which compose looks for them (compose-go 2, cli/options.go).
_BASES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES: Final = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"
)  # fmt: skip
_STARTING: Final = frozenset({"image", "build", "extends", "provider"})
_BUILDING: Final = frozenset({"context", "dockerfile", "dockerfile_inline", "additional_contexts"})
_WORDS: Final = re.compile(r"[a-z0-9]+")
_SHARED: Final = frozenset({"base", "common", "shared", "core"})


@dataclass(frozen=True, slots=True)
class Outline:
    """What of a file decides how it is started: its services, and those it cannot do without."""

    complete: frozenset[str]  # services with an image or a build
    incomplete: frozenset[str]  # without
    wanted: frozenset[str]  # named by others to wait for, but not there

    @property
    def missing(self) -> frozenset[str]:
        return self.incomplete | self.wanted


def outline(file: YamlFile) -> Outline:
    """The services of a file, before anything is put in or included."""
    complete: set[str] = set()
    incomplete: set[str] = set()
    wanted: set[str] = set()
    includes = False
    for document in file.documents:
        if not isinstance(document, MappingNode):
            continue
        includes |= document.get("include") is not None
        services = document.get("services")
        for name, pair in services.by_name().items() if isinstance(services, MappingNode) else ():
            if isinstance(pair.value, MappingNode):
                (complete if _starts(pair.value) else incomplete).add(name)
                wanted.update(_needs(pair.value))
    if includes:  # what is missing here may be there
        return Outline(frozenset(complete | incomplete), frozenset(), frozenset())
    return Outline(frozenset(complete), frozenset(incomplete - complete), frozenset(wanted - complete - incomplete))


def _starts(service: MappingNode) -> bool:
    """Whether a service says what it runs; a build that only chooses a target or arguments is put into another's."""
    names, build = service.by_name(), service.get("build")
    if isinstance(build, MappingNode):
        return not _BUILDING.isdisjoint(build.by_name())
    return not _STARTING.isdisjoint(names)


def _needs(service: MappingNode) -> Iterator[str]:
    for key in ("depends_on", "links"):
        node: Node | None = service.get(key)
        if isinstance(node, MappingNode):
            yield from node.by_name()
        elif isinstance(node, SequenceNode):
            for item in node.items:
                if isinstance(item, ScalarNode) and "$" not in item.value:
                    yield item.value.partition(":")[0]


def groups(outlines: Mapping[str, Outline], chosen: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The files of each stack, lower ones first. `chosen`: by folder, what its COMPOSE_FILE names."""
    found: dict[tuple[str, ...], None] = {}
    overrides = {path for path in outlines if posixpath.basename(path).lower() in _OVERRIDES}
    for path in outlines:
        folder = posixpath.dirname(path)
        if path in overrides:
            base = _default(outlines, folder)
            found[(base, path) if base is not None else _over_base(path, outlines)] = None
        elif path == _default(outlines, folder):
            if folder in chosen:
                found[tuple(chosen[folder])] = None
            elif not any(posixpath.dirname(other) == folder for other in overrides):
                found[(path,)] = None
        else:
            found[_over_base(path, outlines)] = None
    return tuple(found)


def bases(found: Sequence[tuple[str, ...]], outlines: Mapping[str, Outline]) -> tuple[str, ...]:
    """The files that start without the override beside them, which compose leaves out once it is given files by name."""
    overridden = [group for group in found if len(group) == 2 and posixpath.basename(group[1]).lower() in _OVERRIDES]
    laid_under = {group[0] for group in found if group not in overridden and len(group) > 1}
    return tuple(base for base, _ in overridden if base not in laid_under and not outlines[base].missing)


def _default(outlines: Mapping[str, Outline], folder: str) -> str | None:
    """The file that compose takes in a folder when it is given none."""
    paths = [posixpath.join(folder, name) for name in _BASES]
    return next((path for path in paths if path in outlines), None)


def _over_base(path: str, outlines: Mapping[str, Outline]) -> tuple[str, ...]:
    """The file alone, or below it the base that it needs, and what that one needs.

    A service that no file can start, a leftover, decides nothing.
    """
    chain = [path]
    startable = frozenset[str]().union(*(each.complete for each in outlines.values()))
    missing = outlines[path].missing & startable
    while missing and len(chain) < 4:
        base = _base_for(path, missing, [other for other in outlines if other not in chain], outlines)
        if base is None:
            break
        chain.insert(0, base)
        missing = outlines[base].missing & startable
    return tuple(chain)


def _base_for(path: str, missing: frozenset[str], others: Sequence[str], outlines: Mapping[str, Outline]) -> str | None:
    """The one file that has all services that `path` lacks; None when it is not clear which of several it is.

    The nearest folder counts, then the default name, then a name for what all share, then one that this file's own
    name goes on from (`prod.yml` of `prod.ssl.yml`).
    """
    able = [other for other in others if missing <= outlines[other].complete and _is_above(other, path)]
    depth = max((len(posixpath.dirname(other)) for other in able), default=0)
    near = [other for other in able if len(posixpath.dirname(other)) == depth]
    names = {other: set(_WORDS.findall(posixpath.basename(other).lower())) for other in near}
    words = set(_WORDS.findall(posixpath.basename(path).lower()))
    default = _default(outlines, posixpath.dirname(near[0])) if near else None
    for choice in (
        [other for other in near if other == default],
        [other for other in near if not _SHARED.isdisjoint(names[other])],
        [other for other in near if names[other] <= words],
        near,
    ):
        if len(choice) == 1:
            return choice[0]
    return None


def _is_above(other: str, path: str) -> bool:
    """Whether a file lies in the folder of another one, or in one above it."""
    folder = posixpath.dirname(other)
    return not folder or path.startswith(f"{folder}/")


def is_only_shared(path: str) -> bool:
    """Whether nobody starts this file alone, when another one includes or extends it."""
    return posixpath.basename(path).lower() not in _BASES
