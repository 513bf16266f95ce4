"""Calls of what is outside of the project: starts of work, closes, uses, and builtins that pass things on."""

from __future__ import annotations

import ast

from connlint.orm import apis, classes, forks, queries, registries, values
from connlint.orm.apis import Starter
from connlint.orm.effects import NOTHING, Effect, Place, closed, used
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, Run, Start
from connlint.orm.kinds import Kind
from connlint.orm.values import (
    UNKNOWN,
    Called,
    Class,
    Constant,
    External,
    Inherited,
    Instance,
    Items,
    Managed,
    Partial,
    Query,
    Thing,
    Wrapped,
)

Arguments = tuple[Thing, ...]
Keywords = tuple[tuple[str, Thing], ...]


def call_external(
    run: Run,
    function: External | Inherited,
    arguments: Arguments,
    keywords: Keywords,
    frame: Frame,
    at: ast.AST | Place | None,
) -> Thing:
    """Call something outside of the project; methods that an object of the project inherits are tried in their order."""
    from connlint.orm import calls

    names = (function.name,) if isinstance(function, External) else function.names
    node = at if isinstance(at, ast.AST) else None
    for name in names:
        if name.startswith("builtins."):
            found = _builtin(run, name, arguments, frame, at)
            if found is not None:
                return found
            continue
        starter = apis.starter(name)
        if starter is not None and (not starter.decorator or name == apis.FREE):
            _start(run, starter, name, arguments, keywords, frame, at)
        if isinstance(function, Inherited) and name.endswith("().__init__"):
            started_by_class(run, function.instance, arguments, keywords, frame, at)
        if name in ("threading.Thread().run", "threading.Thread().start") and run.thread_targets and not frame.scan:
            target, given, named = run.thread_targets[-1]
            if name.endswith("run"):
                calls.call(run, target, given, named, frame, at)
            return UNKNOWN
        if not frame.scan and (name in apis.SIGNALS or name in apis.MAIL or name in apis.SENT):
            registries.run_registered(run, name, frame, at)
        if run.watched is not None and name.endswith((").start", ").fork")):
            run.watched = frame.last  # the process that was made before is forked now
        if name == forks.FORK and run.watch is not None and at is not None and not frame.scan:
            run.watched = frame.last if run.watch == run.placed(frame.path, at) else run.watched
        effect = _effect(run, name, frame, at)
        if effect != NOTHING:
            frame.emit(effect)
            break
        made = _made(run, name, arguments, keywords)
        if made is not None:
            return made
        if name == "django.db.transaction.on_commit" and arguments:
            calls.call(run, arguments[0], (), (), frame, at)
            return UNKNOWN
        if name == "django.core.management.call_command":
            _command(run, arguments, frame, at)
            return UNKNOWN
        decorated = _as_decorator(name, arguments, keywords)
        if decorated is not None:
            if isinstance(decorated, Managed) and decorated.by == "":
                _start(run, Starter(Kind.TO_THREAD, 0), name, arguments[:1], (), frame, at)
            return decorated
    if isinstance(function, Inherited):
        queries.inherited_call(run, function, frame, node)
        return UNKNOWN
    if function.name == "django.contrib.auth.get_user_model":
        return External("django.contrib.auth.get_user_model()")
    if classes.is_model(run, function):
        return Instance(function)
    return values.external(f"{function.name}()")


def _made(run: Run, name: str, arguments: Arguments, keywords: Keywords) -> Thing | None:
    """What comes of a call that hands on what it is given, or of one that makes processes which are no forks."""
    if name in ("functools.partial", "functools.partialmethod") and arguments:
        return Partial(arguments[0], arguments[1:], keywords)
    if name in ("copy.copy", "copy.deepcopy", "typing.cast") and arguments:
        return arguments[-1]
    if name == "functools.wraps()" or name == "functools.update_wrapper":
        return arguments[0] if arguments else UNKNOWN
    if name == "contextlib.closing" and arguments and isinstance(arguments[0], External):
        return External(f"contextlib.closing({arguments[0].name})")
    named = dict(keywords)
    if name == "multiprocessing.get_context" and arguments and arguments[0] in forks.AFRESH:
        return forks.AFRESH_CONTEXT
    if name == "multiprocessing.set_start_method" and arguments and arguments[0] in forks.AFRESH:
        run.spawning = True
    if named.get("mp_context") == forks.AFRESH_CONTEXT or forks.closes_first(run, name, arguments, named):
        return UNKNOWN
    return None


