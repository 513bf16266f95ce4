"""What the interpreter of templates does with values and variables, apart from running nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from connlint.formats.helm.functions import formatted, kind_of
from connlint.formats.helm.marked import NIL, Atom, Datum, Marked, Piece, Unknown, inside, span_of
from connlint.formats.helm.structures import copied, raw
from connlint.formats.helm.syntax import Action, Branch, Node
from connlint.source import Span

REFUSED: Final = "Helm refuses this with these values"
_VERB: Final = re.compile(r"%(?:%|[-+ 0#]*[0-9]*(?:\.[0-9]+)?[a-zA-Z])")


def moved(piece: Piece, place: Span) -> Piece:
    """A piece of a text that was a template of its own stands where that text does."""
    inner = piece.span is not None and piece.span.source is not place.source and piece.span.path == place.path
    return Piece(piece.text, place, False, piece.value) if inner or piece.span is None else piece


def assign(scopes: list[dict[str, Datum]], name: str, value: Datum) -> None:
    for scope in reversed(scopes):
        if name in scope:
            scope[name] = value
            return


def touched(nodes: Sequence[Node]) -> set[str]:
    """The variables that nodes give new values or change."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Action):
            pipeline = node.pipeline
            if pipeline.names and not pipeline.declares:
                found.update(pipeline.names)
            for command in pipeline.commands:
                if command[0].text in ("set", "unset", "merge", "mergeOverwrite") and len(command) > 1:
                    found.add(command[1].text)
        elif isinstance(node, Branch):
            found |= touched((*node.body, *node.otherwise))
    return found - {"$"}


def number(text: str, span: Span) -> Datum:
    digits = text.replace("_", "")
    try:
        return Atom(int(digits, 0), span)
    except ValueError:
        pass
    try:
        return Atom(float(digits), span)
    except ValueError:
        return Unknown(REFUSED, span)


def text(value: Datum) -> str:
    if not isinstance(value, Marked) or value.reason:
        raise TypeError("a text that is known is expected")
    return value.text


def indexed(arguments: list[Datum]) -> Datum:
    value = arguments[0]
    for key in arguments[1:]:
        if isinstance(value, dict):
            value = value.get(text(key), NIL)
        elif isinstance(value, list) and isinstance(key, Atom) and isinstance(key.value, (int, float)):
            value = value[int(key.value)]
        else:
            raise TypeError("a map or a list is expected")
    return value


def printf(arguments: list[Datum]) -> Datum:
    """Sprintf; texts put in by `%s` keep their places."""
    pattern, values = arguments[0], list(arguments[1:])
    whole = text(pattern)
    assert isinstance(pattern, Marked)
    pieces: list[Piece] = []
    at = 0
    for match in _VERB.finditer(whole):
        pieces.extend(pattern.cut(at, match.start()).pieces)
        at = match.end()
        if match[0] == "%%":
            pieces.append(Piece("%"))
        elif not values:
            raise ValueError("an operand is missing")
        elif match[0] in ("%s", "%v"):
            pieces.extend(_verbatim(match[0], values.pop(0)).pieces)
        else:
            value = values.pop(0)
            pieces.append(Piece(formatted(match[0], [raw(value)]), span_of(value)))
    pieces.extend(pattern.cut(at).pieces)
    return Marked(tuple(pieces))


def _verbatim(verb: str, value: Datum) -> Marked:
    """`%v` and `%s`, which is for texts only: of anything else Go prints what it is."""
    if verb == "%s" and isinstance(value, Atom):
        kind = "" if value.value is None else f"{kind_of(value.value)}="
        return Marked.of(f"%!s({kind}", value.span) + inside(value) + Marked.of(")", value.span)
    return inside(copied(value))
