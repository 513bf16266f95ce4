"""toYaml: data as YAML text again, each scalar keeping its place."""

from __future__ import annotations

import json
import re
from typing import Final

from connlint.formats.helm.marked import Atom, Datum, Marked, Piece, Unknown, joined, shown
from connlint.formats.kubernetes.data import resolved

_DEEPEST: Final = 60
_PLAIN: Final = re.compile(r"[A-Za-z_/][\w./+@%=^-]*(?: [\w./+@%=^-]+)*\Z", re.ASCII)
_ESCAPED: Final = re.compile(r"[\"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NEWLINE: Final = Marked((Piece("\n"),))


def to_yaml(datum: Datum) -> Marked:
    """Block style, keys sorted as Helm's toYaml has them, without a line end behind it."""
    return joined(_lines(datum, 0), "\n")


def _lines(datum: Datum, depth: int) -> list[Marked]:
    if depth > _DEEPEST:
        return [shown(Unknown("it is nested too deep"))]
    if isinstance(datum, dict) and datum:
        return [line for key in sorted(datum) for line in _pair(key, datum[key], depth)]
    if isinstance(datum, list) and datum:
        return [line for item in datum for line in _item(item, depth)]
    return [scalar(datum)]


def _pair(key: str, value: Datum, depth: int) -> list[Marked]:
    head = scalar(Marked.of(key)) + Marked.of(":")
    below = _lines(value, depth + 1)
    if isinstance(value, dict) and value:
        return [head, *(Marked.of("  ") + line for line in below)]
    if isinstance(value, list) and value:
        return [head, *below]
    return [head + Marked.of(" ") + below[0]]


def _item(value: Datum, depth: int) -> list[Marked]:
    first, *rest = _lines(value, depth + 1)
    return [Marked.of("- ") + first, *(Marked.of("  ") + line for line in rest)]


def scalar(datum: Datum) -> Marked:
    """One scalar, quoted where it would be read as something else."""
    if isinstance(datum, dict):
        return Marked.of("{}")
    if isinstance(datum, list):
        return Marked.of("[]")
    if isinstance(datum, Atom):
        if datum.value is None:
            return Marked.of("null", datum.span)
        if isinstance(datum.value, float) and datum.value.is_integer() and abs(datum.value) < 1e21:
            return Marked.of(str(int(datum.value)), datum.span)
        return shown(datum)
    if isinstance(datum, Unknown):
        return shown(datum)
    text = datum.text
    if datum.reason or (_PLAIN.match(text) and isinstance(resolved(text), str)):
        return datum if text and "\n" not in text else quoted(datum)
    return quoted(datum)


def quoted(text: Marked) -> Marked:
    """In double quotes; characters that need no escape keep their places."""
    mark = Marked.of('"')
    found = [mark]
    whole, at = text.text, 0
    for match in _ESCAPED.finditer(whole):
        if match.start() > at:
            found.append(text.cut(at, match.start()))
        one = text.cut(match.start(), match.end())
        found.append(Marked.of(json.dumps(match[0])[1:-1], one.span))
        at = match.end()
    if at < len(whole):
        found.append(text.cut(at))
    return joined([*found, mark])
