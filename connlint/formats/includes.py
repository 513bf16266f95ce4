"""Opening the further files a config file names: inside the project only, no cycles, bounded in number and size."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Final

from connlint.formats.document import Problem
from connlint.project.tree import LARGEST_FILE, Tree, Unreadable
from connlint.source import Source, Span

MOST_FILES: Final = 100  # files one document may be made of
MOST_TEXT: Final = 2 * LARGEST_FILE  # characters in all of them
MOST_PROBLEMS: Final = 200
MOST_SUGGESTIONS: Final = 30
_SHOWN: Final = 80


class Includes:
    """Follows the includes of one document and collects the problems met on the way."""

    def __init__(self, tree: Tree, top: Source) -> None:
        self.tree = tree
        self.problems: list[Problem] = []
        self._open: list[str] = [top.path]
        self._files = 1
        self._text = len(top.text)
        self._suggestions = 0

    @property
    def depth(self) -> int:
        """How many includes deep the file being read is; 0 in the document itself."""
        return len(self._open) - 1

    @property
    def folder(self) -> str:
        """The project-relative folder of the file being read."""
        return posixpath.dirname(self._open[-1])

    def enter(self, path: str) -> None:
        self._open.append(path)

    def leave(self) -> None:
        self._open.pop()

    def report(self, code: str, message: str, span: Span, *, fatal: bool = False) -> None:
        """Note a problem; only so many, and each place once for each code."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, message, span, fatal))

    def suggest(self, name: str, known: Iterable[str]) -> str | None:
        """The one of `known` that `name` may be a slip for; only for so many names, as looking is slow."""
        self._suggestions += 1
        if self._suggestions > MOST_SUGGESTIONS:
            return None
        from difflib import get_close_matches  # costs start-up time, and only mistakes need it

        return next(iter(get_close_matches(name[:40], known, 1, 0.8)), None)

    def locate(self, name: str, bases: Iterable[str]) -> str | None:
        """The project-relative path of the first of `bases` where `name` lies, else of the first that is inside."""
        inside = [path for base in bases if (path := self.tree.locate(name, base))]
        return next((path for path in inside if self.tree.exists(path)), inside[0] if inside else None)

    def source(self, path: str | None, name: str, span: Span, *, cycle_is_fatal: bool = True) -> Source | None:
        """The text of an included file, or None and a problem at `span`. `name` is what the config says."""
        shown = shorten(name)
        if path is None:
            self.report("outside-project", f"{shown} lies outside the project and is not read", span)
            return None
        if path in self._open:
            self.report(
                "cycle", f"{shown} includes itself, directly or through another file", span, fatal=cycle_is_fatal
            )
            return None
        if self._files >= MOST_FILES or self._text >= MOST_TEXT:
            self.report("too-large", f"{shown} is not read: too many or too large files are included", span)
            return None
        try:
            source = self.tree.read(path)
        except Unreadable as error:
            code = "unreadable" if error.code == "missing" else error.code
            self.report(code, f"{shown} cannot be read: {error}", span)
            return None
        self._files += 1
        self._text += len(source.text)
        self.check_text(source)
        return source

    def check_text(self, source: Source) -> bool:
        """Report text that is no UTF-8 or too large; False when it is too large to be read at all."""
        if len(source.text) > LARGEST_FILE:
            message = f"the file has more than {LARGEST_FILE} characters and is not read"
            self.report("too-large", message, source.span(0, 0))
            return False
        if source.damaged:
            at = max(source.text.find("\ufffd"), 0)
            self.report("not-utf8", "some bytes here are not UTF-8", source.span(at, min(at + 1, len(source.text))))
        return True


def shorten(text: str, most: int = _SHOWN) -> str:
    """`text` fit for a message: unprintable characters replaced, cut to `most` characters, in quotes."""
    clean = "".join(char if char.isprintable() else "\ufffd" for char in text[: most + 1])
    return f'"{clean[:most]}..."' if len(clean) > most else f'"{clean}"'


__all__ = ["MOST_FILES", "MOST_PROBLEMS", "MOST_TEXT", "Includes", "shorten"]
