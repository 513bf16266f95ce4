"""What a compose service sees of the project's files, and the ports it publishes.

Source: compose-go 2, format/volume.go and transform/ports.go; defaults of `configs` and `secrets` as the Compose
specification has them: `/<name>` and `/run/secrets/<name>`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from connlint.formats.compose.loading import Loading
from connlint.formats.compose.model import Item, Leaf, Table
from connlint.formats.excerpt import excerpt
from connlint.formats.services import Mount
from connlint.formats.words import Word
from connlint.source import Source
from connlint.value import Value

_MOST_PORTS: Final = 1000
_PORT: Final = re.compile(
    r"(?:(?P<host>\[[0-9a-fA-F:]*\]|[0-9]+(?:\.[0-9]+){3}):)?(?:(?P<published>[0-9]+(?:-[0-9]+)?)?:)?(?P<target>[0-9]+(?:-[0-9]+)?)"
    r"(?P<protocol>/[a-z]+)?"
)
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]")


def volumes(item: Table, loading: Loading) -> tuple[Mount, ...]:
    """Files and folders of the project that are bound into the container; the last one of a target counts."""
    found: dict[str, Mount] = {}
    for part in item.listed("volumes"):
        mount = _volume(part, loading)
        if mount is not None:
            found[mount.target] = mount
        else:
            target = _target(part)
            found.pop(target or "", None)  # a named volume in its place
    return tuple(found.values())


def _volume(part: Item, loading: Loading) -> Mount | None:
    if isinstance(part, Table):
        kind, source, target = part.leaf("type"), part.leaf("source"), part.leaf("target")
        if kind is None or kind.exact != "bind" or source is None or target is None or not target.exact:
            return None
        path = loading.locate_quietly(source.exact, source.folder)
        return Mount(path, posixpath.normpath(target.exact), source.word.span) if path is not None else None
    if not isinstance(part, Leaf) or part.exact is None:
        return None
    source_text, target_text = _cut(part.exact)
    if not source_text.startswith((".", "/")) or not target_text.startswith("/"):
        return None
    path = loading.locate_quietly(source_text, part.folder)
    return Mount(path, posixpath.normpath(target_text), part.word.span) if path is not None else None


def _target(part: Item) -> str | None:
    if isinstance(part, Table):
        leaf = part.leaf("target")
        return posixpath.normpath(leaf.exact) if leaf is not None and leaf.exact else None
    if not isinstance(part, Leaf) or part.exact is None:
        return None
    source, target = _cut(part.exact)
    return posixpath.normpath(target or source)


def _cut(text: str) -> tuple[str, str]:
    """The source and the target of the short form."""
    if _WINDOWS.match(text):
        return "", ""
    parts = text.split(":")
    return (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])


def attached(item: Table, stack: Table, loading: Loading) -> tuple[dict[str, Source], tuple[Mount, ...]]:
    """What `configs` and `secrets` put into the container: texts that stand in the file, and files."""
    texts: dict[str, Source] = {}
    mounts: dict[str, Mount] = {}
    for section, folder in (("configs", ""), ("secrets", "/run/secrets")):
        known = stack.table(section)
        for part in item.listed(section) if known is not None else ():
            source, target = _attachment(part)
            entry = known.table(source) if known is not None and source is not None else None
            if entry is None or source is None:
                continue
            place = posixpath.normpath(posixpath.join(folder or "/", target or source))
            file, content = entry.leaf("file"), entry.leaf("content")
            if file is not None:
                path = loading.locate_quietly(file.exact, file.folder)
                if path is not None:
                    mounts[place] = Mount(path, place, file.word.span)
            elif content is not None and section == "configs":
                text = content.word.as_text() if _is_written_out(content.word) else None
                if text is not None:
                    texts[place] = excerpt(text)
    return texts, tuple(mounts.values())


def _is_written_out(word: Word) -> bool:
    """Whether all of it stands in the file itself, without a variable's value."""
    return not any(isinstance(part, Value) for part in word.parts)


def _attachment(part: Item) -> tuple[str | None, str | None]:
    if isinstance(part, Leaf):
        return part.exact, None
    if isinstance(part, Table):
        source, target = part.leaf("source"), part.leaf("target")
        return (source.exact if source is not None else None), (target.exact if target is not None else None)
    return None, None


def ports_of(item: Table) -> tuple[tuple[int, int], ...]:
    """(published, own) of each TCP port that is published under a number that is known."""
    found: dict[tuple[int, int], None] = {}
    for part in item.listed("ports"):
        for pair in _short(part.word) if isinstance(part, Leaf) else _long(part) if isinstance(part, Table) else ():
            found[pair] = None
            if len(found) >= _MOST_PORTS:
                return tuple(found)
    return tuple(found)


def _short(word: Word) -> Iterator[tuple[int, int]]:
    """`"8080:80"`, `"127.0.0.1:8000-8002:8000-8002/tcp"`; `"80"` alone is published under any number."""
    match = _PORT.fullmatch(word.exact or "")
    if match is None or match["published"] is None or match["protocol"] not in (None, "/tcp"):
        return
    outside, inside = _range(match["published"]), _range(match["target"])
    if len(outside) == len(inside):
        yield from zip(outside, inside, strict=True)


def _long(part: Table) -> Iterator[tuple[int, int]]:
    published, target, protocol = part.leaf("published"), part.leaf("target"), part.leaf("protocol")
    if published is None or target is None or (protocol is not None and protocol.exact != "tcp"):
        return
    outside, inside = published.exact or "", target.exact or ""
    if outside.isdecimal() and inside.isdecimal() and max(len(outside), len(inside)) < 6:
        yield int(outside), int(inside)


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    if max(len(first), len(last)) > 5:
        return range(0)
    start, end = int(first), int(last or first)
    return range(start, min(end, start + _MOST_PORTS) + 1)
