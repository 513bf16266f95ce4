"""Reads the `run` and `up` scripts of s6, s6-overlay and runit: one service for each folder.

Source: skarnet.org on s6-rc source definitions (`type`, `dependencies.d`, bundles with `contents.d`, a `down` file) and
s6-overlay's README: what the bundle `user` reaches is started; a oneshot's `up` is a line of execline.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.document import Document
from connlint.formats.opening import opened, stated
from connlint.formats.services import Role, Service, Stack
from connlint.formats.splitting import Unbalanced, split
from connlint.formats.words import Command, Text
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree, Unreadable
from connlint.source import Source
from connlint.value import Value

_SHEBANG: Final = re.compile(r"#![^\r\n]*")
_SHELL: Final = re.compile(r"\b(?:ba|da|a|z|k)?sh\b")
_BLOCKS: Final = re.compile(r"[{}]|(?:^|\s)(?:importas|backtick|define|multisubstitute)\b")
_LONGEST_WORD: Final = 100
MOST_STEPS: Final = 10_000


def read_s6(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for the service folders that lie beside each other. They run in the container that holds them, so they
    have the environment of that. A oneshot is RELEASE; what is down or what the bundle `user` does not reach is ONCE.

    A shell script is the service's script, an execline script its words where it is a plain chain of them. Never raises.
    """
    del environment
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(posixpath.dirname(posixpath.dirname(path)), []).append(path)
    return tuple(_stack(tree, folder, files) for folder, files in groups.items())


def _stack(tree: Tree, folder: str, paths: Sequence[str]) -> Stack:
    reached = _reached(tree, folder)
    services: list[Service] = []
    documents: list[Document] = []
    for path in paths:
        own, kind = posixpath.dirname(path), posixpath.basename(path)
        name = posixpath.basename(own)
        if kind == "up" and f"{own}/run" in paths:
            continue  # it names the script beside it
        source, troubles = opened(tree, path)
        documents.append(stated("s6", source, troubles))
        command = _command(source)
        if command is None:
            continue
        is_oneshot = kind == "up" or _line(tree, f"{own}/type") == "oneshot"
        role = Role.RELEASE if is_oneshot else Role.SERVICE
        if (reached is not None and name not in reached) or tree.is_file(f"{own}/down"):
            role = Role.ONCE
        services.append(Service(name, source.span(0, 0), command, role=role))
    return Stack(folder or "s6", "s6", folder, tuple(services), tuple(documents), is_for_development(folder))


def _command(source: Source) -> Command | None:
    shebang = _SHEBANG.match(source.text)
    start = shebang.end() if shebang else 0
    line = shebang[0] if shebang else ""
    span = source.span(start, len(source.text))
    if shebang is not None and "execlineb" not in line:
        return Command(span, script=Text.of(span)) if _SHELL.search(line) else None
    if _BLOCKS.search(span.text) or not span.text.strip():
        return None
    try:
        return Command(span, split(Text.of(span), comments=True))
    except Unbalanced:
        return None


def _reached(tree: Tree, folder: str) -> set[str] | None:
    """The services that the bundle `user` holds, and what they depend on; None where there is no such bundle."""
    open_names = [name for bundle in ("user", "user2") for name in tree.listdir(f"{folder}/{bundle}/contents.d")]
    if not open_names:
        return None
    found: set[str] = set()
    while open_names and len(found) < MOST_STEPS:
        name = open_names.pop()
        if name in found or len(name) > _LONGEST_WORD:
            continue
        found.add(name)
        open_names += [*tree.listdir(f"{folder}/{name}/dependencies.d"), *tree.listdir(f"{folder}/{name}/contents.d")]
        open_names += _line(tree, f"{folder}/{name}/dependencies").split()
    return found


def _line(tree: Tree, path: str) -> str:
    """The text of a small file, stripped; empty where it cannot be read."""
    if not tree.is_file(path):
        return ""
    try:
        return tree.read(path).text[:10_000].strip()
    except Unreadable:
        return ""
