"""Where strings and comments stand in Python text, also in text that does not parse.

Two rooms need exactly this and nothing more: ignore comments (which must be real comments) and the masking of
code frames. A whole tokenizer would refuse half-written files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.records import dataclass

# Every alternative ends on its own (a quote, a line end, the text's end), so nothing ever backtracks.
LITERAL: Final = (
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<string>(?:\b[rRbBuUfFtT]{1,2})?(?:"
    r'"""(?:[^\\"]+|\\.|"(?!""))*(?:"""|\\?\Z)'
    r"|'''(?:[^\\']+|\\.|'(?!''))*(?:'''|\\?\Z)"
    r'|"(?:[^\\"\n]+|\\.)*(?:"|(?=\n)|\\?\Z)'
    r"|'(?:[^\\'\n]+|\\.)*(?:'|(?=\n)|\\?\Z)))"
)
_LITERAL = re.compile(LITERAL, re.S)


@dataclass(frozen=True, slots=True)
class Literal:
    """A string (prefix and quotes included) or a comment (with its `#`), as offsets into the text."""

    start: int
    end: int
    is_comment: bool


def literals(text: str) -> Iterator[Literal]:
    """Every string and comment of Python text, in order. A string nobody closes ends with its line or the text."""
    for match in _LITERAL.finditer(text):
        yield Literal(match.start(), match.end(), match.lastgroup == "comment")
