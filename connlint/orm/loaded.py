"""A module of the project for the analysis of code: its names from the outline, its functions and classes parsed when asked for."""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from connlint.orm.outline import Block, Outline, outline
from connlint.orm.walking import walk
from connlint.records import dataclass

Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef"
Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
Assignment: TypeAlias = "ast.Assign | ast.AnnAssign"
WHOLE: Final = -2
OUTLINE: Final = -1
BROKEN: Final = -3
_TREE: Final = 35  # times as much memory as its text a tree takes
DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One statement that gives a name its value: what kind of statement, and the part that says the value."""

    kind: str  # def, class, value, annotation, element, entered, import, from
    node: ast.AST
    module: str = ""
    name: str = ""
    index: int | None = None  # the position in a tuple that is unpacked


class Unparsed(Exception):
    """This Python cannot parse it."""


def parsed(data: bytes, path: str) -> ast.Module:
    """The tree of some source text; raises `Unparsed`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(data, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unparsed from error
    assert isinstance(tree, ast.Module)
    return tree


class Loaded:
    """A module, and what its top level binds.

    Without an outline `tree` is all of it, else the outline's: the functions and classes at its top level are parsed
    when somebody asks for what is in them. `grew` is told of what is parsed: where it starts, `OUTLINE` or `WHOLE`,
    and how long it is; `BROKEN`: that it cannot be parsed.
    """

    __slots__ = ("_bodies", "_data", "_grew", "_heads", "_starts", "assigned", "has_globals", "is_package", "members",
                 "name", "names", "outline", "path", "places", "size", "stars", "tree")  # fmt: skip

    def __init__(self, path: str, data: bytes, grew: Callable[[Loaded, int, int], None], whole: bool = False) -> None:
        """Parse the outline of a module, or the whole; raises `Unparsed`."""
        self.path = path
        self.name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.is_package = path.endswith("__init__.py")
        self.has_globals = b"global" in data  # some function may assign to a name of the module
        self.size = len(data) // _TREE  # bytes that were parsed, and what the text itself weighs beside a tree
        self._data = data
        self._grew = grew
        self._use(None if whole else outline(data))

    def _use(self, found: Outline | None) -> None:
        tree = None
        if found is not None:
            with suppress(Unparsed):
                tree = parsed(found.text, self.path)
        self.outline = found if tree is not None else None
        self.tree = tree if tree is not None else parsed(self._data, self.path)
        self.names, self.stars = bindings_of(self.tree.body)
        self.places: dict[tuple[int, int], Definition] = {}
        self.members: dict[int, dict[str, list[Binding]]] = {}  # of class bodies, by their line
        self.assigned: dict[int, dict[str, list[tuple[Assignment, Function]]]] = {}
        self._bodies: dict[int, list[ast.stmt]] = {}  # of what was parsed, by where it starts
        blocks = self.outline.blocks if self.outline is not None else ()
        self._starts = [block.line for block in blocks]
        heads = (node for node in self.tree.body if isinstance(node, ast.ClassDef)) if self.outline is not None else ()
        self._heads = {node.lineno: node for node in heads}
        if self.outline is not None:
            self._grew(self, OUTLINE, self.outline.size)
        else:
            self._grew(self, WHOLE, len(self._data))

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def _block(self, line: int) -> Block | None:
        """The function or class of the outline that a line belongs to."""
        at = bisect_right(self._starts, line) - 1
        block = self.outline.blocks[at] if self.outline is not None and at >= 0 else None
        return block if block is not None and line < block.end_line else None

    def _body(self, line: int) -> list[ast.stmt]:
        """The statements among which the one at a line is, all of what it belongs to."""
        block = self._block(line)
        start = block.start if block is not None else OUTLINE
        if start not in self._bodies:
            body = self.tree.body if block is None else self._parsed(block)
            if body is None:
                return self._body(line)
            self._bodies[start] = body
            self._index(statements_of(body), over=block is not None)
        return self._bodies[start]

    def _parsed(self, block: Block) -> list[ast.stmt] | None:
        """The statements of a block; None where it is none, and from now on the module is parsed as a whole."""
        text = self._data[block.start : block.end]
        try:
            body = parsed(b"\n" * (block.line - 1) + text, self.path).body
        except Unparsed:
            with suppress(Unparsed):
                self._use(None)
                return None
            self._grew(self, BROKEN, 0)
            return []
        self._grew(self, block.start, len(text))
        return body

    def definition(self, line: int, column: int) -> Definition | None:
        """The function, lambda or class that starts at a place."""
        body = self._body(line)
        if (line, column) not in self.places:
            self._index((each for node in body for each in walk(node)), over=False)  # a lambda of a dropped tree
        return self.places.get((line, column))

    def header(self, line: int, column: int) -> ast.ClassDef | None:
        """The class that starts at a place, of which nothing but the bases may be known."""
        block = self._block(line)
        if (
            block is not None
            and block.headed
            and not column
            and block.start not in self._bodies
            and line in self._heads
        ):
            return self._heads[line]
        node = self.definition(line, column)
        return node if isinstance(node, ast.ClassDef) else None

    def mentions(self, line: int, name: str) -> bool:
        """Whether a name is in the text of the function or class that a line belongs to."""
        block = self._block(line)
        return block is None or self._data.find(name.encode(errors="surrogatepass"), block.start, block.end) >= 0

    def holds(self, *words: bytes) -> bool:
        """Whether the text has one of these words, in letters of any size."""
        text = self._data.lower()
        return any(word in text for word in words)

    def remember(self, node: ast.Lambda) -> None:
        """Where a lambda is, which is not found among the statements."""
        self.places[node.lineno, node.col_offset] = node

    def _index(self, nodes: Iterable[ast.AST], over: bool) -> None:
        for node in nodes:
            if isinstance(node, DEFINITIONS):
                if over:
                    self.places[node.lineno, node.col_offset] = node
                else:
                    self.places.setdefault((node.lineno, node.col_offset), node)

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
