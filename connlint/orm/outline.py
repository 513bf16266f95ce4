"""The outline of a module: its functions and classes told from the statements around them without parsing them.

Most modules that a thread reaches are asked for one name: parsing all of them is most of what an analysis costs. Where
anything is written in an unusual way there is no outline, and the module is parsed whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.records import dataclass

# What begins a statement at the left edge: not what closes brackets, and not a comment.
_EDGE: Final = re.compile(rb"^[^\s#)\]}]", re.MULTILINE)
_DEFINITION: Final = re.compile(rb"(?:async[ \t]+)?(def|class)[ \t]+([A-Za-z_][A-Za-z_0-9]*)(?=[ \t]*[(:\[])")
_KEYWORD: Final = re.compile(rb"(?:async[ \t]+)?(?:def|class)\b")
_ARGUMENTS: Final = rb"\((?:[^()#\"'\\]|\([^()#\"'\\]*\))*\)"
_BASES: Final = re.compile(rb"[ \t]*(?:" + _ARGUMENTS + rb")?[ \t]*(?=:)")
_TRIPLE: Final = re.compile(rb"\"\"\"|'''")
# What may stand before a text in triple quotes on its line: texts in single quotes, and code.
_BEFORE: Final = re.compile(
    rb"(?:[^\"'#\n\\]|\"(?!\"\")(?:[^\"\\\n]|\\.)*\"|'(?!'')(?:[^'\\\n]|\\.)*')*"
)  # fmt: skip
_CODING: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF_8: Final = (b"utf-8", b"utf8")


@dataclass(frozen=True, slots=True)
class Block:
    """A function or class at the left edge with its decorators: where its bytes are, and its lines from 1, the end excluded."""

    start: int
    end: int
    line: int
    end_line: int
    headed: bool  # a class whose bases are in the outline


@dataclass(frozen=True, slots=True)
class Outline:
    """`text`: the module with the bodies of its functions and classes left out, its lines where they were.

    `size`: bytes of it that are no filling. `blocks`: what was left out, in order.
    """

    text: bytes
    size: int
    blocks: tuple[Block, ...]


def outline(data: bytes) -> Outline | None:
    """The outline of a module; None where only the parser can tell."""
    found = _definitions(data) if _is_plain(data) else None
    if not found:
        return None
    parts: list[bytes] = []
    blocks: list[Block] = []
    at = size = 0
    line = 1
    for start, definition, end in found:
        text = data[at : definition.end()]
        bases = _BASES.match(data, definition.end()) if definition[1] == b"class" else None
        text += b"():0" if definition[1] == b"def" else b":0" if bases is None else bases[0] + b":0"
        first = line + data.count(b"\n", at, start)
        line = first + data.count(b"\n", start, end)
        blocks.append(Block(start, end, first, line, bases is not None))
        parts += (text, b"\n" * (data.count(b"\n", at, end) - text.count(b"\n")))
        size += len(text)
        at = end
    parts.append(data[at:])
    return Outline(b"".join(parts), size + len(data) - at, tuple(blocks))


def _is_plain(data: bytes) -> bool:
    """Whether lines end as usual and the text is UTF-8 as far as it says."""
    if (
        b"\f" in data
        or data.startswith(b"\xef\xbb\xbf")
        or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n"))
    ):
        return False
    named = (_CODING.match(line) for line in data.split(b"\n", 2)[:2])
    return all(match is None or match[1].lower() in _UTF_8 for match in named)


def _definitions(data: bytes) -> list[tuple[int, re.Match[bytes], int]] | None:
    """Each function and class at the left edge: its start, decorators included, what it is called, and its end."""
    found: list[tuple[int, re.Match[bytes], int]] = []
    begun: int | None = None  # where the decorators or the definition begin
    definition: re.Match[bytes] | None = None
    for at in (*_edges(data), len(data)):
        if at < 0:
            return None
        if begun is not None and definition is not None:
            found.append((begun, definition, at))
            begun = definition = None
        if data.startswith(b"@", at):
            begun = at if begun is None else begun
            continue
        if _KEYWORD.match(data, at):
            definition = _DEFINITION.match(data, at)
            begun = at if begun is None else begun
        if begun is not None and definition is None:
            return None  # a decorator that goes on at the left edge, a name that is not plain
    return found


def _edges(data: bytes) -> Iterator[int]:
    """Where statements begin at the left edge; -1 where it cannot be told."""
    texts = _texts(data)
    inner = next(texts, None)
    for edge in _EDGE.finditer(data):
        at = edge.start()
        while inner is not None and inner[1] <= at:
            inner = next(texts, None)
        if inner is not None and inner[0] < 0:
            yield -1
            return
        if inner is not None and inner[0] < at:
            continue
        if data[at - 2 : at] == b"\\\n" or data[at - 3 : at] == b"\\\r\n":
            yield -1
            return
        yield at


def _texts(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each text in triple quotes; (-1, end of the file) where it cannot be told."""
    at = 0
    while (found := _TRIPLE.search(data, at)) is not None:
        start = found.start()
        line = max(data.rfind(b"\n", 0, start) + 1, at)
        if data[line - 2 : line] == b"\\\n":
            yield -1, len(data)
            return
        before = data[line:start]
        if b'"' in before or b"'" in before or b"#" in before:
            stop = _BEFORE.match(data, line)
            assert stop is not None
            start = stop.end()
            if data.startswith(b"#", start):
                end = data.find(b"\n", start)
                at = end if end >= 0 else len(data)
                continue
            if data[start : start + 3] not in (b'"""', b"'''"):
                if data[start : start + 1] not in (b"\n", b""):
                    yield -1, len(data)
                    return
                at = start
                continue
        end = _end(data, data[start : start + 3], start + 3)
        if end < 0:
            yield -1, len(data)
            return
        yield start, end
        at = end


def _end(data: bytes, quotes: bytes, at: int) -> int:
    """Where a text ends that began before `at`."""
    while (end := data.find(quotes, at)) >= 0:
        backslashes = 0
        while data[end - 1 - backslashes] == 0x5C and end - 1 - backslashes >= at:
            backslashes += 1
        if not backslashes % 2:
            return end + 3
        at = end + 1
    return -1
