"""Words the way systemd splits and unescapes them: quotes anywhere, C escapes, and no shell.

Source: extract_first_word() in src/basic/extract-word.c and cunescape_one() in src/basic/escape.c of systemd 252 to 257.
An escape that systemd does not know stays as it is, with a warning in its log.
"""

from __future__ import annotations

import re
from typing import Final

from connlint.formats.systemd.syntax import WHITESPACE
from connlint.formats.words import Text

_NAMED: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"', "'": "'", "s": " ",
}  # fmt: skip
_NUMBERED: Final = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")


class Unbalanced(ValueError):
    """A quotation that does not end; systemd ignores the assignment."""


def next_word(text: Text, at: int, *, escapes: bool = True) -> tuple[Text | None, int]:
    """The next word from index `at` on, quotes and escapes undone, and where it ends; None at the end.

    `escapes=False`: quotes are removed, escapes are not looked at, and a quotation may end with the text, as where a
    variable is split. Raises `Unbalanced`.
    """
    raw = text.text
    while at < len(raw) and raw[at] in WHITESPACE:
        at += 1
    if at >= len(raw):
        return None, at
    start, quote = at, ""
    kept: list[str] = []
    places: list[int] = []
    while at < len(raw):
        sign, length = raw[at], 1
        if sign == "\\" and escapes:
            sign, length = _unescaped(raw, at)
        elif sign == quote:
            sign, quote = "", ""
        elif not quote and sign in "'\"":
            sign, quote = "", sign
        elif not quote and sign in WHITESPACE:
            break
        kept.append(sign)
        places += [text.offsets[at]] * len(sign)
        at += length
    if quote and escapes:
        raise Unbalanced("a quotation does not end")
    return Text("".join(kept), text.source, places or (text.offsets[start],)), at


def _unescaped(raw: str, at: int) -> tuple[str, int]:
    """What the backslash at `at` and the signs behind it stand for, and how many characters they are."""
    sign = raw[at + 1 : at + 2]
    if sign in _NAMED and sign:
        return _NAMED[sign], 2
    match = _NUMBERED.match(raw, at + 1)
    if match is not None:
        code = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3], 16)
        if 0 < code < (256 if match[4] else 0x110000):
            return chr(code), 1 + len(match[0])
    return raw[at : at + 2], len(raw[at : at + 2])


def is_separator(text: str, at: int) -> bool:
    """Whether an unquoted `;` stands here as a word of its own, which ends a command."""
    return text[at : at + 1] == ";" and (at + 1 >= len(text) or text[at + 1] in WHITESPACE)
