"""The words and signs of configuration files with blocks in braces: Odyssey's, and libconfig's, which ProxySQL reads.

Sources: Odyssey's sources/parser.h (comments from #, strings in "..."), libconfig's scanner.l (also // and /* */, `=`, `:`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.records import dataclass
from connlint.source import Source, Span

_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}()\[\]=:;,]|[^\s{}()\[\]=:;,"#]+')
_SKIPPED: Final = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a string without its quotes, or a sign; `span` with the quotes."""

    text: str
    span: Span
    quoted: bool = False

    def sign(self, text: str) -> bool:
        """Whether it is this sign, and not a string that looks like it."""
        return not self.quoted and self.text == text


def tokens(source: Source) -> Iterator[Token]:
    """Every token of a file; what is none (a quote that does not close) is passed over."""
    text, at, count = source.text, 0, 0
    while at < len(text) and count < MOST:
        blank = _SKIPPED.match(text, at)
        at = blank.end() if blank is not None else at
        found = _TOKEN.match(text, at)
        if found is None:
            at += 1
            continue
        quoted = found[0].startswith('"')
        yield Token(found[0][1:-1] if quoted else found[0], source.span(*found.span()), quoted)
        at, count = found.end(), count + 1


def as_block(source: Source) -> list[Token]:
    """All tokens of a file."""
    return list(tokens(source))


def closing(found: list[Token], opening: int) -> int:
    """The index of the sign that closes the block which opens at index `opening`; the end where none does."""
    depth = 0
    for index in range(opening, len(found)):
        token = found[index]
        if token.sign("{") or token.sign("("):
            depth += 1
        elif token.sign("}") or token.sign(")"):
            depth -= 1
            if depth == 0:
                return index
    return len(found)
