"""What `echo` and `printf` print of their words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from connlint.formats.shell.state import Part
from connlint.formats.words import Word
from connlint.value import Value

_OPTIONS: Final = re.compile(r"-[neE]+")
_DIRECTIVE: Final = re.compile(r"%(?:%|s|d|i)|\\(?:n|t|r|\\)|%|\\")
_ESCAPES: Final = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\", "%%": "%"}


def echoed(words: Sequence[Word]) -> tuple[Part, ...] | None:
    """What `echo` prints; None where shells differ about a backslash or a word is not known to be one."""
    options = ""
    while words and (text := words[0].exact) is not None and _OPTIONS.fullmatch(text):
        options += text
        words = words[1:]
    found: list[Part] = []
    for at, word in enumerate(words):
        if word.loose or "\\" in word.known:
            return None
        found.extend((*((Value.exact(" "),) if at else ()), *word.parts))
    return (*found, *(() if "n" in options else (Value.exact("\n"),)))


def printed(words: Sequence[Word]) -> tuple[Part, ...] | None:
    """What `printf` prints, for formats of `%s`, `%d` and the usual escapes; None for others."""
    if not words or words[0].exact is None or any(word.loose for word in words):
        return None
    form, rest = words[0].exact, list(words[1:])
    found: list[Part] = []
    while True:
        taken = False
        at = 0
        for match in _DIRECTIVE.finditer(form):
            if match.start() > at:
                found.append(Value.exact(form[at : match.start()]))
            at = match.end()
            if match[0] in ("%", "\\"):
                return None
            if match[0] in _ESCAPES:
                found.append(Value.exact(_ESCAPES[match[0]]))
            elif rest:
                taken = True
                word = rest.pop(0)
                if match[0] != "%s" and not re.fullmatch(r"-?(0|[1-9]\d{0,17})", word.exact or ""):
                    return None
                found.extend(word.parts)
            elif match[0] != "%s":
                found.append(Value.exact("0"))
        if at < len(form):
            found.append(Value.exact(form[at:]))
        if not rest or not taken:
            return tuple(found)
