"""What of a Python line is hidden in a code frame: every string that is not certainly harmless, and comments.

Shown are: names of settings (dictionary keys, subscripts, names of environment variables), values of the keys
that say how connections are made, and what a label points at, unless a name around it sounds secret.
"""

from __future__ import annotations

import keyword
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from connlint.literals import LITERAL
from connlint.records import dataclass, field
from connlint.report.redact import WORD_KEYS, looks_secret, secret_ranges
from connlint.source import Source

Range: TypeAlias = tuple[int, int]

_LARGEST: Final = 1_000_000  # characters; of a larger file every shown line is hidden
_DEEPEST: Final = 60  # open brackets; what stands deeper is hidden

_TOKEN = re.compile(
    LITERAL + r"|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<number>\d[\w.]*)|(?P<newline>\n)"
    r"|(?P<operator>[=!<>:+*/%&|^@-]=|->|[()\[\]{},:=;])",
    re.S,
)
# A statement at the margin ends brackets that nobody closed.
_STATEMENT = re.compile(r"(?:def|class|if|from|import|for|with|try)\b|[A-Z_][A-Z0-9_]*\s*=")
_OPENING = re.compile(r"[A-Za-z]*(\"\"\"|'''|[\"'])")
_NAME = re.compile(r"[^\W\d][\w.-]{0,63}\Z")
_WORD = re.compile(r"[\w.:/-]{0,80}\Z")
_PLAIN = re.compile(r"(?:[+-]?\d{1,5}(?:\.\d{1,3})?[a-z]{0,3}|true|false|none|null|on|off|yes|no)?\Z", re.I)
_DIRECTIVE = re.compile(r"#\s*connlint\s*:", re.I)
_READER = re.compile(r"(?:^|\.)(?:environ|getenv|env|config|setdefault|pop|get)$|(?:^|\.)env\.\w+$")
_TRANSPARENT: Final = frozenset({"default", "cast", "var"})  # arguments that say nothing about what they hold


@dataclass(slots=True)
class _Token:
    """A string, comment or number, with the names that govern it, outermost first, and where they stand."""

    start: int
    end: int
    kind: str
    keys: tuple[tuple[str, int], ...] = ()
    is_name: bool = False  # a key, a subscript or the name of a variable


@dataclass(slots=True)
class _Level:
    """An open bracket (or the statement itself) and the names that govern what stands in it now."""

    bracket: str = ""
    caller: str = ""
    variable: tuple[tuple[str, int], ...] = ()  # the variable that a call reads governs its default as well
    keys: list[tuple[str, int]] = field(default_factory=list)
    last: tuple[str, int, _Token | None] | None = None
    first: bool = True  # no comma yet


def hidden(source: Source, start: int, end: int, labels: Sequence[Range]) -> Iterator[Range]:
    """The ranges between offsets `start` and `end` (one line) to hide; `labels` are the ranges pointed at."""
    text = source.text
    if len(text) > _LARGEST:
        yield start, end
        return
    tokens = _tokens(text)
    for index in range(bisect_left(tokens, start, key=lambda token: token.end), len(tokens)):
        if tokens[index].start >= end:
            break
        yield from ((max(a, start), min(b, end)) for a, b in _hidden_in(tokens[index], text, labels))


def _hidden_in(token: _Token, text: str, labels: Sequence[Range]) -> Iterator[Range]:
    content = text[token.start : token.end]
    within = _content(token, content)
    value = text[slice(*within)]
    labelled = [label for label in labels if _touches(token, *label)]
    secret = any(looks_secret(key) for key, _ in token.keys)
    if token.kind == "number":
        shown = not secret
    elif token.kind == "comment":
        shown = bool(_DIRECTIVE.match(content))
    elif token.kind == "string":
        shown = (token.is_name and bool(_NAME.match(value))) or (not secret and _may_show(token, value, labelled))
    else:
        shown = False
    if shown:
        yield from ((token.start + a, token.start + b) for a, b in secret_ranges(content))
    else:
        yield within


def _may_show(token: _Token, value: str, labelled: Sequence[Range]) -> bool:
    """Whether the value belongs to a setting that may be shown, or is itself what a label points at."""
    keys = [key for key in token.keys if key[0] not in _TRANSPARENT]
    key, key_start = keys[-1] if keys else ("", -1)
    if _PLAIN.match(value) or (key in WORD_KEYS and _WORD.match(value)):
        return True
    # A label that covers more than the text is about something larger; then only harmless keys show their values.
    return key != "NAME" and any(key_start < a and token.start <= a and b <= token.end for a, b in labelled)


def _touches(token: _Token, start: int, end: int) -> bool:
    return (start <= token.start and token.end <= end) or (token.start <= start and end <= token.end)


def _content(token: _Token, content: str) -> Range:
    """The offsets of what stands between the quotes, or after the `#` and blanks."""
    if token.kind == "comment":
        return token.start + len(content) - len(content[1:].lstrip()), token.end
    opening = _OPENING.match(content)
    if token.kind != "string" or opening is None:
        return token.start, token.end
    quote = opening.group(1)
    closed = len(content) >= opening.end() + len(quote) and content.endswith(quote)
    return token.start + opening.end(), token.end - (len(quote) if closed else 0)


@lru_cache(maxsize=4)
def _tokens(text: str) -> list[_Token]:
    """Strings, comments and numbers of a text, in order; a report shows several lines of the same few files."""
    found: list[_Token] = []
    levels = [_Level()]
    for match in _TOKEN.finditer(text):
        if len(levels) > _DEEPEST:
            found.append(_Token(match.start(), len(text), "opaque"))
            break
        kind = match.lastgroup or ""
        if kind == "name":
            levels[-1].last = (match.group(), match.start(), None)
        elif kind == "newline":
            if len(levels) == 1 or _STATEMENT.match(text, match.end()):
                levels = [_Level()]
        elif kind == "operator":
            _operator(match.group(), levels)
        else:
            found.append(_literal(match, kind, levels))
    return found


def _literal(match: re.Match[str], kind: str, levels: list[_Level]) -> _Token:
    level = levels[-1]
    token = _Token(match.start(), match.end(), kind)
    if kind == "string":
        start, end = _content(token, match.group())
        level.last = (match.string[start:end], match.start(), token)
        if level.first and level.bracket in ("(", "[") and _READER.search(level.caller):
            token.is_name = True
            level.variable = ((match.string[start:end], match.start()),)
    token.keys = tuple(key for each in levels for key in (*each.keys, *(() if token.is_name else each.variable)))
    return token


def _operator(operator: str, levels: list[_Level]) -> None:
    level = levels[-1]
    if operator in "([{":
        named = level.last is not None and level.last[2] is None and not keyword.iskeyword(level.last[0])
        levels.append(_Level(operator, level.last[0] if level.last and named else ""))
    elif operator in ")]}":
        if len(levels) > 1:
            _close(levels)
    elif operator in (",", ";"):
        level.keys.clear()
        level.first, level.last = False, None
    elif operator == "=" or (operator == ":" and level.bracket != "["):
        if level.last is not None:
            name, start, token = level.last
            level.keys.append((name.rsplit(".", 1)[-1], start))
            if token is not None and level.bracket == "{":
                token.is_name = True
        level.last = None
    else:
        level.last = None


def _close(levels: list[_Level]) -> None:
    """Leave a bracket; `name["KEY"]` makes KEY the name that a following `=` assigns to."""
    closed = levels.pop()
    if closed.bracket == "[" and closed.first and closed.caller and closed.last and closed.last[2]:
        closed.last[2].is_name = True
        levels[-1].last = (closed.last[0], closed.last[1], None)
