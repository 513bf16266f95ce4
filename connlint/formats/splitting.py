"""Splitting a text into words as Python's `shlex.split` does, with the place of every character.

supervisor, gunicorn (GUNICORN_CMD_ARGS), honcho and compose split their commands this way, or nearly so.
"""

from __future__ import annotations

from typing import Final

from connlint.formats.words import Text, Word

_SPACE: Final = " \t\r\n"


class Unbalanced(ValueError):
    """A quotation that does not end, or a backslash at the very end; `str()` says which."""


def split(text: Text, *, comments: bool = False) -> tuple[Word, ...]:
    """The words of `text` by the rules of `shlex.split(text, comments)`: POSIX quotes, nothing expanded.

    Raises `Unbalanced` where shlex raises ValueError.
    """
    words: list[Word] = []
    characters, at = text.text, 0
    while at < len(characters):
        if characters[at] in _SPACE:
            at += 1
        elif comments and characters[at] == "#":
            end = characters.find("\n", at)
            at = len(characters) if end < 0 else end
        else:
            word, at = _word(text, at, comments)
            words.append(word)
    return tuple(words)


def _word(text: Text, start: int, comments: bool) -> tuple[Word, int]:
    """The word that starts at `start`, and where it ends."""
    characters, kept, at, quote = text.text, [], start, ""
    while at < len(characters):
        character = characters[at]
        if not quote and (character in _SPACE or (comments and character == "#")):
            break
        if character == "\\" and quote != "'":
            if at + 1 >= len(characters):
                raise Unbalanced("a backslash stands at the end")
            if quote and characters[at + 1] not in ('"', "\\"):
                kept.append(at)  # inside double quotes it stands for itself unless it escapes
            kept.append(at + 1)
            at += 1
        elif character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        else:
            kept.append(at)
        at += 1
    if quote:
        raise Unbalanced("a quotation does not end")
    joined = Text("".join(characters[i] for i in kept), text.source, [text.offsets[i] for i in kept])
    return Word((joined,) if kept else (), text.span(start, at)), at
