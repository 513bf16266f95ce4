"""The commands of ExecStart= and its like: prefixes off, several in one line, variables put in as systemd does.

Sources: config_parse_exec() in src/core/load-fragment.c, replace_env_argv() in src/basic/env-util.c, systemd.service(5),
"Command lines". There is no shell: `$X` as a whole word becomes as many words as its value has, `${X}` exactly what it
holds wherever it stands, and everything else is as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.formats.systemd import specifiers
from connlint.formats.systemd.environment import Environment
from connlint.formats.systemd.specifiers import UnitName
from connlint.formats.systemd.syntax import WHITESPACE
from connlint.formats.systemd.words import is_separator, next_word
from connlint.formats.words import Command, Text, Word
from connlint.source import Span
from connlint.value import Origin, Value

_PREFIXES: Final = "@-:+!|"
MOST_WORDS: Final = 5_000
MOST_COMMANDS: Final = 100  # of one unit's setting
MOST_VARIABLES: Final = 100  # put into one word
LONGEST_VALUE: Final = 20_000  # characters of a variable that is put into a command


def commands(line: Text, name: UnitName, environment: Environment) -> list[Command]:
    """The commands of one assignment; raises `Unbalanced`. An empty value, which resets the list, has none."""
    found: list[Command] = []
    at = 0
    while True:
        first, end = next_word(line, at)
        if first is None:
            return found
        if first.text == ";":
            at = end
            continue
        start = end - len(line.text[at:end].lstrip(WHITESPACE))
        prefix = first.text[: len(first.text) - len(first.text.lstrip(_PREFIXES))]
        arguments, (program, stop), at = _arguments(line, end)
        words = [Word(specifiers.expand(first.cut(len(prefix)), name), line.span(start + len(prefix), program))]
        for text, span in arguments[1 if "@" in prefix else 0 :]:
            word = Word(specifiers.expand(text, name), span)
            words += [word] if ":" in prefix else _substituted(word, environment)
            if len(words) > MOST_WORDS:
                return found
        found.append(Command(line.span(start, stop), tuple(words)))


def _arguments(line: Text, first: int) -> tuple[list[tuple[Text, Span]], tuple[int, int], int]:
    """The words behind the program, where the program and the command end, and where the next command starts."""
    found: list[tuple[Text, Span]] = []
    raw, at, last = line.text, first, first
    while True:
        while at < len(raw) and raw[at] in WHITESPACE:
            at += 1
        if is_separator(raw, at):
            return found, (first, last), at + 1
        if raw[at : at + 1] == "\\" and is_separator(raw, at + 1):
            found.append((line.cut(at + 1, at + 2), line.span(at, at + 2)))
            at = last = at + 2
            continue
        word, end = next_word(line, at)
        if word is None:
            return found, (first, last), end
        found.append((word, line.span(at, end)))
        at = last = end


def _substituted(word: Word, environment: Environment) -> Iterator[Word]:
    """The word with variables put in: itself, or as many as the value of a lone `$X` has."""
    text = word.exact
    if text is not None and text.startswith("$") and text[1:2] not in ("{", "$"):
        yield from _split(text[1:], word.span, environment)
        return
    parts = [piece for part in word.parts for piece in _pieces(part, environment)]
    yield Word(tuple(parts), word.span)


def _split(name: str, span: Span, environment: Environment) -> Iterator[Word]:
    value = _value(name, environment)
    if value is None:
        return
    if not value.is_exact:
        yield Word((value.because(Origin.at(span)),), span, loose=True)
        return
    text, at = Text.placed(str(value.only), span), 0
    while True:
        piece, at = next_word(text, at, escapes=False)
        if piece is None:
            return
        yield Word((Value.exact(piece.text, *value.origins),), span)


def _value(name: str, environment: Environment) -> Value | None:
    value = environment.get(name)
    long = value is not None and value.is_exact and len(str(value.only)) > LONGEST_VALUE
    return _TOO_MUCH if long else value


_TOO_MUCH: Final = Value.unknown("too much is put into it")


def _pieces(part: Text | Value, environment: Environment) -> Iterator[Text | Value]:
    """A part with each `${X}` replaced and each `$$` halved."""
    if isinstance(part, Value):
        yield part
        return
    text, at, kept, put = part.text, 0, 0, 0
    while (at := text.find("$", at)) >= 0:
        sign = text[at + 1 : at + 2]
        end = text.find("}", at) if sign == "{" else -1
        if sign == "$" or end >= 0:
            if at > kept or sign == "$":
                yield part.cut(kept, at + (sign == "$"))
            if end >= 0:
                span = part.span(at, end + 1)
                put += 1
                value = _value(text[at + 2 : end], environment) if put <= MOST_VARIABLES else _TOO_MUCH
                unset = Value.exact("", Origin.assumed("the variable is set in no file", span))
                yield unset if value is None else value.because(Origin.at(span))
            at = kept = (at + 2) if end < 0 else end + 1
        else:
            at += 1
    if kept < len(text) or not text:
        yield part.cut(kept) if kept else part
