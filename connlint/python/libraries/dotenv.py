"""python-dotenv: the variables of a `.env` file, with the place of each.

Modelled on python-dotenv 1.2.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from connlint.python.libraries import Assignment, LibraryError, Lookup
from connlint.records import replace

_LONGEST: Final = 100_000  # characters of one value that refers to others, before and after
_MOST_REFERENCES: Final = 200  # `${` in one value

_SPACE: Final = re.compile(r"\s*")
_BLANKS: Final = re.compile(r"[^\S\n]*")
_EXPORT: Final = re.compile(r"(?:export[^\S\n]+)?")
_QUOTED_NAME: Final = re.compile(r"'([^']+)'")
_NAME: Final = re.compile(r"([^=#\s]+)")
_QUOTED: Final = {
    "'": re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL),
    '"': re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL),
}
_ESCAPES: Final = {"'": re.compile(r"\\([\\'])"), '"': re.compile(r"\\([\\'\"abfnrtv])")}
_ESCAPED: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LINE: Final = re.compile(r"[^\n]*")
_COMMENT: Final = re.compile(r"\s#")
_REFERENCE: Final = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")


def parse(text: str) -> tuple[Assignment, ...]:
    """The assignments of a `.env` file in order, before `${...}` is resolved; broken lines are left out.

    A name without `=` has the text None. The file is read as the library opens it, all line ends as `\\n`.
    """
    original = _offsets(text)
    translated = text.replace("\r\n", "\n").replace("\r", "\n")
    found = []
    at = 1 if translated[:1] == "\ufeff" else 0
    while at < len(translated):
        assignment, at = _binding(translated, at)
        if assignment is not None:
            start, end = original(assignment.start), original(assignment.end)
            found.append(replace(assignment, name_start=original(assignment.name_start), start=start, end=end))
    return tuple(found)


def _offsets(text: str) -> Callable[[int], int]:
    """From an offset in the text with `\\n` only to the one in the text as it is."""
    dropped = [match.start() - index for index, match in enumerate(re.finditer("\r\n", text))]
    return lambda offset: offset + bisect_right(dropped, offset - 1) if dropped else offset


def _binding(text: str, at: int) -> tuple[Assignment | None, int]:
    """One statement from `at` on, None for a comment or a broken one, and where the next begins."""
    at = _end(_SPACE, text, at)
    if at == len(text):
        return None, at
    at = _end(_EXPORT, text, at)
    if text[at : at + 1] == "#":
        return None, _after_line(text, at)
    match = (_QUOTED_NAME if text[at : at + 1] == "'" else _NAME).match(text, at)
    if match is None:
        return None, _after_line(text, at)
    name, name_start = match[1], match.start(1)
    assignment = Assignment(name, None, name_start, name_start, match.end(1))
    at = _end(_BLANKS, text, match.end())
    if text[at : at + 1] == "=":
        equals, at = at, _end(_BLANKS, text, at + 1)
        if text[at : at + 1] == "#" and at > equals + 1:  # `NAME= # comment`
            value, start, end, after = "", at, at, at
        else:
            quote = text[at : at + 1]
            read = _quoted(text, at, quote) if quote in _QUOTED else _unquoted(text, at)
            if read is None:
                return None, _after_line(text, at)
            value, start, end, after = read
        assignment, at = Assignment(name, value, name_start, start, end), after
    at = _end(_BLANKS, text, at)
    broken = text[at : at + 1] not in ("", "\n", "#")
    return None if broken else assignment, _after_line(text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _after_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end == -1 else end + 1


def _quoted(text: str, at: int, quote: str) -> tuple[str, int, int, int] | None:
    match = _QUOTED[quote].match(text, at)
    if match is None:
        return None
    value = _ESCAPES[quote].sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), match[1])
    return value, match.start(1), match.end(1), match.end()


def _unquoted(text: str, at: int) -> tuple[str, int, int, int]:
    """The rest of the line up to a `#` after a blank."""
    after = _end(_LINE, text, at)
    comment = _COMMENT.search(text, at, after)
    value = text[at : comment.start() if comment else after].rstrip()
    return value, at, at + len(value), after


def values(text: str, lookup: Lookup, *, interpolate: bool = True, override: bool = True) -> dict[str, Assignment]:
    """What `dotenv_values` returns, one final assignment for each name; `lookup` answers `${NAME}`.

    With `override` a value of this file comes before the environment's in a `${NAME}`, without it after.
    Raises `LibraryError` for a file whose values grow without measure.
    """
    result: dict[str, Assignment] = {}
    for assignment in parse(text):
        if interpolate and assignment.text is not None:
            assignment = replace(assignment, text=_resolved(assignment.text, result, lookup, override))
        result[assignment.name] = assignment
    return result


def load(text: str, lookup: Lookup, *, interpolate: bool = True, override: bool = False) -> dict[str, Assignment]:
    """The variables that `load_dotenv` sets in an environment that `lookup` answers for.

    It sets nothing where PYTHON_DOTENV_DISABLED is true (from 1.2 on). Raises `LibraryError` for a name or a
    text that no environment can hold.
    """
    disabled = lookup("PYTHON_DOTENV_DISABLED")
    if disabled is not None and disabled.casefold() in ("1", "true", "t", "yes", "y"):
        return {}
    found = values(text, lookup, interpolate=interpolate, override=override)
    loaded = {
        name: assignment
        for name, assignment in found.items()
        if assignment.text is not None and (override or lookup(name) is None)
    }
    for name, assignment in loaded.items():
        if "=" in name or "\0" in f"{name}{assignment.text}":
            raise LibraryError("a name or a text of the .env file cannot stand in an environment")
    return loaded


def _resolved(text: str, known: dict[str, Assignment], lookup: Lookup, override: bool) -> str:
    if "${" not in text:
        return text
    if text.count("${") > _MOST_REFERENCES or len(text) > _LONGEST:
        raise LibraryError("a value of the .env file refers to too many variables")
    parts: list[str] = []
    start = length = 0
    for match in _REFERENCE.finditer(text):
        answer = _answer(match["name"], match["default"], known, lookup, override)
        parts += (text[start : match.start()], answer)
        start = match.end()
        length += len(answer)
        if length > _LONGEST:
            raise LibraryError("the values of the .env file refer to each other and grow too long")
    return "".join((*parts, text[start:]))


def _answer(name: str, default: str | None, known: dict[str, Assignment], lookup: Lookup, override: bool) -> str:
    if override and name in known:
        return known[name].text or ""
    outside = lookup(name)
    if outside is not None:
        return outside
    if name in known:
        return known[name].text or ""
    return default or ""


def find(is_file: Callable[[str], bool], folder: str, filename: str = ".env") -> str | None:
    """The path that `find_dotenv` finds from `folder` upwards, or None.

    Folders are relative to the project with `/`, "" is its root; the folders above it are not looked at.
    """
    while True:
        path = posixpath.join(folder, filename)
        if is_file(path):
            return path
        if not folder.strip("/"):
            return None
        folder = posixpath.dirname(folder.rstrip("/"))
