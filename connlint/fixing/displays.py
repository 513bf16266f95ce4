"""Entries put into dict displays and `dict(...)` calls: behind the last one, in the style of what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Final

from connlint.python.modules import Unit
from connlint.source import Edit, Source

_REST_OF_LINE: Final = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r|\n)")
_COMMENT: Final = re.compile(r"#[^\r\n]*")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")


def line_end(source: Source, near: int) -> str:
    """How the lines of a file end around the offset `near`."""
    after = _LINE_END.search(source.text, near) or _LINE_END.search(source.text)
    return "\n" if after is None else after[0]


def entry_in(node: ast.expr, key: str) -> ast.expr | None:
    """The value under `key` of a display or a `dict(...)` call, the last one where several are; None without one."""
    found = None
    if isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            found = value if isinstance(name, ast.Constant) and name.value == key else found
    elif isinstance(node, ast.Call):
        found = next((each.value for each in node.keywords if each.arg == key), None)
    return found


def is_display(node: ast.expr | None) -> bool:
    """Whether `node` is a dictionary that is written out, `{...}` or `dict(a=..., b=...)`, with nothing spread into it."""
    if isinstance(node, ast.Dict):
        return all(key is not None for key in node.keys)
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"
    return named and isinstance(node, ast.Call) and not node.args and all(each.arg for each in node.keywords)


def add(unit: Unit, node: ast.Dict | ast.Call, key: str, text: str) -> tuple[Edit, ...]:
    """The edits that give a display the entry `key` with the value `text` behind all others.

    Quotes, indentation, line ends, comments and a trailing comma stay as the others have them.
    """
    source, whole = unit.source, unit.span(node)
    called = isinstance(node, ast.Call)
    first, last, value = _ends(node)
    quote = "'" if first is not None and unit.span(first).text.lstrip("rRuUbB").startswith("'") else '"'
    entry = f"{key}={text}" if called else f"{quote}{key}{quote}: {text}"
    if value is None or last is None:
        inside = whole.end - 1 if called else whole.start + 1
        return (_insert(source, inside, entry),)
    end, after, comma = _behind(source, unit.span(value).end, whole.end - 1)
    start = unit.span(last).start
    before = source.text[source.offset(source.position(start)[0], 1) : start]
    rest = _REST_OF_LINE.match(source.text, after)
    if before.strip(" \t*") or rest is None or rest.end() >= whole.end:  # not an entry with lines of its own
        return (_insert(source, after, f" {entry}" if comma else f", {entry}"),)
    new = f"{line_end(source, end)}{before.rstrip('*')}{entry},"
    if comma:
        return (_insert(source, rest.end(), new),)
    if rest.end() == end:
        return (_insert(source, end, f",{new}"),)
    return (_insert(source, end, ","), _insert(source, rest.end(), new))


def _ends(node: ast.Dict | ast.Call) -> tuple[ast.expr | None, ast.expr | ast.keyword | None, ast.expr | None]:
    """The first key, and the last entry's start and value; None of them where there is no entry."""
    if isinstance(node, ast.Call):
        arguments: Sequence[ast.expr | ast.keyword] = (*node.args, *node.keywords)
        last = max(arguments, key=lambda each: (each.lineno, each.col_offset), default=None)
        return None, last, last.value if isinstance(last, ast.keyword) else last
    if not node.values:
        return None, None, None
    return next((key for key in node.keys if key is not None), None), node.keys[-1] or node.values[-1], node.values[-1]


def _behind(source: Source, start: int, stop: int) -> tuple[int, int, bool]:
    """Where a last value ends, with the parentheses around it, and where its comma does; whether there is a comma.

    Between `start`, where the parser says that it ends, and the closing bracket stand but parentheses, commas and comments.
    """
    blank = _COMMENT.sub(lambda match: " " * len(match[0]), source.text[start:stop])
    end = start + blank.rfind(")") + 1
    comma = blank.find(",", end - start)
    return end, end if comma < 0 else start + comma + 1, comma >= 0


def _insert(source: Source, at: int, text: str) -> Edit:
    return Edit(source.span(at, at), text)
