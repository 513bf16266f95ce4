"""Match statements, for the patterns that settings use: values, alternatives, captures."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from connlint.python.language.domain import Abstract, Known, Tuple, Unknown
from connlint.python.language.flow import NORMAL, Completion
from connlint.python.language.frame import Frame
from connlint.python.language.names import bind
from connlint.python.language.operators import equal, identical, truth
from connlint.python.language.sequences import items_or_unknown

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def match(run: Interpreter, node: ast.Match, frame: Frame) -> Completion:
    """Take the first case that matches; fork where that cannot be told."""
    return _cases(run, node.cases, run.evaluate(node.subject, frame), frame)


def _cases(run: Interpreter, cases: list[ast.match_case], subject: Abstract, frame: Frame) -> Completion:
    for index, case in enumerate(cases):
        verdict = _matches(run, case.pattern, subject, frame)
        if verdict is not False and case.guard is not None:
            guard = truth(run, run.evaluate(case.guard, frame))
            verdict = False if guard is False else None if guard is None or verdict is None else True
        if verdict is True:
            return run.execute(case.body, frame)
        if verdict is None:
            return _either(run, case.body, cases[index + 1 :], subject, frame)
    return NORMAL


def _either(
    run: Interpreter, body: list[ast.stmt], rest: list[ast.match_case], subject: Abstract, frame: Frame
) -> Completion:
    return run.fork([lambda: run.execute(body, frame), lambda: _cases(run, rest, subject, frame)])


def _matches(run: Interpreter, pattern: ast.pattern, subject: Abstract, frame: Frame) -> bool | None:
    if isinstance(pattern, ast.MatchValue):
        return equal(run.evaluate(pattern.value, frame), subject)
    if isinstance(pattern, ast.MatchSingleton):
        return identical(Known(pattern.value), subject)
    if isinstance(pattern, ast.MatchOr):
        verdicts = [_matches(run, part, subject, frame) for part in pattern.patterns]
        return True if True in verdicts else None if None in verdicts else False
    if isinstance(pattern, ast.MatchAs):
        verdict = True if pattern.pattern is None else _matches(run, pattern.pattern, subject, frame)
        if pattern.name and verdict is not False:
            bind(run, pattern.name, subject, frame)
        return verdict
    if isinstance(pattern, ast.MatchSequence) and not any(isinstance(p, ast.MatchStar) for p in pattern.patterns):
        return _sequence(run, pattern, subject, frame)
    _unclear(run, pattern, frame)
    return None


def _sequence(run: Interpreter, pattern: ast.MatchSequence, subject: Abstract, frame: Frame) -> bool | None:
    if isinstance(subject, Known):
        return False
    items = items_or_unknown(run, subject, frame.mark(pattern))
    if isinstance(items, Unknown):
        _unclear(run, pattern, frame)
    return None
    if len(items) != len(pattern.patterns):
        return False
    verdicts = [
        _matches(run, part, item, frame) for part, item in zip(pattern.patterns, Tuple(items).items, strict=True)
    ]
    return False if False in verdicts else None if None in verdicts else True


def _unclear(run: Interpreter, pattern: ast.pattern, frame: Frame) -> None:
    """A pattern that is not modelled: whether it matches and what it captures is unknown."""
    for part in ast.walk(pattern):
        name = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(name, str):
            bind(run, name, Unknown("the pattern is not followed", (frame.mark(pattern),)), frame)
