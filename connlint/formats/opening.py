"""Opening the files that readers of stacks start from: a text or a Document that says why there is none."""

from __future__ import annotations

from collections.abc import Iterable

from connlint.formats.document import Document, Problem
from connlint.project.tree import Tree, Unreadable
from connlint.source import Source


def opened(tree: Tree, path: str) -> tuple[Source, tuple[Problem, ...]]:
    """The text of a file and what is wrong with reading it; the text is empty, and a problem fatal, where it cannot be read."""
    try:
        source = tree.read(path)
    except Unreadable as error:
        source = Source(path, "")
        code = "unreadable" if error.code == "missing" else error.code
        return source, (Problem(code, str(error), source.span(0, 0), fatal=True),)
    if source.damaged:
        at = max(source.text.find("\ufffd"), 0)
        return source, (Problem("not-utf8", "some bytes here are not UTF-8", source.span(at, at + 1)),)
    return source, ()


def stated(kind: str, source: Source, problems: Iterable[Problem]) -> Document:
    """The document of a file that starts processes: its problems, and nothing of its content, which may be secret."""
    return Document(kind, source, problems=tuple(problems))
