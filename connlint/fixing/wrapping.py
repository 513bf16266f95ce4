"""A `try: ... finally:` put around the body of a function by libcst, which keeps every byte of what it moves."""

from __future__ import annotations

import ast
from typing import Any, Final

from connlint.source import Edit, Source

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


def ordinal(tree: ast.Module, node: ast.FunctionDef) -> int:
    """The how many'th function of a module this is, in the order of the text."""
    places = sorted((each.lineno, each.col_offset) for each in ast.walk(tree) if isinstance(each, _FUNCTIONS))
    return places.index((node.lineno, node.col_offset))


def finally_do(source: Source, number: int, statement: str, reason: str) -> tuple[Edit, ...]:
    """The edit that has function `number` of a file run `statement` however it, or a round of its endless loop, ends; none where libcst cannot read the file.

    Importing libcst costs more than a whole run: this is called only when a fix is written (docs/adr/0005).
    """
    import libcst

    class Wrapper(libcst.CSTTransformer):
        """Counts functions as they begin, and changes the one that was asked for."""

        def __init__(self) -> None:
            super().__init__()
            self.seen: list[libcst.FunctionDef] = []

        def visit_FunctionDef(self, node: libcst.FunctionDef) -> bool:
            self.seen.append(node)
            return True

        def leave_FunctionDef(
            self, original_node: libcst.FunctionDef, updated_node: libcst.FunctionDef
        ) -> libcst.FunctionDef:
            wanted = len(self.seen) > number and self.seen[number] is original_node
            return _wrapped(libcst, updated_node, statement, reason) if wanted else updated_node

    try:
        module = libcst.parse_module(source.text)
        text = module.visit(Wrapper()).code
    except (libcst.ParserSyntaxError, libcst.CSTValidationError, RecursionError):
        return ()
    return _difference(source, text) if module.code == source.text else ()


def _wrapped(libcst: Any, function: Any, statement: str, reason: str) -> Any:
    body, head = function.body, []
    if isinstance(body, libcst.SimpleStatementSuite):  # `def work(): ...` on one line
        line = libcst.SimpleStatementLine(body=body.body, trailing_whitespace=body.trailing_whitespace)
        body = libcst.IndentedBlock(body=[line])
    lines = list(body.body)
    if function.get_docstring(clean=False) is not None:
        head, lines = lines[:1], lines[1:]
    if _is_endless(libcst, lines[-1]):  # its end is never reached: that of each round is
        head, loop = [*head, *lines[:-1]], lines[-1]
        new = loop.with_changes(body=_guarded(libcst, loop.body, [], list(loop.body.body), statement, reason))
        return function.with_changes(body=body.with_changes(body=[*head, new]))
    return function.with_changes(body=_guarded(libcst, body, head, lines, statement, reason))


def _is_endless(libcst: Any, statement: Any) -> bool:
    """Whether a statement is `while True:` with a block of its own and nothing behind it."""
    if not isinstance(statement, libcst.While) or statement.orelse is not None:
        return False
    test = statement.test
    endless = isinstance(test, (libcst.Name, libcst.Integer)) and test.value in ("True", "1")
    return endless and isinstance(statement.body, libcst.IndentedBlock)


def _guarded(libcst: Any, block: Any, head: list[Any], lines: list[Any], statement: str, reason: str) -> Any:
    """A block with `head` as it was, and `lines` within `try: ... finally: statement`."""
    close = libcst.SimpleStatementLine(
        body=[libcst.parse_statement(statement).body[0]],
        trailing_whitespace=libcst.TrailingWhitespace(
            whitespace=libcst.SimpleWhitespace("  "), comment=libcst.Comment(f"# {reason}")
        ),
    )
    leading, lines[0] = lines[0].leading_lines, lines[0].with_changes(leading_lines=[])
    around = libcst.Try(
        leading_lines=leading,
        body=libcst.IndentedBlock(body=lines, indent=block.indent, footer=block.footer),
        finalbody=libcst.Finally(body=libcst.IndentedBlock(body=[close], indent=block.indent)),
    )
    return block.with_changes(body=[*head, around], footer=[])


def _difference(source: Source, text: str) -> tuple[Edit, ...]:
    """The one stretch of lines in which a new text differs from the source."""
    old, new = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    shared = min(len(old), len(new)) - first
    last = next((i for i in range(shared) if old[-1 - i] != new[-1 - i]), shared)
    start, end = sum(map(len, old[:first])), len(source.text) - sum(map(len, old[len(old) - last :]))
    changed = "".join(new[first : len(new) - last])
    return (Edit(source.span(start, end), changed),) if (start, changed) != (end, "") else ()
