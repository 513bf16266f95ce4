"""Finding and parsing the modules of a project, by dotted name, along a python path.

Nothing is imported: a dotted name is looked up among the files of the tree, as the import system would
along `sys.path`, and its text is parsed with the compiler's own parser.
"""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Sequence

from connlint.project.tree import Tree, Unreadable
from connlint.python.language.fuel import LONGEST_MODULE, LONGEST_MODULES
from connlint.records import dataclass, field
from connlint.source import Source, Span


class ModuleNotFound(Exception):
    """A settings module or config file that is not there; `str()` says what was looked for."""


class ModuleUnparsable(Exception):
    """A module whose text is no Python that this interpreter parses; `span` is the place, if known."""

    def __init__(self, reason: str, span: Span) -> None:
        super().__init__(reason)
        self.span = span


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One parsed module. `name` is its dotted name, `package` the one its relative imports start from."""

    name: str
    source: Source
    tree: ast.Module = field(repr=False)
    package: str = ""

    @property
    def path(self) -> str:
        return self.source.path

    def span(self, node: ast.AST) -> Span:
        """The characters of a node; the first line's start for a node without a position."""
        line, end_line = getattr(node, "lineno", 1), getattr(node, "end_lineno", None)
        column, end_column = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        start = self.source.offset(line, self._column(line, column))
        if end_line is None or end_column is None:
            return self.source.span(start, start)
        return self.source.span(start, self.source.offset(end_line, self._column(end_line, end_column)))

    def _column(self, line: int, offset: int) -> int:
        """Columns of the parser count UTF-8 bytes from 0; ours count characters from 1."""
        text = self.source.line(line)
        if text.isascii():
            return offset + 1
        return len(text.encode()[:offset].decode(errors="ignore")) + 1


@dataclass(frozen=True, slots=True)
class Located:
    """Where a dotted name leads: a file, or a folder without `__init__.py` (`path` empty)."""

    path: str
    is_package: bool


class Finder:
    """Looks dotted names up along `python_path` (folders relative to the root) and parses files."""

    def __init__(self, tree: Tree, python_path: Sequence[str]) -> None:
        self.tree = tree
        located = (tree.locate(entry) for entry in (python_path or (".",)))
        self._roots = tuple(dict.fromkeys(root for root in located if root is not None))
        self._found: dict[str, Located | None] = {}
        self._trees: dict[str, ast.Module] = {}
        self._parsed = 0  # characters

    def add_root(self, folder: str) -> None:
        """Look in a further folder too, first: what `sys.path.insert` does."""
        if folder not in self._roots:
            self._roots = (folder, *self._roots)
            self._found.clear()

    def find(self, name: str) -> Located | None:
        """The file or folder of a dotted name; None when the project has none."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Located | None:
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        folder = False
        for root in self._roots:
            base = posixpath.join(root, *parts)
            if self.tree.names_file(f"{base}/__init__.py"):
                return Located(f"{base}/__init__.py", True)
            if self.tree.names_file(f"{base}.py"):
                return Located(f"{base}.py", False)
            folder = folder or self.tree.is_dir(base)
        return Located("", True) if folder else None

    def in_project(self, name: str) -> bool:
        """Whether the first part of a dotted name is something of the project."""
        return self.find(name.split(".", 1)[0]) is not None

    def name_of(self, path: str) -> str:
        """The dotted name a file would be imported by; its path with dots when no root holds it."""
        stem = path.removesuffix(".py").removesuffix("/__init__")
        for root in sorted(self._roots, key=len, reverse=True):
            prefix = f"{root}/" if root else ""
            if stem.startswith(prefix):
                return stem[len(prefix) :].replace("/", ".")
        return stem.replace("/", ".")

    def parse(self, path: str, name: str, *, is_package: bool) -> Unit:
        """Read and parse a file; raises ModuleNotFound or ModuleUnparsable."""
        try:
            source = self.tree.read(path)
        except Unreadable as error:
            raise ModuleNotFound(f"{path}: {error}") from None
        package = name if is_package else name.rpartition(".")[0]
        if path not in self._trees:
            self._parsed += len(source.text)
            if self._parsed > LONGEST_MODULES:
                raise ModuleUnparsable("the modules are too long in all", source.span(0, 0))
            if source not in self.tree.syntax:
                self.tree.syntax[source] = self.tree.recall(_parsed, path)
            self._trees[path] = self.tree.syntax[source]
            self.tree.parsed.add(path)
        return Unit(name, source, self._trees[path], package)


def _parsed(tree: Tree, path: str) -> ast.Module:
    return parse(tree.read(path))


def parse(source: Source) -> ast.Module:
    """The syntax tree of a source; raises ModuleUnparsable with the place of the error."""
    if len(source.text) > LONGEST_MODULE:
        reason = f"it has {len(source.text)} characters, more than {LONGEST_MODULE}"
        raise ModuleUnparsable(reason, source.span(0, 0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are the project's own business
            return ast.parse(source.text, type_comments=False)
    except SyntaxError as error:
        line = error.lineno or 1
        place = source.offset(line, error.offset or 1)
        raise ModuleUnparsable("it is not valid Python", source.span(place, place)) from None
    except ValueError:
        place = max(source.text.find("\0"), 0)
        raise ModuleUnparsable("it holds a null byte", source.span(place, place)) from None
    except (RecursionError, MemoryError):
        raise ModuleUnparsable("it is nested too deeply", source.span(0, 0)) from None