def _effect(run: Run, name: str, frame: Frame, at: ast.AST | Place | None) -> Effect:
    if at is None:
        return NOTHING
    place = run.placed(frame.path, at)
    old = apis.closes(name)
    if old is not None:
        return closed(place, old=old)
    if frame.scan:
        return NOTHING
    if apis.uses(name) and not name.startswith("django.db.transaction.atomic"):
        return used(
            place, f"{name.rpartition('.')[2].removesuffix('()')}()" if "cursor" not in name else "connection.cursor()"
        )
    word = name.removeprefix("django.core.cache.").removeprefix("django.contrib.auth.")
    if apis.cache_uses(name, run.database_cache, run.database_caches):
        return used(place, f"{word}() (the cache is a table)")
    if apis.session_uses(name, run.database_sessions):
        return used(place, f"{word.rpartition('().')[2]}() (sessions are in a table)")
    return NOTHING


def within(run: Run, name: str, frame: Frame, at: ast.AST | Place) -> Effect:
    """What entering an external context manager does."""
    place = run.placed(frame.path, at)
    if name in apis.ATOMIC:
        return used(place, "transaction.atomic()")
    return NOTHING


def decorated(run: Run, name: str, thing: Thing, frame: Frame, node: ast.AST) -> Thing | None:
    """What an external decorator makes of a function; None: nothing that matters here."""
    if name in apis.MANAGED_DECORATORS:
        return Managed(thing, name)
    if name == apis.FREE:
        _start(run, Starter(Kind.TO_THREAD, 0), name, (thing,), (), frame, node)
        return Managed(thing, name)
    starter = apis.starter(name)
    if starter is not None and starter.decorator:
        _start(run, starter, name, (thing,), (), frame, node)
        return None
    if name in ("asgiref.sync.sync_to_async", "asgiref.sync.sync_to_async()"):
        return Managed(thing, name)
    if name in apis.ATOMIC:
        return Wrapped(External(name), thing)
    return None


def _as_decorator(name: str, arguments: Arguments, keywords: Keywords) -> Thing | None:
    """A call that wraps a callable where it is used: `database_sync_to_async(f)`, `sync_to_async(f)`."""
    if name in apis.MANAGED_DECORATORS and arguments:
        return Managed(arguments[0], name)
    if name in ("asgiref.sync.sync_to_async", "asgiref.sync.SyncToAsync") and arguments:
        free = dict(keywords).get("thread_sensitive") == Constant(False)
        return Managed(arguments[0], "" if free else name)
    if name == apis.FREE and arguments:
        return Managed(arguments[0], name)
    if name == "asgiref.sync.sync_to_async" and dict(keywords).get("thread_sensitive") == Constant(False):
        return External(apis.FREE)
    return None


def _builtin(run: Run, name: str, arguments: Arguments, frame: Frame, at: ast.AST | Place | None) -> Thing | None:
    from connlint.orm import calls, expressions

    last = name.partition(".")[2]
    if at is not None and not frame.scan:
        found = queries.builtin_call(run, name, arguments, frame, at)
        if found is not None:
            return found
    if last == "getattr" and len(arguments) >= 2:
        keys = [key.value for key in values.alternatives(arguments[1]) if isinstance(key, Constant)]
        node = at if isinstance(at, ast.AST) else None
        return values.join(
            expressions.attribute(run, arguments[0], key, frame, node) for key in keys if isinstance(key, str)
        )
    if last in ("map", "filter") and len(arguments) >= 2 and not frame.scan:
        calls.call(run, arguments[0], (expressions.element(arguments[1]),), (), frame, at)
    if last == "type" and len(arguments) == 1 and isinstance(arguments[0], Instance):
        return arguments[0].of
    if last == "next" and arguments:
        return expressions.element(arguments[0])
    return UNKNOWN if not last.endswith("()") else None


def _command(run: Run, arguments: Arguments, frame: Frame, at: ast.AST | Place | None) -> None:
    """`call_command(name)`: the project's command of this name is run; of others most use the database."""
    if not arguments or not isinstance(arguments[0], Constant) or not isinstance(arguments[0].value, str) or frame.scan:
        return
    from connlint.orm import calls

    name = arguments[0].value
    path = run.modules.command(name)
    if path is not None:
        of = run.module_name(path, "Command")
        if isinstance(of, Class):
            handle = classes.attribute(run, Instance(of), "handle")
            calls.call(run, handle, (), (), frame, at)
    elif apis.command_uses(name) and at is not None:
        place = run.placed(frame.path, at)
        frame.emit(used(place, f"call_command({name!r})"))


# starts of work


