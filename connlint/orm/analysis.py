"""The analysis of a project's code: from its files to where work starts, what it reaches and what covers it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

from connlint.orm import callers, calls, classes, forks, loading, queries, registries, scanning, sessions, statements
from connlint.orm.effects import NOTHING, Effect, Left, Place
from connlint.orm.facts import Closing, CodeFacts, CommandLoop, ImportQuery, SignalClose, Step, WorkStart
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, Run, Start
from connlint.orm.kinds import Kind
from connlint.orm.loaded import statements_of
from connlint.orm.modules import Modules
from connlint.orm.places import Spans
from connlint.orm.sieve import COMMANDS, LARGEST, is_test, python_files, sieve
from connlint.orm.values import (
    UNKNOWN,
    Class,
    External,
    Func,
    Instance,
    Items,
    Managed,
    Partial,
    QueryMethod,
    Thing,
)
from connlint.orm.walking import walk
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass

SHORTEST_NAME: Final = 6  # of a helper that is looked for by its name
MOST_HELPERS: Final = 24
MOST_USERS: Final = 120


@dataclass(frozen=True, slots=True)
class Settings:
    """What the project's settings say that decides what reaches the database."""

    managed_runners: tuple[str, ...] = ()
    database_cache: bool = False  # the default cache is a table of the database
    database_caches: bool = False  # every cache is
    database_sessions: bool = False


def analyse(
    tree: Tree,
    python_roots: Iterable[str] = ("",),
    settings: Settings | None = None,
    excluded: Callable[[str], bool] | None = None,
) -> CodeFacts:
    """Find the work that starts outside of requests; nothing of the project is imported or run.

    `python_roots`: the folders, relative to the tree's root, that imports start from.
    """
    chosen = settings or Settings()
    paths = tuple(path for path in python_files(tree) if excluded is None or not excluded(path))
    run = Run(
        Modules(tree, python_roots, paths),
        managed=frozenset(chosen.managed_runners),
        database_cache=chosen.database_cache,
        database_caches=chosen.database_caches,
        database_sessions=chosen.database_sessions,
    )
    sieved = tree.recall(sieve, paths)
    run.closing = sieved.closing or bool(chosen.managed_runners)
    found = sieved.starting
    run.starting = frozenset(found)
    run.modules.registering = sieved.registering
    run.forking = frozenset(sieved.forking)
    for path in (*found, *sieved.testing):
        scanning.scan(run, path)
    for path in _users(tree, paths, run, frozenset(found)):
        scanning.scan(run, path)
    spans = Spans(tree)
    run.assigned.clear()  # by now it is known what constructors are given
    starts = tuple(_worked(run, spans))
    loops = tuple(_loops(run, [path for path in found if COMMANDS in f"/{path}"], spans))
    imports = tuple(
        ImportQuery(where, spans.steps(effect.use), effect.left is Left.OPEN)
        for where, effect in loading.queries(run, sieved.loading)
    )
    closing_signals = tuple(
        SignalClose(signal, spans.at(place), Closing(spans.at(close.place), close.old))
        for signal, place, close in (registries.closing_receivers(run) if sieved.signalled else ())
    )
    awaited = tuple(Step(spans.at(place), text) for place, text in run.awaited.items())
    return CodeFacts(
        starts=callers.alone(run, tree, paths, starts),
        loops=callers.in_command(run, tree, paths, loops),
        awaited=awaited,
        imports=imports,
        closes_after_fork=bool(imports) and _closes_after_fork(tree, paths),
        signals=closing_signals,
        sessions=tuple(sessions.states(tree, sieved.stating, spans)),
        unparsed=dict(run.modules.unparsed),
        files_parsed=len(run.modules.parsed),
        bytes_parsed=run.modules.parsed_bytes,
    )


def _closes_after_fork(tree: Tree, paths: tuple[str, ...]) -> bool:
    """Whether a module registers a function with uWSGI's `postfork` that closes connections."""
    for path in paths:
        with suppress(Unreadable):
            if tree.of_file(_closes_when_forked, path, LARGEST):
                return True
    return False


def _closes_when_forked(_path: str, data: bytes) -> bool:
    return b"postfork" in data and (b"connections.close_all()" in data or b"connection.close()" in data)


def _worked(run: Run, spans: Spans) -> Iterator[WorkStart]:
    """Each start with what its work does."""
    known = {start.place for start in run.starts.values() if _callable(start.target)}
    for start in list(run.starts.values()):
        if not _callable(start.target) and start.place in known:
            continue
        target = run.resolved(start.target)
        effect = NOTHING
        with suppress(RecursionError):  # nothing is claimed about what is nested that deep
            effect = _effect(run, start)
        covered = _covers(start.kind, effect)
        forked = start.kind.forks and bool(effect.use) and not covered
        state = forks.parent_state(run, start) if forked and not run.spawning else Left.ALONE
        covered = covered or (forked and (run.spawning or state is Left.CLOSED))
        place = _place(run, target)
        yield WorkStart(
            kind=start.kind,
            span=spans.at(start.place),
            target=_name(target),
            target_span=spans.at(place) if place else None,
            api=start.api,
            chain=spans.steps(effect.use),
            given_at=spans.steps(start.given_at),
            covered=covered,
            close=spans.closing(effect.close),
            hard=effect.hard,
            failing=spans.closing(effect.failing),
            parent_close=spans.closing(start.parent.closes if start.parent else None),
            parent_uses=forked and state is Left.OPEN,
            in_test=is_test(start.place.path),
        )


