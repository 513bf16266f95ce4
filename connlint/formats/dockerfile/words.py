"""The words of a Dockerfile's instructions: JSON arrays, and words with variables as docker expands them."""

from __future__ import annotations

import json
import re
from typing import Final

from connlint.formats.shell.buffer import Buffer
from connlint.formats.shell.expansion import Expander
from connlint.formats.shell.lexer import Lexer
from connlint.formats.shell.state import Part, State
from connlint.formats.shell.syntax import Block, WordNode
from connlint.formats.words import Text, Word
from connlint.source import Span
from connlint.value import Origin, Value

_BLANKS: Final = frozenset(" \t\n\r\v\f")
_STRING: Final = re.compile(r'\s*("(?:[^"\\\x00-\x1f]|\\.)*")\s*')
_NAME: Final = re.compile(r"([^\s='\"]+)=")


class _DockerLexer(Lexer):
    """Docker's own expansion knows no commands: `$(` and backquotes are characters like others."""

    escape = "\\"

    def _dollar(self, buffer: Buffer, quoted: bool) -> None:
        if self.peek("$("):
            buffer.add(self.at, quoted)
            self.at += 1
        else:
            super()._dollar(buffer, quoted)

    def _backquotes(self, buffer: Buffer, quoted: bool) -> None:
        escapes = self.escape == "`" and self.at + 1 < len(self.characters)
        if escapes and (not quoted or self.characters[self.at + 1] in '"$`'):
            self.at += 1
            quoted = True
        buffer.add(self.at, quoted)
        self.at += 1

    def _piece(self, buffer: Buffer, quoted: bool) -> None:
        if self.escape == "`" and self.peek("\\"):
            buffer.add(self.at, True)
            self.at += 1
        elif self.peek("\\") and self.at + 1 == len(self.characters):
            self.at += 1  # an escape of nothing is nothing
        else:
            super()._piece(buffer, quoted)

    def quoted_piece(self, buffer: Buffer, escapable: str) -> None:
        """One piece inside double quotes."""
        if self.escape == "`" and self.peek("\\"):
            buffer.add(self.at, True)
            self.at += 1
        else:
            super().quoted_piece(buffer, escapable.replace("`", ""))  # a backslash before a backquote stays


def _lexer(text: Text, escape: str) -> _DockerLexer:
    lexer = _DockerLexer(text)
    lexer.escape = escape
    lexer.parse_inner = lambda: Block(())
    lexer.parse_text = lambda _text, _depth: Block(())
    return lexer


def _no_output(_body: Block, _state: State, span: Span) -> tuple[Part, ...]:
    return (Value.unknown("docker runs nothing here", Origin.at(span)),)


def json_words(text: Text) -> tuple[Word, ...] | None:
    """The words of a JSON array of strings; None where it is none, which docker then reads as a plain line."""
    stripped = text.text.strip()
    if not stripped.startswith("[") or not stripped.endswith("]"):
        return None
    at = text.text.index("[") + 1
    end = text.text.rindex("]")
    words: list[Word] = []
    while True:
        found = _STRING.match(text.text, at, end)
        if found is None:
            return () if not words and not text.text[at:end].strip() else None
        try:
            value = str(json.loads(found[1]))
        except ValueError:
            return None
        start, stop = found.start(1) + 1, found.end(1) - 1
        inner = text.cut(start, stop)
        plain = "\\" not in inner.text
        words.append(Word.of(inner) if plain and inner.text else Word(_placed(value, text.span(start, stop)),
                                                                      text.span(start, stop)))  # fmt: skip
        at = found.end()
        if at == end:
            return tuple(words)
        if text.text[at] != ",":
            return None
        at += 1


def _placed(text: str, span: Span) -> tuple[Part, ...]:
    return (Text.placed(text, span),) if text else ()


def words(text: Text, state: State, escape: str = "\\") -> list[Word]:
    """The blank-separated words of a line, expanded; each stays one word."""
    lexer = _lexer(text, escape)
    found: list[Word] = []
    while True:
        _skip(lexer)
        node = lexer.word(_BLANKS)
        if node is None:
            return found
        found.append(_expanded(node, state))


def whole(text: Text, state: State, escape: str = "\\") -> Word:
    """All of a line as one word."""
    node = _lexer(text, escape).word(frozenset())
    return _expanded(node, state) if node is not None else Word((), text.span())


def pairs(text: Text, state: State, escape: str = "\\") -> list[tuple[str, Word | None]]:
    """`name=value ...` of ENV and ARG; a name alone has no value. All see the variables from before the line."""
    lexer = _lexer(text, escape)
    found: list[tuple[str, Word | None]] = []
    while True:
        _skip(lexer)
        if lexer.at >= len(lexer.characters):
            return found
        name = _NAME.match(lexer.characters, lexer.at)
        if name is None:
            node = lexer.word(_BLANKS)
            found.append((node.plain or "" if node is not None else "", None))
            continue
        lexer.at = name.end()
        node = lexer.word(_BLANKS)
        here = text.span(name.start(), name.end())
        found.append((name[1], _expanded(node, state) if node is not None else Word((), here)))


def _skip(lexer: Lexer) -> None:
    while lexer.at < len(lexer.characters) and lexer.characters[lexer.at] in _BLANKS:
        lexer.at += 1


def _expanded(node: WordNode, state: State) -> Word:
    return Expander(_no_output).single(node, state, node.span)
