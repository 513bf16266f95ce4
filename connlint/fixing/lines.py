"""Settings of config files: a number lowered, a line put beside another one, in the style of its neighbour.

Only files in which a setting is a line `key = value` (or `key: value`): gunicorn's, PgBouncer's, uWSGI's ini.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final

from connlint.finding import Fix, Safety
from connlint.fixing.displays import line_end
from connlint.fixing.literals import literal_span
from connlint.fixing.units import unit_of
from connlint.formats.document import Document
from connlint.source import Edit, Span
from connlint.value import Certainty, Value

_LINE: Final = re.compile(r"(?P<indent>[ \t]*)(?P<key>[A-Za-z][\w.-]*)(?P<sign>[ \t]*[=:][ \t]*)")
_REST: Final = re.compile(r"[ \t]*(?:[#;].*)?")


def write_number(value: Value, number: int, title: str) -> Fix | None:
    """Write `number` for a number that a config file of its own states; None where it comes from anywhere else."""
    span = literal_span(value)
    if span is None or not span.text.isdecimal() or int(span.text) != value.only:
        return None
    return Fix(Safety.UNSAFE, title, (Edit(span, str(number)),))


def switch(value: Value, text: str, title: str) -> Fix | None:
    """Write `text` for the True or False of one line of gunicorn's file."""
    span = literal_span(value)
    if span is None or span.text != repr(value.only):
        return None
    return Fix(Safety.UNSAFE, title, (Edit(span, text),)) if _line(span) is not None else None


def put_beside(places: Iterable[Span | None], key: str, text: str, title: str) -> Fix | None:
    """Add the setting `key` on a line behind the last of `places`; None where none of them is the value of such a line."""
    found = [(span, match) for span in places if span is not None and (match := _line(span)) is not None]
    if not found:
        return None
    span, match = max(found, key=lambda each: (each[0].path, each[0].start))
    source = span.source
    name = key.replace("-", "_") if "_" in match["key"] and "-" not in match["key"] else key
    at = source.offset(span.line, 1) + len(source.line(span.line))
    new = f"{line_end(source, at)}{match['indent']}{name}{match['sign']}{text}"
    return Fix(Safety.UNSAFE, title, (Edit(source.span(at, at), new),))


def set_number(document: Document | None, value: Value, key: str, number: int, title: str) -> Fix | None:
    """Write `number` for the setting `key` of a file, or add it behind the file's last one of the same section."""
    if value.certainty is not Certainty.DEFAULT or document is None:
        return write_number(value, number, title)
    places = [held.span for held in document.settings.values() if held.span and held.span.path == document.path]
    return put_beside(places, key, str(number), title)


def cap(document: Document | None, name: str, most: int, title: str) -> Fix | None:
    """Bound the number that gunicorn's file computes for `name`: `min(..., most)`."""
    unit = unit_of(document.source) if document is not None and document.kind == "gunicorn" else None
    if unit is None:
        return None
    bound = [each for each in ast.walk(unit.tree) if isinstance(each, ast.Name) and each.id == name]
    stored = [each for each in bound if not isinstance(each.ctx, ast.Load)]
    found = [each for each in unit.tree.body if isinstance(each, ast.Assign) and each.targets[-1:] == stored]
    if len(found) != 1:
        return None
    span = unit.span(found[0].value)
    outside = unit.source.text[unit.span(found[0].targets[-1]).end : span.start].strip()
    if outside != "=" or isinstance(found[0].value, (ast.Constant, ast.Starred)):
        return None
    return Fix(Safety.UNSAFE, title, (Edit(span, f"min({span.text}, {most})"),))


def _line(value: Span) -> re.Match[str] | None:
    """The line `key = value` that `value` stands on; None where more, or less, is on it."""
    source = value.source
    text, start = source.line(value.line), source.offset(value.line, 1)
    match = _LINE.match(text)
    if match is None or start + match.end() != value.start or value.line != value.end_line:
        return None
    return match if _REST.fullmatch(text[value.end - start :]) else None