def _callable(target: Thing) -> bool:
    return isinstance(target, (Func, Partial)) or type(target).__name__ in (
        "Wrapped",
        "Managed",
        "Inherited",
        "QueryMethod",
        "Later",
    )


def _effect(run: Run, start: Start) -> Effect:
    """What running the target does."""
    frame = Frame(start.place.path)
    run.current = frame
    run.satisfied = False
    target = run.resolved(start.target)
    if isinstance(target, Managed):
        return NOTHING
    if isinstance(target, Partial) and target.function == External("connlint.thread"):
        method, inner, held = target.arguments
        given = held.values if isinstance(held, Items) else ()
        run.thread_targets.append((inner, given, ()))
        run.outcomes.clear()  # what `super().run()` does depends on the target
        try:
            return frame.apart(lambda: calls.call(run, method, (), (), frame, None))
        finally:
            run.thread_targets.pop()
            run.outcomes.clear()
    at = start.place if not isinstance(target, Func) else None
    given = tuple(calls.forced(run, each) for each in start.arguments)
    return frame.apart(lambda: calls.call(run, target, given, start.keywords, frame, at))


def _users(tree: Tree, paths: tuple[str, ...], run: Run, done: frozenset[str]) -> Iterator[str]:
    """The other modules that hand a callable to a function that starts what it is given."""
    for start in run.starts.values():
        frame = start.parent if _is_given(run, start) else None
        while frame is not None:  # a decorator is the function around the one that starts the work
            if frame.function:
                run.helpers[frame.function] = None
            frame = frame.parent
    names = [name for name in run.helpers if len(name) >= SHORTEST_NAME][:MOST_HELPERS]
    literals = tuple(form.encode() for name in names for form in (f"{name}(", f"@{name}\n"))
    found = 0
    for path in paths if literals else ():
        if path in done or is_test(path):
            continue
        try:
            held = tree.of_file(_holds_one, path, LARGEST, literals)
        except Unreadable:
            continue
        if held:
            found += 1
            if found > MOST_USERS:
                return
            yield path


def _holds_one(_path: str, data: bytes, literals: tuple[bytes, ...]) -> bool:
    return any(literal in data for literal in literals)


def _is_given(run: Run, start: Start) -> bool:
    """Whether what is started comes from outside of the function that starts it, as far as was seen."""
    if start.target == UNKNOWN:
        return True
    scope = start.target.scope if isinstance(start.target, Func) else None
    return scope is not None and calls.calls_parameter(run, scope)


def _covers(kind: Kind, effect: Effect) -> bool:
    if effect.left is Left.OPEN:
        return effect.starts_closed and (kind.reused or kind.forks)
    return effect.left is Left.CLOSED


def _name(target: Thing) -> str:
    if isinstance(target, Func):
        return target.name
    if isinstance(target, QueryMethod):
        return f"{queries.word(target.query.model)}.objects.{target.name}"
    if isinstance(target, External):
        return target.name.removeprefix("builtins.")
    if isinstance(target, Partial):
        return _name(target.arguments[0] if target.function == External("connlint.thread") else target.function)
    inner = getattr(target, "function", None)
    return _name(inner) if inner is not None else getattr(target, "name", "")


def _place(run: Run, target: Thing) -> Place | None:
    if isinstance(target, Func):
        node = run.node_of(target)
        if node is None:
            return None
        name = run.place(target.path, node)
        return Place(name.path, name.line, name.column, name.line, name.column + 3)
    if isinstance(target, Partial):
        return _place(run, target.arguments[0] if target.function == External("connlint.thread") else target.function)
    inner = getattr(target, "function", None)
    return _place(run, inner) if inner is not None else None


def _may_loop(run: Run, path: str) -> bool:
    """Whether a command has a loop that may be one to report, or speaks of what may have one: a consumer, a listener.

    To follow a command is to follow most of what it calls. A word of a comment or a text is no reason to.
    """
    module = run.modules.load(path, whole=True)
    if module is None or any(map(statements.may_go_on, statements_of(module.tree.body))):
        return module is not None
    return module.holds(b"consum", b"listen") and any(map(_speaks_of_messages, walk(module.tree)))


def _speaks_of_messages(node: ast.AST) -> bool:
    for part in ("id", "attr", "module"):
        name = getattr(node, part, None)
        if isinstance(name, str) and ("consum" in name.lower() or "listen" in name.lower()):
            return True
    return False


def _loops(run: Run, commands: list[str], spans: Spans) -> Iterator[CommandLoop]:
    """The endless loops that management commands run in their own thread."""
    for path in commands:
        if not _may_loop(run, path):
            continue
        of = run.module_name(path, "Command")
        if not isinstance(of, Class):
            continue
        frame = Frame(path)
        run.current = frame
        run.loops.clear()
        run.closing, run.satisfied = True, False  # a loop may come after a use that decides everything else
        handle = classes.attribute(run, Instance(of), "handle")
        if not isinstance(handle, CALLABLE):
            continue
        run.outcomes.clear()
        with suppress(RecursionError):
            calls.call(run, handle, (), (calls.ANYHOW,), frame, None)
        for loop in list(run.loops.values()):
            if loop.waits and loop.effect.left is Left.OPEN and loop.effect.close is None:
                name = path.rpartition("/")[2].removesuffix(".py")
                yield CommandLoop(
                    spans.at(loop.place), name, spans.steps(loop.effect.use), spans.closing(loop.effect.failing)
                )


__all__ = ["Settings", "analyse"]
