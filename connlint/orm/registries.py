"""Code that runs because it was registered: receivers of a signal, the e-mail back end of the settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from connlint.orm import apis, calls, classes
from connlint.orm.effects import Close, Place
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, Run
from connlint.orm.sieve import is_test
from connlint.orm.values import UNKNOWN, Class, Func, Instance, Thing
from connlint.orm.walking import walk

_BACKEND: Final = re.compile(rb"EMAIL_BACKEND\b[^\n]{0,40}?[\"']([A-Za-z_][\w.]*\.[A-Za-z_]\w*)[\"']")
MOST_FILES: Final = 20


def run_registered(run: Run, name: str, frame: Frame, at: ast.AST | Place | None) -> None:
    """Run what a call of the external `name` runs in the end."""
    if name in apis.MAIL:
        for each in registered(run, "EMAIL_BACKEND"):
            calls.call(run, each, (), (calls.ANYHOW,), frame, at)
        return
    signal = apis.SENT.get(name) or _signal_name(at)
    for each in registered(run, signal) if signal else ():
        calls.call(run, each, (), (calls.ANYHOW,), frame, at)


def registered(run: Run, name: str) -> tuple[Thing, ...]:
    """What was registered under a name, looked for once."""
    if name not in run.registries:
        run.registries[name] = ()
        found = _backends(run) if name == "EMAIL_BACKEND" else _receivers(run, name)
        run.registries[name] = tuple(dict.fromkeys(found))
    return run.registries[name]


def _signal_name(at: ast.AST | Place | None) -> str:
    """The name of the signal in `signal.send(...)`."""
    if isinstance(at, ast.Call) and isinstance(at.func, ast.Attribute):
        owner = at.func.value
        return owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return ""


def _backends(run: Run) -> Iterator[Thing]:
    """`send_messages` of each e-mail back end of the project that some file sets."""
    for path in run.modules.holding(b"EMAIL_BACKEND", MOST_FILES):
        backends: tuple[str, ...] = () if is_test(path) else run.modules.ask(_set_backends, path, ())
        for backend in backends:
            module, _, name = backend.rpartition(".")
            file = run.modules.find(module, path)
            of = run.resolved(run.module_name(file, name)) if file else UNKNOWN
            if isinstance(of, Class):
                method = classes.attribute(run, Instance(of), "send_messages")
                if isinstance(method, CALLABLE):
                    yield method


def _set_backends(_path: str, data: bytes) -> tuple[str, ...]:
    return tuple(match[1].decode() for match in _BACKEND.finditer(data))


def _receivers(run: Run, signal: str) -> Iterator[Thing]:
    """The functions connected to a signal, by `signal.connect(f)` or `@receiver(signal)`."""
    for literal in (f"{signal}.connect", f"receiver({signal}", f"receiver([{signal}"):
        for path in run.modules.holding(literal.encode(), MOST_FILES):
            module = run.modules.load(path, whole=True) if not is_test(path) else None
            for node in walk(module.tree) if module else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "connect":
                    if node.args and ast.unparse(node.func.value).rpartition(".")[2] == signal:
                        found = run.resolved(run.quietly(node.args[0], run.module_frame(path)))
                        if isinstance(found, CALLABLE):
                            yield found
                elif isinstance(node, ast.FunctionDef) and any(_receives(each, signal) for each in node.decorator_list):
                    yield Func(path, node.lineno, node.col_offset, node.name)


def closing_receivers(run: Run) -> Iterator[tuple[str, Place, Close]]:
    """The receivers of `task_prerun` and `task_postrun` that close connections and do not ask whether the task is eager."""
    for signal in ("task_prerun", "task_postrun"):
        for each in registered(run, signal):
            node = run.node_of(each) if isinstance(each, Func) else None
            if node is None or not isinstance(each, Func) or "eager" in ast.unparse(node).lower():
                continue
            frame = Frame(each.path)
            run.current, run.satisfied = frame, False
            calls.call(run, each, (), (calls.ANYHOW,), frame, None)
            if frame.closes is not None:
                yield signal, run.place(each.path, node), frame.closes


def _receives(decorator: ast.expr, signal: str) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(function, ast.Attribute) and function.attr == "connect":
        return ast.unparse(function.value).rpartition(".")[2] == signal
    if not isinstance(decorator, ast.Call) or not decorator.args:
        return False
    first = decorator.args[0]
    listed = first.elts if isinstance(first, (ast.List, ast.Tuple)) else [first]
    return any(ast.unparse(each).rpartition(".")[2] == signal for each in listed)
