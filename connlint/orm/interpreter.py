"""Runs functions of the project on types of things instead of things, to see what they do to connections.

Nothing is executed. Calls are followed as far as `MOST_DEPTH` and the budget of calls allow; each function is run once
for the same arguments.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from typing import Final

from connlint.orm import values
from connlint.orm.effects import NOTHING, Effect, Hop, Left, Place, used
from connlint.orm.frame import Frame
from connlint.orm.kinds import Kind
from connlint.orm.loaded import Binding, Function, Loaded
from connlint.orm.modules import Modules
from connlint.orm.values import (
    NONE,
    UNKNOWN,
    Called,
    Class,
    Constant,
    External,
    Func,
    Instance,
    Items,
    Later,
    Many,
    Module,
    Partial,
    Query,
    Thing,
    Wrapped,
    join,
)
from connlint.orm.walking import walk
from connlint.records import dataclass, field

MOST_DEPTH: Final = 9  # calls deep: 98 % of the labelled violations reach the ORM within two, closes sit up to six away
MOST_REEXPORTS: Final = 10
MOST_CALLS: Final = 60_000
CALLABLE: Final = (Func, Partial, Wrapped, values.Managed, values.Inherited)
_PARAMETERS_KEPT: Final = 3  # depth of a scan into helpers that are given callables


@dataclass(frozen=True, slots=True)
class Start:
    """A call that starts work, as it was met."""

    kind: Kind
    place: Place
    target: Thing
    arguments: tuple[Thing, ...]
    keywords: tuple[tuple[str, Thing], ...]
    api: str
    given_at: tuple[Hop, ...] = ()  # the calls that handed the callable down
    parent: Frame | None = None  # the function that starts it
    left: Left = Left.ALONE  # how what was looked through before had left the connection


@dataclass(frozen=True, slots=True)
class Loop:
    """A `while` loop that was met, and what one round does."""

    place: Place
    effect: Effect
    waits: bool  # it goes on until somebody stops it, and waits between its rounds


@dataclass(slots=True, eq=False)
class Run:
    """The state of one analysis: what is known so far, and how much was done."""

    modules: Modules
    starting: frozenset[str] = frozenset()  # the modules that passed the sieve
    managed: frozenset[str] = frozenset()  # functions that are declared to close what they use
    database_cache: bool = False
    database_caches: bool = False  # every one of them
    database_sessions: bool = False
    bases: dict[Class, tuple[Thing, ...]] = field(default_factory=dict)
    lineages: dict[Class, tuple[Class | External, ...]] = field(default_factory=dict)
    assigned: dict[tuple[Class, str], Thing] = field(default_factory=dict)
    names: dict[tuple[str, str], Thing] = field(default_factory=dict)
    outcomes: dict[tuple[object, ...], tuple[Thing, Effect]] = field(default_factory=dict)
    decorations: dict[tuple[Func, frozenset[str]], Thing] = field(default_factory=dict)
    frames: dict[str, Frame] = field(default_factory=dict)
    starts: dict[tuple[Place, Thing], Start] = field(default_factory=dict)
    loops: dict[Place, Loop] = field(default_factory=dict)
    current: Frame = field(default_factory=lambda: Frame(""))
    running: set[tuple[object, ...]] = field(default_factory=set)
    depth: int = 0
    calls: int = 0
    constructed: dict[Class, list[tuple[tuple[Thing, ...], tuple[tuple[str, Thing], ...]]]] = field(
        default_factory=dict
    )
    helpers: dict[str, None] = field(default_factory=dict)  # functions that start what they are given
    awaited: dict[Place, str] = field(default_factory=dict)  # queries in asynchronous functions that Django refuses
    registries: dict[str, tuple[Thing, ...]] = field(default_factory=dict)  # receivers and back ends, once looked for
    closing: bool = True  # some file of the project may close a connection
    strict: bool = False  # only what queries counts, not the promise of a query
    satisfied: bool = False  # the use that was looked for is found, and nothing in the project could close after it
    thread_targets: list[tuple[Thing, tuple[Thing, ...], tuple[tuple[str, Thing], ...]]] = field(default_factory=list)
    at: Place | None = None  # the expression being looked at, for what an attribute of it does
    blocks: dict[tuple[str, int, int], ast.FunctionDef] = field(default_factory=dict)  # children of forks
    watch: Place | None = None  # the start of work whose moment is looked for, and
    watched: Left | None = None  # how the connection is then
    spawning: bool = False  # the project has new processes started afresh instead of forked
    forking: frozenset[str] = frozenset()  # the modules that may call os.fork()

    # scopes and names

    def module_frame(self, path: str) -> Frame:
        frame = self.frames.get(path)
        if frame is None:
            frame = self.frames[path] = Frame(path, scan=True)
        return frame

    def scope(self, of: Class) -> Frame:
        """The scope in which a class statement is read."""
        return of.scope or self.module_frame(of.path)

    def name(self, name: str, frame: Frame) -> Thing:
        """What a name is in a scope."""
        found = frame.lookup(name)
        return found if found is not None else self.module_name(frame.path, name)

    def module_name(self, path: str, name: str) -> Thing:
        """What a name is at the top level of a module: by all the statements that bind it, else a builtin."""
        key = (path, name)
        if key not in self.names:
            self.names[key] = UNKNOWN  # while it is being found out
            self.names[key] = self._module_name(path, name)
        return self.names[key]

    def _module_name(self, path: str, name: str) -> Thing:
        module = self.modules.load(path)
        if module is None:
            return UNKNOWN
        bound = module.names.get(name)
        if bound:
            frame = self.module_frame(path)
            found = join(self.binding_value(binding, frame, path) for binding in bound)
            return found if found not in (UNKNOWN, NONE) else self._global(module, name, found)
        for star, level in module.stars:
            dotted = self.modules.absolute(module, star, level)
            target = self.modules.find(dotted, path) if dotted else None
            if target:
                found = self.module_name(target, name)
                if found != UNKNOWN and not (isinstance(found, External) and found.name.startswith("builtins.")):
                    return found
            elif dotted and target is None and dotted.startswith(("django.", "rest_framework")) and name[:1].isupper():
                return External(f"{dotted}.{name}")
        return External(f"builtins.{name}") if hasattr(builtins, name) else UNKNOWN

    def _global(self, module: Loaded, name: str, otherwise: Thing) -> Thing:
        """What functions assign to a module's name that they declare `global`."""
        whole = self.modules.load(module.path, whole=True) if module.has_globals else None
        for function in whole.tree.body if whole is not None else ():
            if isinstance(function, ast.FunctionDef):
                for node in walk(function):
                    if isinstance(node, ast.Global) and name in node.names:
                        for statement in walk(function):
                            if isinstance(statement, ast.Assign) and any(
                                isinstance(t, ast.Name) and t.id == name for t in statement.targets
                            ):
                                return self.quietly(statement.value, self.module_frame(module.path))
        return otherwise

    def binding_value(self, binding: Binding, frame: Frame, path: str) -> Thing:
        """What one binding statement gives its name."""
        from connlint.orm import expressions, wrapping

        node = binding.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.decorated(Func(path, node.lineno, node.col_offset, node.name), node, set())
        if isinstance(node, ast.ClassDef):
            return Class(path, node.lineno, node.col_offset, node.name)
        if binding.kind == "import":
            return self.import_module(binding.module, path)
        if binding.kind == "from":
            return self.import_from(path, binding.module, binding.index or 0, binding.name)
        if not isinstance(node, ast.expr):
            return UNKNOWN
        if binding.kind == "annotation":
            return expressions.annotated(self, node, frame)
        found = self.quietly(node, frame)
        if binding.kind == "element":
            found = expressions.element(found)
        elif binding.kind == "entered":
            found = wrapping.entered(self, found)
        return found if binding.index is None else expressions.item(found, binding.index)

    def import_module(self, name: str, path: str) -> Thing:
        found = self.modules.find(name, path)
        return External(name) if found is None else Module(name, found)

    def import_from(self, path: str, name: str, level: int, item: str) -> Thing:
        """`from name import item` in the module at `path`."""
        module = self.modules.load(path)
        dotted = self.modules.absolute(module, name, level) if module else None
        if dotted is None:
            return UNKNOWN
        found = self.modules.find(dotted, path)
        if found is None:
            return External(f"{dotted}.{item}")
        return self.module_attribute(Module(dotted, found), item, path)

    def resolved(self, thing: Thing) -> Thing:
        """The thing itself, of a name that was left for later."""
        if isinstance(thing, Many):
            return join([self.resolved(each) for each in thing.values]) if _holds_later(thing) else thing
        if not isinstance(thing, Later):
            return thing
        from connlint.orm import expressions

        for _ in range(MOST_REEXPORTS):
            if not isinstance(thing, Later):
                return thing
            found = self._named(thing.module, thing.name)
            for attribute in thing.attributes:
                found = expressions.attribute(self, self.resolved(found), attribute, Frame(thing.module.path), None)
            thing = found
        return UNKNOWN

    def module_attribute(self, module: Module, name: str, asking: str) -> Thing:
        """What `module.name` is; left for later where the module starts nothing and was not needed so far."""
        if module.path and module.path not in self.starting and not self.modules.was_loaded(module.path):
            inner = self.modules.find(f"{module.name}.{name}", module.path)
            return Later(module, name) if inner is None else Module(f"{module.name}.{name}", inner)
        return self._named(module, name, asking)

    def _named(self, module: Module, name: str, asking: str = "") -> Thing:
        if module.path:
            loaded = self.modules.load(module.path)
            if loaded is not None and (name in loaded.names or loaded.stars):
                found = self.module_name(module.path, name)
                if found != UNKNOWN or name in loaded.names:
                    return found
        inner = self.modules.find(f"{module.name}.{name}", module.path or asking)
        return UNKNOWN if inner is None else Module(f"{module.name}.{name}", inner)

    # running

    def quietly(self, node: ast.expr, frame: Frame) -> Thing:
        """What an expression is; what it does is left out."""
        from connlint.orm import expressions

        outer, self.current = self.current, frame
        before = frame.effect
        try:
            return expressions.evaluate(self, node, frame)
        finally:
            frame.effect = before
            self.current = outer

    def decorated(self, function: Func, node: ast.FunctionDef | ast.AsyncFunctionDef, skip: set[str]) -> Thing:
        """A function with its decorators applied."""
        if not node.decorator_list:
            return function
        key = (function, frozenset(skip))
        if key in self.decorations:
            return self.decorations[key]
        self.decorations[key] = function
        from connlint.orm import wrapping

        thing: Thing = function
        frame = function.scope or self.module_frame(function.path)
        for decorator in reversed(node.decorator_list):
            word = ast.unparse(decorator).partition("(")[0].rpartition(".")[2] if skip else ""
            if word not in skip:
                thing = wrapping.decorate(self, self.quietly(decorator, frame), thing, frame, decorator)
        self.decorations[key] = thing
        return thing

    def property_value(self, function: Thing) -> Thing:
        from connlint.orm import calls

        frame = self.current
        if not isinstance(function, Func):
            return UNKNOWN
        return Called(function) if frame.scan else calls.call(self, function, (), (), frame, self.at)

    def relation(self, of: Class, name: str, to: Thing) -> Thing:
        """The instance behind a relation of a model: loading it is a query."""
        if not self.current.scan and self.at is not None:
            self.current.emit(used(self.at, f"loads {of.name}.{name}"))
        return Instance(to) if isinstance(to, (Class, External)) else UNKNOWN

    def assigned_in(
        self, statement: ast.Assign | ast.AnnAssign, function: Function, within: Class, instance: Instance
    ) -> Thing:
        """What a statement of a method assigns."""
        from connlint.orm import calls, expressions
        from connlint.orm.loaded import bindings_of

        frame = Frame(within.path, parent=within.scope, owner=within, scan=True)
        passed: tuple[tuple[Thing, ...], tuple[tuple[str, Thing], ...]] = ((), ())
        if isinstance(instance.of, Class) and getattr(function, "name", "") == "__init__":
            passed = calls.passed_to(self, instance.of)
        calls.bind_parameters(self, function, frame, *passed, instance)
        value = statement.value
        if value is None or (isinstance(statement, ast.AnnAssign) and isinstance(value, ast.Constant)):
            return (
                expressions.annotated(self, statement.annotation, frame)
                if isinstance(statement, ast.AnnAssign)
                else UNKNOWN
            )
        if isinstance(value, ast.Name) and isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            local = bindings_of(function.body)[0].get(value.id)
            if local:
                return join(self.binding_value(binding, frame, within.path) for binding in local)
        return self.quietly(value, frame)

    def remember(self, path: str, node: ast.Lambda) -> None:
        """Where a lambda is, which is not found among the statements."""
        module = self.modules.load(path)
        if module is not None:
            module.remember(node)

    def node_of(self, function: Func) -> Function | None:
        if self.blocks and (block := self.blocks.get((function.path, function.line, function.column))) is not None:
            return block
        module = self.modules.load(function.path)
        node = module.definition(function.line, function.column) if module else None
        return None if isinstance(node, ast.ClassDef) else node

    def start(self, start: Start) -> None:
        """Remember where work starts; a place with a known callable needs no unknown one."""
        key = (start.place, start.target)
        if key not in self.starts:
            self.starts[key] = start

    def place(self, path: str, node: ast.AST) -> Place:
        """Where a node is; of a call what is called, of a class or a loop its first word: what fits on a line."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        if isinstance(node, (ast.For, ast.AsyncFor, ast.FunctionDef)):
            return Place(path, line, column, line, column + 3)
        if isinstance(node, (ast.While, ast.ClassDef)):
            return Place(path, line, column, line, column + 5)
        if isinstance(node, ast.Call):
            node = node.func
        end = getattr(node, "end_lineno", None) or line
        return Place(path, line, column, end, getattr(node, "end_col_offset", None) or column)

    def placed(self, path: str, at: ast.AST | Place) -> Place:
        return at if isinstance(at, Place) else self.place(path, at)

    def outcome(self, key: tuple[object, ...], work: Callable[[], tuple[Thing, Effect]]) -> tuple[Thing, Effect]:
        """The result of running a function for some arguments; nothing for one that is being run already."""
        known = self.outcomes.get(key)
        if known is not None:
            return known
        if self.satisfied or key in self.running or self.depth >= MOST_DEPTH or self.calls >= MOST_CALLS:
            return UNKNOWN, NOTHING
        self.calls += 1
        self.running.add(key)
        self.depth += 1
        outer = self.current
        try:
            found = work()
        except RecursionError:
            found = UNKNOWN, NOTHING
        finally:
            self.depth -= 1
            self.running.discard(key)
            self.current = outer
        if not self.satisfied or found[1].left is Left.OPEN:
            self.outcomes[key] = found
        return found


def _holds_later(thing: Many) -> bool:
    return any(isinstance(each, Later) for each in thing.values)


def callables(things: Iterable[Thing]) -> bool:
    """Whether something that can be called is among these."""
    return any(isinstance(each, CALLABLE) for thing in things for each in values.alternatives(thing))


__all__ = ["CALLABLE", "Constant", "Items", "Loop", "Many", "Query", "Run", "Start", "callables"]
