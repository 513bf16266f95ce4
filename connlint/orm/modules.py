"""The modules of a project for the analysis of code: found by their names, parsed as far as needed, dropped when many.

Only the trees of the modules used last are kept: whatever outlives them names functions and classes by their place.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from connlint.orm.loaded import BROKEN, WHOLE, Loaded, Unparsed
from connlint.orm.sieve import LARGEST
from connlint.project.tree import Tree, Unreadable

T = TypeVar("T")

_INSTALLED: Final = frozenset(
    {"django", "rest_framework", "celery", "channels", "asgiref", "apscheduler", "gevent", "twisted"}
)
_ROOTS: Final = ("lib", "libs", "src")  # folders of modules, also where an empty __init__.py lies in them
KEPT_BYTES: Final = 800_000  # of source text whose trees stay in memory; a tree takes some 35 times its text


class Modules:
    """Looks modules up along the roots of the project, and in the folders above the module that asks."""

    def __init__(self, tree: Tree, roots: Iterable[str], paths: Iterable[str]) -> None:
        self._tree = tree
        self._files = frozenset(paths)
        self._folders = frozenset(folder for path in self._files for folder in _above(path))
        self._roots = tuple(dict.fromkeys(("" if root in ("", ".") else root) for root in roots))
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._kept = 0  # bytes of text of what is loaded
        self._found: dict[tuple[str, str], str | None] = {}
        self._starting: dict[str, list[str]] | None = None
        self.registering: tuple[str, ...] = ()
        self.unparsed: dict[str, str] = {}
        self.parsed_bytes = 0
        self.parsed: dict[str, dict[int, int]] = {}  # by path: where what was parsed starts, and its length

    def find(self, name: str, asking: str = "") -> str | None:
        """The path of the module `name`; empty for a folder of modules; None when the project has none.

        `asking` is the path of the module that imports it: it may be run with any folder above it as a root.
        """
        folder = asking.rpartition("/")[0]
        key = (folder, name)
        if key not in self._found:
            self._found[key] = self._find(name, folder)
        return self._found[key]

    def _find(self, name: str, folder: str) -> str | None:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in _INSTALLED:
            return None  # what is installed comes first for whoever means it
        base = name.replace(".", "/")
        above = [each for each in reversed(list(_above(f"{folder}/x"))) if f"{each}/__init__.py" not in self._files]
        roots = dict.fromkeys((*self._roots, "", *above))
        package = False
        for root in roots:
            stem = f"{root}/{base}" if root else base
            if f"{stem}/__init__.py" in self._files:
                return f"{stem}/__init__.py"
            if f"{stem}.py" in self._files:
                return f"{stem}.py"
            package = package or (stem in self._folders and "." not in name and root in ("", *self._roots))
            package = package or ("." in name and stem in self._folders)
        return "" if package else self._elsewhere(base)

    def _elsewhere(self, base: str) -> str | None:
        """The one file of the project that can be meant where PYTHONPATH names a folder that nobody told.

        A root of imports is no package itself, but where it is called like one; two that could be meant are none.
        """
        if self._starting is None:
            self._starting = {}
            for path in self._files:
                folder, _, name = path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")
                if f"{folder}/__init__.py" not in self._files or folder.rpartition("/")[2] in _ROOTS:
                    self._starting.setdefault(name, []).append(folder)
        stems = [f"{folder}/{base}" for folder in self._starting.get(base.partition("/")[0], ()) if folder]
        files = (path for stem in stems for path in (f"{stem}/__init__.py", f"{stem}.py"))
        found = [path for path in files if path in self._files]
        return found[0] if len(found) == 1 else None

    def was_loaded(self, path: str) -> bool:
        """Whether the module was parsed before, be it dropped since: no answer may depend on what memory holds."""
        return path in self.parsed

    def load(self, path: str, whole: bool = False) -> Loaded | None:
        """The module, all of it parsed if `whole`; None when it cannot be read or parsed (`unparsed` then says why)."""
        loaded = self._loaded.get(path)
        if loaded is not None and not (whole and loaded.outline is not None):
            self._loaded.move_to_end(path)
            return loaded
        if path in self.unparsed or path not in self._files:
            return None
        try:
            data = self._tree.read_bytes(path, LARGEST)
            if loaded is not None:
                self._drop(path)
            loaded = Loaded(path, data, self._grew, whole)
        except Unreadable as error:
            self.unparsed[path] = str(error)
            return None
        except Unparsed:
            self._broken(path)
            return None
        self._loaded[path] = loaded
        self._kept += loaded.size
        self._make_room()
        return loaded

    def _grew(self, loaded: Loaded, start: int, size: int) -> None:
        """Count what was parsed of a module, each part once."""
        if start == BROKEN:
            self._drop(loaded.path)
            self._broken(loaded.path)
            return
        parts = self.parsed.setdefault(loaded.path, {})
        if start == WHOLE:
            self.parsed_bytes += size - sum(parts.values())
            parts.clear()
        if WHOLE not in parts and start not in parts:
            parts[start] = size
            self.parsed_bytes += size if start != WHOLE else 0
        loaded.size += size
        if self._loaded.get(loaded.path) is loaded:
            self._kept += size
            self._make_room()

    def _make_room(self) -> None:
        while self._kept > KEPT_BYTES and len(self._loaded) > 1:
            self._kept -= self._loaded.popitem(last=False)[1].size

    def _broken(self, path: str) -> None:
        self.unparsed[path] = f"Python {sys.version_info.major}.{sys.version_info.minor} cannot parse it"

    def _drop(self, path: str) -> None:
        dropped = self._loaded.pop(path, None)
        self._kept -= dropped.size if dropped is not None else 0

    def holding(self, literal: bytes, most: int) -> Iterator[str]:
        """The modules that register something, up to `most`, whose bytes hold a literal."""
        holding = (path for path in self.registering if self._tree.holds(path, literal, LARGEST))
        return islice(holding, most)

    def ask(self, question: Callable[[str, bytes], T], path: str, default: T) -> T:
        """What a pure function says of the bytes of a module; `default` where it cannot be read."""
        try:
            return self._tree.of_file(question, path, LARGEST)
        except Unreadable:
            return default

    def command(self, name: str) -> str | None:
        """The file of the management command `name`; None when the project has none or several."""
        ending = f"management/commands/{name}.py"
        found = [path for path in self._files if path.endswith(ending)]
        return found[0] if len(found) == 1 else None

    def absolute(self, module: Loaded, name: str, level: int) -> str | None:
        """The dotted name that an import of this module speaks of; None when it leads out of the top package."""
        if not level:
            return name
        parts = module.package.split(".") if module.package else []
        if level - 1 > len(parts):
            return None
        base = parts[: len(parts) - (level - 1)]
        return ".".join([*base, name] if name else base) or None


def _above(path: str) -> Iterator[str]:
    """Each folder above a path, the nearest first."""
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
