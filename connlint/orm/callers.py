"""Who else calls what was started: a close may be put into a function only where nothing but the started work runs it.

Names decide, not types: any other mention of the name in the project counts as a call, be it of another function of that
name, or in a text. What is mentioned in too many files, or cannot be parsed, is not known to be alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from connlint.orm.facts import CommandLoop, WorkStart
from connlint.orm.interpreter import Run
from connlint.orm.loaded import Loaded
from connlint.orm.sieve import COMMANDS, LARGEST
from connlint.orm.walking import walk
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, field, replace
from connlint.source import Span

_SHORTEST: Final = 4  # letters of a name that is looked for
_MOST_FILES: Final = 12  # that mention a name
_MOST_NAMES: Final = 40
_OPEN: Final = (ast.With, ast.AsyncWith, ast.For, ast.AsyncFor)  # maybe a transaction, maybe the rows of a query
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_HANDLE: Final = "handle"

Region: TypeAlias = tuple[str, tuple[int, int], tuple[int, int]]  # path, start and end as the parser has them


@dataclass(slots=True)
class _Look:
    """One function whose callers are asked for: the name to look for, and where it may be mentioned."""

    path: str
    node: ast.FunctionDef
    within: ast.AST | None  # a closure is known in the function around it only
    name: str
    attribute: str = ""  # of a class of threads: what nobody may call
    top: bool = False  # a function of the module, which other files have to import
    regions: list[Region] = field(default_factory=list)


def alone(run: Run, tree: Tree, paths: tuple[str, ...], starts: tuple[WorkStart, ...]) -> tuple[WorkStart, ...]:
    """The starts, with a mark on those whose callable nothing else of the project runs."""
    looks: dict[tuple[str, int], _Look] = {}
    for start in starts:
        if not _is_wanted(start) or start.target_span is None:
            continue
        key = start.target_span.path, start.target_span.start
        if key not in looks and len(looks) < _MOST_NAMES:
            found = _look(run, start, start.target_span)
            if found is not None:
                looks[key] = found
    for start in starts:
        place = start.target_span
        look = None if place is None else looks.get((place.path, place.start))
        if look is not None:
            look.regions += _regions(run, start.span)
    mentions = _mentions(tree, paths, {look.name for look in looks.values() if look.within is None})
    sure = {key for key, look in looks.items() if _is_alone(run, look, mentions)}
    return tuple(
        replace(each, alone=_key(each) in sure, parent_alone=each.kind.forks and _is_command(run, tree, paths, each.span))
        if _is_wanted(each) or (each.kind.forks and each.uncovered)
        else each
        for each in starts
    )  # fmt: skip


def in_command(run: Run, tree: Tree, paths: tuple[str, ...], loops: Iterable[CommandLoop]) -> tuple[CommandLoop, ...]:
    """The loops, with a mark on those that stand in the command itself, in no transaction and no other loop over rows."""
    return tuple(replace(loop, alone=_is_command(run, tree, paths, loop.span)) for loop in loops)


def _key(start: WorkStart) -> tuple[str, int] | None:
    return None if start.target_span is None else (start.target_span.path, start.target_span.start)


def _is_wanted(start: WorkStart) -> bool:
    """Whether a fix may be offered for it: its work leaves a connection, or closes only what is old."""
    weak = start.covered and start.close is not None and start.close.old and not start.hard
    return not start.in_test and not start.given_at and not start.kind.forks and (start.uncovered or weak)


def _look(run: Run, start: WorkStart, target: Span) -> _Look | None:
    module = run.modules.load(target.path, whole=True)
    node = None if module is None else module.definition(target.line, _byte_column(target))
    if module is None or not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return None
    around = _around(module.tree, node)
    owner = around[0] if around else None
    if isinstance(owner, _FUNCTIONS):
        return _Look(target.path, node, owner, node.name)
    if not isinstance(owner, ast.ClassDef):
        return _Look(target.path, node, None, node.name, top=True)
    if start.api.startswith("class "):
        return _Look(target.path, node, None, owner.name, attribute=node.name)
    plain = all(isinstance(base, ast.Name) and base.id == "object" for base in owner.bases) and not owner.keywords
    private = node.name.startswith("_") and not node.name.endswith("__")
    return _Look(target.path, node, None, node.name) if plain or private else None  # else a framework may call it


def _byte_column(span: Span) -> int:
    return len(span.source.line(span.line)[: span.column - 1].encode())


def _around(tree: ast.Module, node: ast.AST) -> list[ast.AST]:
    """The nodes around a node, the nearest first."""
    parents: dict[ast.AST, ast.AST] = {}
    for each in walk(tree):
        parents.update((child, each) for child in ast.iter_child_nodes(each))
    found = []
    while node in parents:
        node = parents[node]
        found.append(node)
    return found[:-1]  # without the module


def _regions(run: Run, span: Span) -> Iterator[Region]:
    """The call that starts the work, all of it."""
    module, place = run.modules.load(span.path, whole=True), (span.line, _byte_column(span))
    for node in walk(module.tree) if module is not None else ():
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) == place:
            end = node.func.end_lineno or 0, node.func.end_col_offset or 0
            tail = span.source.line(span.end_line)[: span.end_column - 1].encode()
            if end == (span.end_line, len(tail)):
                yield span.path, place, (node.end_lineno or 0, node.end_col_offset or 0)


def _mentions(tree: Tree, paths: tuple[str, ...], names: set[str]) -> dict[str, list[str]]:
    """The files that have each name among their bytes."""
    found: dict[str, list[str]] = {name: [] for name in sorted(names) if len(name) >= _SHORTEST}
    for path in paths if found else ():
        with suppress(Unreadable):
            for name in tree.of_file(_named, path, LARGEST, tuple(found)):
                found[name].append(path)
    return found


def _named(_path: str, data: bytes, names: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these names a file has as whole words."""
    literals = ((name, name.encode()) for name in names)
    return tuple(n for n, word in literals if word in data and re.search(rb"\b%s\b" % re.escape(word), data))


