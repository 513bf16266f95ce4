"""Queries that run while the application is loaded: at the top level of a module, and in `AppConfig.ready()`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import suppress

from connlint.orm import calls, classes, expressions, statements
from connlint.orm.effects import Effect
from connlint.orm.frame import Frame
from connlint.orm.interpreter import CALLABLE, Run
from connlint.orm.loaded import DEFINITIONS
from connlint.orm.values import Class, External, Instance

_CONFIGS = frozenset({"django.apps.AppConfig", "django.apps.config.AppConfig"})


def queries(run: Run, paths: Iterable[str]) -> Iterator[tuple[str, Effect]]:
    """What runs at import, in words, and what it does; only what does query."""
    run.outcomes.clear()  # where a queryset that is only built counts as a query
    run.strict = True
    try:
        for path in paths:
            for where, effect in (*_top_level(run, path), *_ready(run, path)):
                if effect.use:
                    yield where, effect
    finally:
        run.strict = False
        run.outcomes.clear()


def _top_level(run: Run, path: str) -> Iterator[tuple[str, Effect]]:
    module = run.modules.load(path, whole=True)
    if module is None:
        return
    body = [node for node in module.tree.body if not _is_main(node)]
    frame = Frame(path, top=True)
    run.current, run.satisfied = frame, False
    with suppress(RecursionError):
        _import(run, body, frame)
    yield f"the import of {path}", frame.effect


def _import(run: Run, body: Iterable[ast.stmt], frame: Frame) -> None:
    """Run statements as an import does: of functions only what their headers say, of classes their bodies as well."""
    for node in body:
        if isinstance(node, DEFINITIONS) and not isinstance(node, ast.Lambda):
            for each in _header(node):
                expressions.evaluate(run, each, frame)
            if isinstance(node, ast.ClassDef):
                inner = Frame(frame.path, parent=frame, top=True)
                run.current = inner
                _import(run, node.body, inner)
                run.current = frame
                frame.emit(inner.effect)
        elif statements.execute(run, node, frame):
            return


def _header(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[ast.expr]:
    yield from node.decorator_list
    if not isinstance(node, ast.ClassDef):
        yield from (each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None)


def _is_main(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, which no import runs."""
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )


def _ready(run: Run, path: str) -> Iterator[tuple[str, Effect]]:
    module = run.modules.load(path, whole=True)
    for node in module.tree.body if module else ():
        if not isinstance(node, ast.ClassDef):
            continue
        of = Class(path, node.lineno, node.col_offset, node.name)
        if not any(isinstance(each, External) and each.name in _CONFIGS for each in classes.lineage(run, of)):
            continue
        method = classes.method(run, of, "ready", Instance(of))
        if isinstance(method, CALLABLE):
            frame = Frame(path)
            run.current, run.satisfied = frame, False
            calls.call(run, method, (), (), frame, None)
            yield f"{node.name}.ready()", frame.effect
