"""The edits rules offer: replace a literal, add a key to a dictionary, drop a line; nothing that is computed."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final

from connlint.finding import Fix, Safety
from connlint.source import Edit, Source, Span
from connlint.value import Certainty, Value

_LARGEST: Final = 100_000  # characters of a dictionary
_LONGEST_LITERAL: Final = 200  # characters
_PARENTHESES = re.compile(r"(?:[ \t\r\n]*\))*")  # of a value, which ast leaves out
_TO_COMMA = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*,")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n])")


def replace_literal(value: Value, text: str, title: str, safety: Safety) -> Fix | None:
    """The fix that writes `text` in place of `value`; None unless one literal in a file is all there is to it."""
    if not value.is_exact or len(value.origins) != 1:
        return None
    origin = value.origins[0]
    if origin.certainty is not Certainty.EXACT or origin.span is None:
        return None
    if origin.span.text not in (repr(value.only), str(value.only)) and not _spells(origin.span.text, value.only):
        return None
    return Fix(safety, title, (Edit(origin.span, text),))


def _spells(text: str, meant: object) -> bool:
    """Whether `text` is a Python literal for `meant`, however it is written: `"60"`, `1_000`."""
    if len(text) > _LONGEST_LITERAL:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, about escapes
            found = ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return type(found) is type(meant) and bool(found == meant)


def add_key(place: Span, key: str, text: str, title: str, safety: Safety) -> Fix | None:
    """The fix that puts `"key": text` at the end of the dictionary literal at `place`; None unless there is one.

    It keeps the quotes, the indentation, and the comments of what is there.
    """
    node = _dictionary(place.text)
    if node is None:
        return None
    written = Source("", place.text)
    first, last = node.keys[0] or node.values[0], node.keys[-1] or node.values[-1]
    start, end = _start(written, last), _end(written, node.values[-1])
    quote = "'" if written.text.startswith("'", _start(written, first)) else '"'
    entry = f"{quote}{key}{quote}: {text}"
    comma = _TO_COMMA.match(written.text, end)
    after = comma.end() if comma is not None else end
    before = written.text[written.offset(last.lineno, 1) : start]
    rest = _REST_OF_LINE.match(written.text, after)
    if last.lineno == 1 or before.strip(" \t*") or rest is None:  # not an entry with lines of its own
        pieces = {after: f" {entry}" if comma is not None else f", {entry}"}
    else:
        line_end = "\r\n" if "\r\n" in written.text else "\n"
        pieces = {} if comma is not None else {end: ","}
        pieces[rest.end()] = f"{pieces.get(rest.end(), '')}{line_end}{before.rstrip('*')}{entry},"
    inserts = [Edit(place.source.span(place.start + at, place.start + at), piece) for at, piece in pieces.items()]
    return Fix(safety, title, tuple(inserts))


def drop_line(value: Value, key: str, title: str, safety: Safety) -> Fix | None:
    """The fix that removes the line `key = value` of a config file; None when anything else is on it."""
    span = value.span
    if span is None or value.certainty is not Certainty.EXACT:
        return None
    source = span.source
    name, _, said = source.line(span.line).partition("=")
    if name.strip() != key or said.strip() != span.text or span.line != span.end_line:
        return None
    whole = source.span(source.offset(span.line, 1), source.offset(span.line + 1, 1))
    return Fix(safety, title, (Edit(whole, ""),))


def _dictionary(text: str) -> ast.Dict | None:
    """The dictionary literal that `text` is; None when it is none, or empty."""
    if not text.startswith("{") or len(text) > _LARGEST:
        return None
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return node if isinstance(node, ast.Dict) and node.values else None


def _start(source: Source, node: ast.expr) -> int:
    return _character(source, node.lineno, node.col_offset)


def _end(source: Source, node: ast.expr) -> int:
    """Behind a value and the parentheses around it."""
    end = _character(source, node.end_lineno or node.lineno, node.end_col_offset or 0)
    match = _PARENTHESES.match(source.text, end)
    return match.end() if match is not None else end


def _character(source: Source, line: int, column: int) -> int:
    """The offset of a place as ast has it: lines from 1, columns in bytes of UTF-8."""
    return source.offset(line, 1) + len(source.line(line).encode()[:column].decode(errors="ignore"))
