"""Commands that the project itself installs: the scripts of pyproject.toml and setup.cfg, by the module each calls."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from connlint.project.tree import Tree, Unreadable
from connlint.source import Source

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TABLES: Final = (("project", "scripts"), ("tool", "poetry", "scripts"))
_FILES: Final = ("pyproject.toml", "setup.cfg", "setup.py")
_MOST: Final = 20  # projects of one repository that are looked at


def installers(tree: Tree) -> tuple[str, ...]:
    """The files of the tree that may say which commands its projects install, not too many of them."""
    found = [path for path in tree.paths() if path.endswith(_FILES) and path.rpartition("/")[2] in _FILES]
    return tuple(found[: _MOST * len(_FILES)])


def installed_script(name: str, tree: Tree, files: tuple[str, ...]) -> Source | None:
    """The module that the command `name` calls, where one of `files`, the tree's `installers`, installs such a command."""
    if not _NAME.fullmatch(name):
        return None
    for path in files:
        if not tree.holds(path, name.encode()):
            continue
        for module in _modules(name, path, tree):
            source = _module(module, posixpath.dirname(path), tree)
            if source is not None:
                return source
    return None


def _modules(name: str, path: str, tree: Tree) -> Iterator[str]:
    """The module of a command, as this file states it."""
    try:
        source = tree.read(path)
    except Unreadable:
        return
    if not path.endswith(".toml"):
        match = re.search(rf"(?m)(?<![\w.-]){re.escape(name)}\s*=\s*([\w.]+):", source.text)
        if match is not None and "console_scripts" in source.text:
            yield match[1]
        return
    from connlint.project.toml_positions import MalformedToml, read_toml  # parsing TOML costs start-up time

    try:
        root = read_toml(source)
    except MalformedToml:
        return
    for table in _TABLES:
        node = root.get(*table, name)
        if node is not None and isinstance(node.value, dict):  # Poetry's { reference = ..., type = ... }
            node = node.get("reference") or node.get("callable")
        if node is not None and isinstance(node.value, str):
            yield node.value.partition(":")[0].strip()


def _module(name: str, folder: str, tree: Tree) -> Source | None:
    path = name.replace(".", "/")
    for base in ("", "src", "lib"):
        for place in (f"{path}.py", f"{path}/__init__.py"):
            found = posixpath.normpath(posixpath.join(folder, base, place))
            if tree.is_file(found):
                try:
                    return tree.read(found)
                except Unreadable:
                    return None
    return None
