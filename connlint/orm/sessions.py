"""Statements that leave something behind in the database session: SET, LISTEN, advisory locks, temporary tables.

Only the literal text that a cursor's `execute` is given is looked at. A file that opens connections of its own (psycopg,
asyncpg) is left out: nobody can tell which cursor is whose.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from connlint.orm.effects import Place
from connlint.orm.facts import SessionState
from connlint.orm.places import Spans
from connlint.orm.walking import walk
from connlint.project.tree import Tree, Unreadable

_MOST: Final = 200  # statements of a project
_OWN: Final = re.compile(
    rb"\b(?:psycopg2?|asyncpg|pg8000|aiopg|MySQLdb|pymysql)\.connect|create_engine\(|ConnectionPool\("
)
_ROUGH: Final = re.compile(rb"\b(?:SET|LISTEN|TEMP|TEMPORARY)\b|advisory_lock", re.IGNORECASE)
# What a call of `execute` starts with whose statement is one of those below: the text is the leftmost part of its argument.
_STATED: Final = re.compile(
    rb"\.execute\s*\((?:[\s(\\]|#[^\n]*\n)*[a-z]{0,2}[\"']{1,3}(?:\s|\\[nrt\n])*(?:SET|LISTEN|CREATE)\b", re.IGNORECASE
)
_RULES: Final = (
    (
        re.compile(
            r"\s*SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)(?:SESSION\s+(?!CHARACTERISTICS))?"
            r"(?P<name>TIME\s+ZONE|ROLE|AUTHORIZATION|[a-z_][\w.]*)(?=\s*=|\s+TO\b|\s+[^\s=])",
            re.IGNORECASE,
        ),
        "SET",
    ),
    (re.compile(r"\s*LISTEN\s+[\w\"{%]", re.IGNORECASE), "LISTEN"),
    (re.compile(r".*\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(", re.IGNORECASE | re.DOTALL), "pg_advisory_lock"),
    (
        re.compile(
            r"\s*CREATE\s+(?:GLOBAL\s+|LOCAL\s+)?TEMP(?:ORARY)?\s+TABLE\b(?!.*\bON\s+COMMIT\s+DROP\b)",
            re.IGNORECASE | re.DOTALL,
        ),
        "CREATE TEMPORARY TABLE",
    ),
)


def may_state(data: bytes) -> bool:
    """Whether a file may leave state in a session of one of Django's connections."""
    if b".execute(" not in data or b"django.db" not in data or _ROUGH.search(data) is None or _OWN.search(data):
        return False
    return b"advisory_lock" in data.lower() or _STATED.search(data) is not None


def states(tree: Tree, paths: Iterable[str], spans: Spans) -> Iterator[SessionState]:
    """The statements of these files, in their order."""
    count = 0
    for path in paths:
        try:
            module = ast.parse(tree.read(path).text)
        except (Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # a file that does not parse is reported elsewhere
        for node in walk(module):
            if not isinstance(node, ast.Call):
                continue
            kind = _kind(node)
            if kind is not None:
                count += 1
                if count > _MOST:
                    return
                yield SessionState(spans.at(_place(path, node)), *kind)


def _kind(call: ast.Call) -> tuple[str, str] | None:
    """The statement a call executes and the setting that a SET names; None when it leaves nothing behind."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "execute"):
        return None
    text = _text(call.args[0]) if call.args else None
    if text is None:
        return None
    for pattern, name in _RULES:
        found = pattern.match(text)
        if found is not None:
            return name, (found.groupdict().get("name") or "").lower()
    return None


def _text(node: ast.expr) -> str | None:
    """The literal text of an expression, as far as it is one: `%s` and `{...}` stand for what is put in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) and isinstance(p.value, str) else "%s" for p in node.values]
        return "".join(parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mod, ast.Add)):
        return _text(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _text(node.func.value)
    return None


def _place(path: str, call: ast.Call) -> Place:
    return Place(path, call.lineno, call.col_offset, call.end_lineno or call.lineno, call.end_col_offset or 0)