def _start(
    run: Run,
    starter: Starter,
    name: str,
    arguments: Arguments,
    keywords: Keywords,
    frame: Frame,
    at: ast.AST | Place | None,
) -> None:
    named = dict(keywords)
    target = named.get(starter.keyword) if starter.keyword else None
    if target is None and starter.position is not None and len(arguments) > starter.position:
        target = arguments[starter.position]
    if target is None or target == values.NONE or at is None:
        return
    from connlint.orm import calls

    if isinstance(target, Called):
        target = calls.returned(run, target)
    if starter.kind is Kind.SCHEDULER and isinstance(target, Constant) and isinstance(target.value, str):
        target = _named(run, target.value, frame.path)
    given: Arguments = ()
    passed: Keywords = ()
    if starter.arguments is not None:
        held = named.get("args") or (arguments[starter.arguments] if len(arguments) > starter.arguments else None)
        more = named.get("kwargs") or named.get("kwds")
        if isinstance(more, Items):
            passed = tuple((key, value) for key, value in zip(more.keys, more.values, strict=False) if key)
        if isinstance(held, Items) and not held.keys:
            given = held.values
        elif held is not None:
            passed = (*passed, calls.ANYHOW)
        if more is not None and not (isinstance(more, Items) and all(more.keys)):
            passed = (*passed, calls.ANYHOW)
    elif name.endswith(("map", "imap", "imap_unordered", "map_async", "starmap", "starmap_async")):
        from connlint.orm import expressions

        after = arguments[(starter.position or 0) + 1 :]
        given = tuple(expressions.element(each) for each in after[:1])
        if "starmap" in name and given and isinstance(given[0], Items):
            given = given[0].values
    else:
        given = arguments[(starter.position or 0) + 1 :]
        passed = tuple((key, value) for key, value in keywords if key != starter.keyword)
    kind = starter.kind
    if name.endswith(".run_in_executor") and arguments and isinstance(arguments[0], External):
        kind = Kind.PROCESS_POOL if "ProcessPool" in arguments[0].name else kind
    if name.endswith("deferToThreadPool") and not _is_twisted(arguments[1:2]):
        return  # a pool of the project's own may close what its threads use
    place = run.placed(frame.path, at)
    if run.watch == place and not frame.scan:
        run.watched = frame.last
    for each in values.alternatives(target):
        run.start(Start(kind, place, each, given, passed, name, frame.chain, frame, frame.last))


def _named(run: Run, text: str, asking: str) -> Thing:
    """The function that APScheduler finds by the text `module:name`."""
    module, _, name = text.partition(":")
    file = run.modules.find(module, asking) if name.isidentifier() else None
    return run.resolved(run.module_name(file, name)) if file else UNKNOWN


def _is_twisted(pool: Arguments) -> bool:
    return any(
        isinstance(each, External) and each.name.endswith((".getThreadPool()", ".ThreadPool()")) for each in pool
    )


def from_consumer(
    run: Run, managed: Managed, arguments: Arguments, keywords: Keywords, frame: Frame, at: ast.AST
) -> None:
    """What a consumer has `sync_to_async` run: no request ends there, in whose thread Django would close."""
    if managed.by.startswith("asgiref.") and is_consumers(run, frame):
        starter = Starter(Kind.CONSUMER, 0)
        _start(run, starter, managed.by, (managed.function, *arguments), keywords, frame, at)


def is_consumers(run: Run, frame: Frame) -> bool:
    """Whether a method of an asynchronous consumer runs."""
    if frame.owner is None or not frame.asynchronous:
        return False
    return any(isinstance(each, External) and apis.is_consumer(each.name) for each in classes.lineage(run, frame.owner))


def started_by_class(
    run: Run, instance: Instance, arguments: Arguments, keywords: Keywords, frame: Frame, at: ast.AST | Place | None
) -> None:
    """A thread class of the project that is given a target: its own `run` is what runs the target."""
    if not isinstance(instance.of, Class) or not (arguments or keywords):
        return
    for each in classes.lineage(run, instance.of):
        if isinstance(each, External):
            starter = apis.starter(each.name)
            if starter is not None and any(key == starter.keyword for key, _ in keywords):
                method = classes.attribute(run, instance, "run")
                if isinstance(method, CALLABLE):
                    named = dict(keywords)
                    target, held = named[starter.keyword], named.get("args")
                    given = held.values if isinstance(held, Items) else ()
                    wrapped = Partial(External("connlint.thread"), (method, target, Items(given)), ())
                    _start(run, starter, each.name, (), ((starter.keyword, wrapped),), frame, at)
                else:
                    _start(run, starter, each.name, arguments, keywords, frame, at)
                return


__all__ = ["Query", "call_external", "decorated", "started_by_class", "within"]