def _is_alone(run: Run, look: _Look, mentions: dict[str, list[str]]) -> bool:
    if not look.regions and not look.attribute:
        return False
    if look.within is not None:
        return not any(_is_mention(each, look) for each in walk(look.within))
    files = mentions.get(look.name)
    if files is None or len(files) > _MOST_FILES:
        return False
    for path in files:
        module = run.modules.load(path, whole=True)
        if module is None:
            return False
        if path != look.path and look.top and not _imports(module.tree, look.name):
            continue  # a name of its own
        told = replace(look, path=path, regions=[each for each in look.regions if each[0] == path])
        if look.attribute and any(_calls(module, each, look.attribute) for each in walk(module.tree)):
            return False
        if not look.attribute and any(_is_mention(each, told) for each in walk(module.tree)):
            return False
    return True


def _imports(tree: ast.Module, name: str) -> bool:
    """Whether a file may mean a function of another module by `name`: it imports it, everything, or says `module.name`."""
    imported: set[str] = set()
    asked = False
    for node in walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if any(alias.name in (name, "*") for alias in node.names):
                return True
            imported |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        asked = asked or (isinstance(node, ast.Constant) and isinstance(node.value, str) and name in node.value)
    if asked:
        return True
    roots = (_root(node) for node in walk(tree) if isinstance(node, ast.Attribute) and node.attr == name)
    return any(not isinstance(root, ast.Name) or root.id in imported for root in roots)


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _is_mention(node: ast.AST, look: _Look) -> bool:
    """Whether a node names the function anywhere but where it is started."""
    name = look.name
    if isinstance(node, ast.ImportFrom):
        return any(alias.name == name and alias.asname is not None for alias in node.names)
    if isinstance(node, ast.Name):
        named = node.id == name
    elif isinstance(node, ast.Attribute):
        named = node.attr == name
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        named = re.split(r"[.:]", node.value)[-1] == name
    else:
        return False
    if not named:
        return False
    start = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    return not any(path == look.path and first <= start < last for path, first, last in look.regions)


def _calls(module: Loaded, node: ast.AST, attribute: str) -> bool:
    """Whether a node is `thing.run` for a thing that is no imported module."""
    if not isinstance(node, ast.Attribute) or node.attr != attribute:
        return False
    owner = node.value
    bound = module.names.get(owner.id, ()) if isinstance(owner, ast.Name) else ()
    return not bound or any(binding.kind != "import" for binding in bound)


def _is_command(run: Run, tree: Tree, paths: tuple[str, ...], span: Span) -> bool:
    """Whether a place is in `handle()` of a command that nothing in the project calls, and in nothing that may be open."""
    module = run.modules.load(span.path, whole=True) if COMMANDS in f"/{span.path}" else None
    place = span.line, _byte_column(span)
    for node in walk(module.tree) if module is not None else ():
        if (getattr(node, "lineno", 0), getattr(node, "col_offset", -1)) != place or not isinstance(
            node, (ast.stmt, ast.Call)
        ):
            continue
        around = _around(module.tree, node) if module is not None else []
        function = next((index for index, each in enumerate(around) if isinstance(each, _FUNCTIONS)), None)
        if function is None or any(isinstance(each, _OPEN) and not _counts(each) for each in around[:function]):
            return False
        method, owner = around[function], around[function + 1 :]
        plain = isinstance(method, ast.FunctionDef) and method.name == _HANDLE and not method.decorator_list
        own = len(owner) == 1 and isinstance(owner[0], ast.ClassDef) and owner[0].name == "Command"
        return plain and own and not _is_called(tree, paths, span.path)
    return False


def _counts(node: ast.AST) -> bool:
    """Whether a loop goes over numbers, which hold nothing open."""
    over = node.iter if isinstance(node, ast.For) else None
    return isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.func.id == "range"


def _is_called(tree: Tree, paths: tuple[str, ...], command: str) -> bool:
    """Whether some file has the name of the command as a text: `call_command("listen")`."""
    stem = command.rpartition("/")[2].removesuffix(".py").encode()
    texts = (b'"%s"' % stem, b"'%s'" % stem)
    return any(tree.holds(path, text, LARGEST) for path in paths for text in texts)
