"""The modules of a project for the analysis of code: found by their names, parsed when needed, dropped when many.

Only the trees of the modules used last are kept: whatever outlives them names functions and classes by their place.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeAlias, TypeVar

from connlint.orm.sieve import LARGEST
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, field

T = TypeVar("T")

_INSTALLED: Final = frozenset(
    {"django", "rest_framework", "celery", "channels", "asgiref", "apscheduler", "gevent", "twisted"}
)
_ROOTS: Final = ("lib", "libs", "src")  # folders of modules, also where an empty __init__.py lies in them
KEPT_BYTES: Final = 1_200_000  # of source text whose trees stay in memory; a tree takes some 35 times its text

Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef"
Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
Assignment: TypeAlias = "ast.Assign | ast.AnnAssign"
DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One statement that gives a name its value: what kind of statement, and the part that says the value."""

    kind: str  # def, class, value, annotation, element, entered, import, from
    node: ast.AST
    module: str = ""
    name: str = ""
    index: int | None = None  # the position in a tuple that is unpacked


@dataclass(slots=True, eq=False)
class Loaded:
    """A parsed module, and what its top level binds."""

    path: str
    name: str
    is_package: bool
    tree: ast.Module
    size: int
    names: dict[str, list[Binding]]
    stars: list[tuple[str, int]]
    has_globals: bool = False  # some function may assign to a name of the module
    places: dict[tuple[int, int], Definition] = field(default_factory=dict)
    members: dict[int, dict[str, list[Binding]]] = field(default_factory=dict)  # of class bodies, by their line
    assigned: dict[int, dict[str, list[tuple[Assignment, Function]]]] = field(default_factory=dict)

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def definition(self, line: int, column: int) -> Definition | None:
        """The function, lambda or class that starts at a place."""
        if not self.places:
            self._index(statements_of(self.tree.body))
        if (line, column) not in self.places:
            self._index(ast.walk(self.tree))  # a lambda whose tree was dropped meanwhile
        return self.places.get((line, column))

    def remember(self, node: ast.Lambda) -> None:
        """Where a lambda is, which is not found among the statements."""
        if not self.places:
            self._index(statements_of(self.tree.body))
        self.places[node.lineno, node.col_offset] = node

    def _index(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            if isinstance(node, DEFINITIONS):
                self.places[node.lineno, node.col_offset] = node

    def body_of(self, node: ast.ClassDef) -> dict[str, list[Binding]]:
        """What the body of a class binds."""
        if node.lineno not in self.members:
            self.members[node.lineno] = bindings_of(node.body)[0]
        return self.members[node.lineno]

    def attributes_of(self, node: ast.ClassDef) -> dict[str, list[tuple[Assignment, Function]]]:
        """The statements of methods of a class that assign to attributes of the instance."""
        known = self.assigned.get(node.lineno)
        if known is None:
            known = self.assigned[node.lineno] = {}
            for function in node.body:
                if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.args.args:
                    for name, statement in _attributes(function, function.args.args[0].arg):
                        known.setdefault(name, []).append((statement, function))
        return known


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
        self.parsed: set[str] = set()

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

    def is_loaded(self, path: str) -> bool:
        """Whether the module is at hand without parsing it."""
        return path in self._loaded

    def load(self, path: str) -> Loaded | None:
        """The parsed module; None when it cannot be read or parsed (`unparsed` then says why)."""
        loaded = self._loaded.get(path)
        if loaded is not None:
            self._loaded.move_to_end(path)
            return loaded
        if path in self.unparsed or path not in self._files:
            return None
        try:
            data = self._tree.read_bytes(path, LARGEST)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = compile(data, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        except Unreadable as error:
            self.unparsed[path] = str(error)
            return None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.unparsed[path] = f"Python {sys.version_info.major}.{sys.version_info.minor} cannot parse it"
            return None
        assert isinstance(tree, ast.Module)
        names, stars = bindings_of(tree.body)
        loaded = Loaded(
            path,
            path.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
            path.endswith("__init__.py"),
            tree,
            len(data),
            names,
            stars,
            b"global" in data,
        )
        if path not in self.parsed:
            self.parsed.add(path)
            self.parsed_bytes += len(data)
        self._loaded[path] = loaded
        self._kept += loaded.size
        while self._kept > KEPT_BYTES and len(self._loaded) > 1:
            self._kept -= self._loaded.popitem(last=False)[1].size
        return loaded

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


def statements_of(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement below these, those of functions and classes included."""
    stack = list(body)
    while stack:
        node = stack.pop()
        yield node
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(node, block, None)
            if inner:
                stack.extend(inner)
        for handler in getattr(node, "handlers", ()):
            stack.extend(handler.body)
        for case in getattr(node, "cases", ()):
            stack.extend(case.body)


def _attributes(function: ast.FunctionDef | ast.AsyncFunctionDef, me: str) -> Iterator[tuple[str, Assignment]]:
    for statement in statements_of(function.body):
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            continue
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == me:
                yield target.attr, statement


def bindings_of(body: list[ast.stmt]) -> tuple[dict[str, list[Binding]], list[tuple[str, int]]]:
    """What the statements of a module or class bind, branches included, and the modules star-imported."""
    names: dict[str, list[Binding]] = {}
    stars: list[tuple[str, int]] = []
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            stars.append((node.module or "", node.level))
        for name, binding in _bound(node):
            names.setdefault(name, []).append(binding)
        for block in ("finalbody", "orelse", "body"):
            inner = getattr(node, block, None)
            if isinstance(inner, list) and not isinstance(node, DEFINITIONS):
                stack.extend(reversed(inner))
        for handler in getattr(node, "handlers", ()):
            stack.extend(reversed(handler.body))
    return names, stars


def _bound(node: ast.stmt) -> Iterator[tuple[str, Binding]]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield node.name, Binding("def", node)
    elif isinstance(node, ast.ClassDef):
        yield node.name, Binding("class", node)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or name, Binding("import", node, module=name)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if alias.name != "*":
                binding = Binding("from", node, module=node.module or "", name=alias.name, index=node.level)
                yield alias.asname or alias.name, binding
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _targets(target, "value", node.value)
    elif isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield from _targets(node.target, "value", node.value)
        yield from _targets(node.target, "annotation", node.annotation)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield from _targets(node.target, "element", node.iter)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            if item.optional_vars is not None:
                yield from _targets(item.optional_vars, "entered", item.context_expr)


def _targets(target: ast.expr, kind: str, value: ast.expr) -> Iterator[tuple[str, Binding]]:
    if isinstance(target, ast.Name):
        yield target.id, Binding(kind, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for index, each in enumerate(target.elts):
            if isinstance(each, ast.Name):
                yield each.id, Binding(kind, value, index=index)
