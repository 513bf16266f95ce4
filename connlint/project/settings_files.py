"""Finds the files that may be settings modules: those that state DATABASES, and those built on them by `import *`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from connlint.project.tree import Tree, Unreadable

_NAME: Final = "DATABASES"
_MOST_PLACES: Final = 1_000  # mentions of the name looked at in one file
_FOLDERS: Final = frozenset({"conf", "config", "configs", "configuration", "settings", "environments", "env"})
_STEMS: Final = frozenset({"conf", "config", "configuration", "local", "production", "development", "databases"})
_IMPORT: Final = re.compile(r"^[ \t]*from[ \t]+(\.*)((?:\w[\w.]*)?)[ \t]*\bimport\b[ \t]*(\*)?", re.M)
_CLASS: Final = re.compile(r"^class[ \t]", re.M)


def is_likely_settings(path: str) -> bool:
    """Whether a Python file is called like a settings module or lies in a folder that is."""
    folders, _, name = path.rpartition("/")
    stem = name[:-3].lower()
    if "settings" in stem or stem in _STEMS:
        return True
    below = folders.lower().rsplit("/", 2)
    return any("settings" in part or part in _FOLDERS for part in below[-2:]) and not stem.startswith("test_")


def settings_files(
    tree: Tree, paths: Iterable[str], named: Iterable[str], unread: list[tuple[str, str]]
) -> tuple[str, ...]:
    """Of the Python files `paths`: `named` ones, those that state DATABASES, and those that star-import one of these.

    Files called like settings come first; all are searched only when no such file states DATABASES. What is called
    like settings and cannot be read is added to `unread` with the reason.
    """
    python = tuple(paths)
    likely = sorted({*named, *(path for path in python if is_likely_settings(path))})
    texts = dict(_read(tree, likely, unread))
    found = {path for path, (states, _) in texts.items() if states}
    if not found:
        likely_set = set(likely)
        rest = [path for path in python if path not in likely_set and tree.holds(path, _NAME.encode())]
        others = dict(_read(tree, rest, unread))
        found = {path for path, (states, _) in others.items() if states}
        texts |= {path: others[path] for path in found}
    return tuple(sorted({*_with_importers(texts, found), *(path for path in named if path in texts)}))


def _read(
    tree: Tree, paths: Iterable[str], unread: list[tuple[str, str]]
) -> Iterator[tuple[str, tuple[bool, tuple[str, ...]]]]:
    for path in paths:
        try:
            yield path, tree.recall(_said, path)
        except Unreadable as error:
            unread.append((path, str(error)))


def _said(tree: Tree, path: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a file states DATABASES, and the modules it builds on."""
    text = tree.read(path).text
    return states_databases(text), tuple(_bases(path, text))


def states_databases(text: str) -> bool:
    """Whether some line assigns, changes or imports the name DATABASES at its start."""
    at = -1
    for _ in range(_MOST_PLACES):
        at = text.find(_NAME, at + 1)
        if at < 0:
            return False
        start = text.rfind("\n", 0, at) + 1
        before = text[start:at].strip() if at - start < 1_000 else "?"
        after = text[at + len(_NAME) : at + len(_NAME) + 1]
        if not (after.isalnum() or after == "_") and _is_statement(before):
            return True
    return False


def _is_statement(before: str) -> bool:
    return before in ("", "global", "def") or before.startswith(("from ", "global ", "globals()", "locals()", "vars()"))


def _with_importers(texts: dict[str, tuple[bool, tuple[str, ...]]], found: set[str]) -> set[str]:
    """`found` and every file that star-imports one of them, directly or over several files."""
    importers: dict[str, list[str]] = {}
    for path, (_, bases) in texts.items():
        for target in bases:
            importers.setdefault(target, []).append(path)
    reached, queue = set(found), list(found)
    while queue:
        stem = queue.pop().removesuffix(".py").removesuffix("/__init__")
        for target in (stem, *_endings(stem)):
            new = [path for path in importers.get(target, ()) if path not in reached]
            reached.update(new)
            queue += new
    return reached


def _bases(path: str, text: str) -> Iterator[str]:
    """The modules a file builds on, as paths: from the root for relative imports, else with a leading `*/`.

    Those it star-imports, and in class-based settings every one it imports names (classes to inherit) from.
    """
    has_class = _CLASS.search(text) is not None
    if not has_class and "*" not in text:
        return
    package = path.split("/")[:-1]
    for dots, module, star in _IMPORT.findall(text):
        if not star and not has_class:
            continue
        names = module.split(".") if module else []
        if dots:
            yield "/".join([*package[: max(len(package) - len(dots) + 1, 0)], *names])
        else:
            yield "*/" + "/".join(names)


def _endings(stem: str) -> Iterator[str]:
    """The module paths by which an absolute import may name a file, depending on where imports start."""
    parts = stem.split("/")
    return ("*/" + "/".join(parts[at:]) for at in range(len(parts)))
