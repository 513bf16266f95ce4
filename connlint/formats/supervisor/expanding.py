"""supervisor's `%(name)s`: put in as Python's `%` does, with the origins of what is put in.

A value that is no plain word, or is not known, stands in the text as a mark while words are split, and takes the mark's
place afterwards: so what is in a variable never changes where words end. Source: `expand` in supervisor/options.py.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.formats.words import Text, Word
from connlint.records import dataclass, field, replace
from connlint.value import Origin, Value

MOST_EXPANSIONS: Final = 1_000  # in one value
LONGEST_TEXT: Final = 200_000
# A mapping key, or what a template puts into the file before supervisor sees it; any other % is a mistake.
_PLACE: Final = re.compile(
    r"%\((?P<name>[^()]*)\)(?P<form>0?\d{0,3}[ds])|(?P<escaped>%%)|(?P<template>\{\{.*?\}\}|\{%.*?%\})|%"
)
_BREAKING: Final = re.compile(r"[\s'\"\\#;,=]")


class BadExpansion(ValueError):
    """supervisord refuses the value; `str()` says why, without its text."""


@dataclass(slots=True)
class Filled:
    """A text with marks in it, and the value that each mark stands for."""

    text: Text
    mark: str
    values: list[Value] = field(default_factory=list)
    size: int = 0  # characters that the values come to

    def parts(self, text: Text) -> tuple[Text | Value, ...]:
        """A piece of the text with values for marks."""
        found: list[Text | Value] = []
        at = 0
        for match in re.finditer(f"{self.mark}(\\d+)_", text.text):
            if match.start() > at:
                found.append(text.cut(at, match.start()))
            found.append(self.values[int(match[1])])
            at = match.end()
        if at < len(text.text):
            found.append(text.cut(at) if at else text)
        return tuple(found)

    def word(self, word: Word) -> Word:
        """A word of the text with values for marks; loose when it is nothing but something unknown, unquoted."""
        parts = tuple(p for part in word.parts for p in (self.parts(part) if isinstance(part, Text) else (part,)))
        alone = len(parts) == 1 and isinstance(parts[0], Value) and parts[0].is_unknown
        return replace(word, parts=parts, loose=alone and word.span.text[:1] not in ("'", '"'))

    def value(self) -> Value:
        """The whole text as a value."""
        return Word(self.parts(self.text), self.text.span()).value


def fill(text: Text, names: Mapping[str, Value]) -> Filled:
    """The text with everything put in; raises `BadExpansion` for what Python's `%` refuses.

    A name beginning with `ENV_` that is missing in `names` is unknown: supervisord has it from its own environment.
    """
    mark = "_hole"
    while mark in text.text:
        mark += "_"
    filled = Filled(text, mark)
    pieces: list[str] = []
    offsets: list[int] = []
    at = 0
    for count, match in enumerate(_PLACE.finditer(text.text)):
        if count > MOST_EXPANSIONS or len(offsets) + filled.size > LONGEST_TEXT:
            raise BadExpansion("too much is put into this value")
        pieces.append(text.text[at : match.start()])
        offsets += text.offsets[at : match.start()]
        put = _put(match, filled, text, names)
        pieces.append(put)
        offsets += [text.offsets[match.start()]] * len(put)
        at = match.end()
    pieces.append(text.text[at:])
    offsets += text.offsets[at:] if len(text.offsets) == len(text.text) else []
    filled.text = Text("".join(pieces), text.source, offsets or list(text.offsets))
    return filled


def _put(match: re.Match[str], filled: Filled, text: Text, names: Mapping[str, Value]) -> str:
    if match["escaped"]:
        return "%"
    place = text.span(*match.span())
    if match["template"]:
        value = Value.unknown("a template puts it into this file", Origin.at(place))
    elif match["name"] is None:
        raise BadExpansion("a % in it stands for itself only when it is doubled")
    else:
        value = _named(match["name"], match["form"], names).because(Origin.at(place))
    filled.size += max((len(str(each)) for each in value.alternatives), default=0)
    if value.is_exact and _BREAKING.search(str(value.only)):
        return str(value.only)
    filled.values.append(value)
    return f"{filled.mark}{len(filled.values) - 1}_"


def _named(name: str, form: str, names: Mapping[str, Value]) -> Value:
    value = names.get(name)
    if value is None:
        if name.startswith("ENV_"):
            return Value.unknown(f"{name[4:]} is set in no file that was read; supervisord has it from its environment")
        raise BadExpansion(f"%({name[:40]})s names nothing that supervisor knows")
    if not value.alternatives:
        return value
    try:
        return Value.choice((f"%{form}" % each for each in value.alternatives), *value.origins)
    except (TypeError, ValueError):
        raise BadExpansion(f"%({name[:40]}){form} is no number") from None


def pairs(filled: Filled) -> Iterator[tuple[str, Value]]:
    """`KEY="value",KEY2=value` of an `environment`; raises ValueError where supervisor refuses it.

    Source: dict_of_key_value_pairs in supervisor/datatypes.py, which splits with shlex and takes quotes off at both ends.
    """
    text = filled.text
    lexer = shlex.shlex(text.text)
    lexer.wordchars += "/.+-():"
    tokens: list[tuple[str, int]] = []
    at = 0
    for token in lexer:
        at = text.text.find(token, at)
        tokens.append((token, at))
        at += len(token)
    for index in range(0, len(tokens), 4):
        triple = tokens[index : index + 3]
        if len(triple) != 3 or triple[1][0] != "=":
            raise ValueError("it is not KEY=value, KEY=value")
        token, start = triple[2]
        kept = token.strip("'\"")
        start += len(token) - len(token.lstrip("'\"")) if kept else 0
        piece = text.cut(start, start + len(kept)) if kept else Text("", text.source, text.offsets[start : start + 1])
        yield triple[0][0], Word(filled.parts(piece), piece.span()).value
