"""The files that a container has mounted: the keys of ConfigMaps as texts of their own, Secrets as what is not known."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.formats.excerpt import excerpt
from connlint.formats.kubernetes.data import Data, Leaf, Manifest, Table, child, doubt, pairs, tables, text
from connlint.records import dataclass, field
from connlint.source import Source, Span

_MOST_FILES: Final = 300  # of one container


@dataclass(slots=True)
class Files:
    """What lies where: texts by absolute path, and paths whose content is not known."""

    texts: dict[str, Source] = field(default_factory=dict)
    hidden: list[tuple[str, Span, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Volume:
    """One volume: its keys as files by relative path, and why there may be others."""

    texts: dict[str, Data] = field(default_factory=dict)
    unknown: str = ""


def files_of(container: Table, pod: Data | None, maps: Mapping[str, Manifest]) -> Files:
    """The files of a container. `pod`: the pod's spec, which names the volumes; `maps`: the stack's ConfigMaps by name."""
    volumes = dict(_volumes(pod, maps))
    found = Files()
    for mount in tables(child(container, "volumeMounts")):
        volume = volumes.get(text(mount, "name") or "")
        target = text(mount, "mountPath")
        if volume is None or target is None or len(found.texts) > _MOST_FILES:
            continue
        target = posixpath.normpath(posixpath.join("/", target))
        within = text(mount, "subPath")
        if volume.unknown:
            found.hidden.append((target, mount.span, volume.unknown))
        for relative, data in volume.texts.items():
            if within is None:
                _put(found, posixpath.join(target, relative), data)
            elif relative == within:
                _put(found, target, data)
            elif relative.startswith(within + "/"):
                _put(found, posixpath.join(target, relative[len(within) + 1 :]), data)
    return found


def _put(found: Files, path: str, data: Data) -> None:
    path = posixpath.normpath(path)
    whole = data.word.as_text() if isinstance(data, Leaf) else None
    if whole is None:
        reason = data.word.value.reason if isinstance(data, Leaf) else "it is no text"
        found.hidden.append((path, data.span, reason or "a part of it is not known"))
    else:
        found.texts[path] = excerpt(whole)


def _volumes(pod: Data | None, maps: Mapping[str, Manifest]) -> Iterator[tuple[str, _Volume]]:
    for item in tables(child(pod, "volumes")):
        name = text(item, "name")
        if name is None:
            continue
        volume = _Volume()
        projected = child(item, "projected")
        for source in [item] if projected is None else list(tables(child(projected, "sources"))):
            _take(volume, source, maps)
        yield name, volume


def _take(volume: _Volume, source: Table, maps: Mapping[str, Manifest]) -> None:
    """The files of one source of a volume, by its `items` where it has them."""
    if child(source, "secret") is not None:
        volume.unknown = "it is kept in a Secret"
        return
    reference = child(source, "configMap")
    if reference is None:
        return
    manifest = maps.get(text(reference, "name") or "")
    if manifest is None:
        volume.unknown = "its ConfigMap is not among these files"
        return
    data = child(manifest.data, "data")
    if doubt(data):
        volume.unknown = doubt(data)[0].reason
    stated = dict(pairs(data))
    chosen = child(reference, "items")
    if chosen is None:
        volume.texts |= stated
        return
    for item in tables(chosen):
        key, path = text(item, "key"), text(item, "path")
        if key in stated and path is not None:
            volume.texts[path] = stated[key]
