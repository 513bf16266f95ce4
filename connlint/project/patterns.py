"""Patterns for paths, as in `exclude` and `per-file-ignores`.

A pattern without `/` names a file or folder at any depth; one with `/` starts at the project's root. `*` and `?`
stay within a name, `**` stands for any number of folders, and a folder that matches covers all it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate

_ANY_DEPTH = "**"


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test for project-relative paths: whether some pattern matches it or a folder it lies in."""
    names: set[str] = set()
    anchored: list[list[str | re.Pattern[str]]] = []
    for pattern in patterns:
        text = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
        if "/" not in text and not _is_glob(text):
            names.add(text)
        elif text:
            parts = text.removeprefix("/").split("/")
            anchored.append([_part(part) for part in (parts if "/" in text else [_ANY_DEPTH, *parts])])
    if not names and not anchored:
        return _never

    def matches(path: str) -> bool:
        parts = path.split("/")
        return not names.isdisjoint(parts) or any(_covers(pattern, parts) for pattern in anchored)

    return matches


def _never(_: str) -> bool:
    return False


def _is_glob(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _part(text: str) -> str | re.Pattern[str]:
    return re.compile(translate(text)) if _is_glob(text) and text != _ANY_DEPTH else text


def _covers(pattern: Sequence[str | re.Pattern[str]], parts: Sequence[str]) -> bool:
    """Whether `pattern` matches `parts` or the first few of them; steps: pattern length times path length."""
    reached = {0}  # how many parts the pattern has used up so far
    for piece in pattern:
        if piece == _ANY_DEPTH:
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _same(piece, parts[at])}
        if not reached:
            return False
    return pattern[-1] != _ANY_DEPTH or max(reached) == len(parts)


def _same(piece: str | re.Pattern[str], name: str) -> bool:
    return piece == name if isinstance(piece, str) else piece.match(name) is not None
