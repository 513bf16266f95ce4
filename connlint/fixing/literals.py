"""Literals written anew: what a file says and nothing else stands behind."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final

from connlint.finding import Fix, Safety
from connlint.source import Edit, Span
from connlint.value import Certainty, Value

_LONGEST_LITERAL: Final = 200  # characters
_DURATION: Final = re.compile(r"(['\"]?)\d+(?:\.\d+)?\s*(?:us|ms|s|min|h|d)?\1", re.IGNORECASE)


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


def replace_seconds(value: Value, seconds: int, title: str, switch: str = "") -> Fix | None:
    """Write another time limit where a config file has one number, with or without a unit; in Python only as a `switch`.

    `switch`: the setting that libpq's `-c NAME=VALUE` in a literal text sets.
    """
    span = literal_span(value)
    if span is None:
        return None
    if span.path.endswith(".py"):
        found = list(re.finditer(rf"(?:-c\s*|--){re.escape(switch)}=(\d+\w*)(?=[\s'\"])", span.text))
        if not switch or len(found) != 1 or span.text.count(switch) != 1:
            return None
        at = span.start + found[0].start(1)
        return Fix(Safety.UNSAFE, title, (Edit(span.source.span(at, at + len(found[0][1])), f"{seconds}s"),))
    match = _DURATION.fullmatch(span.text)
    if match is None:
        return None
    bare = span.text.strip("'\"").isdecimal() and span.text.strip("'\"") == str(
        value.only
    )  # the file counts in seconds
    text = f"{match[1]}{seconds}{'' if bare else 's'}{match[1]}"
    return Fix(Safety.UNSAFE, title, (Edit(span, text),))


def literal_span(value: Value) -> Span | None:
    """The one place of a file that states a value; None where there are several, or none says it for sure."""
    places = [origin.span for origin in value.origins if origin.span is not None]
    stated = all(o.certainty is Certainty.EXACT for o in value.origins if o.span is not None)
    return places[0] if value.is_exact and len(places) == 1 and stated else None


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
