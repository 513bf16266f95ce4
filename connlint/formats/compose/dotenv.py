"""Env files as compose reads them: `.env` beside the compose file, and what `env_file` names.

Source: compose-go 2, dotenv/parser.go and godotenv.go. The dialect differs from python-dotenv's: `:` may stand for
`=`, ` #` starts a comment after an unquoted value, `$X` is put in as well as `${X}`, and single quotes know `\\'`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.formats.compose.interpolation import InvalidTemplate, Lookup, expand
from connlint.formats.document import Problem
from connlint.formats.words import Text
from connlint.records import dataclass
from connlint.source import Source, Span
from connlint.value import Origin, Value

LARGEST_ENV: Final = 500_000  # characters
_SPACE: Final = "\t\v\f\r \x85\xa0"
_EXPORT: Final = re.compile(r"export[\t\n\f\r ]+")
_BLANKS: Final = re.compile(f"[{_SPACE}]*")
_START: Final = re.compile(r"(?:\s+|#[^\n]*)*")
_DIGIT: Final = re.compile(r"\s*\d")
_ESCAPE: Final = re.compile(r"\\(?:([abcfnrtv$\"\\])|0(\d{0,3}))", re.ASCII)
_ESCAPED: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable of an env file. `text` None: a bare name, taken from the environment; `expands`: `$` counts."""

    name: str
    text: Text | None
    span: Span
    expands: bool = True


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The assignments of a file in order, up to the first thing that is none (then with a fatal problem)."""

    source: Source
    assignments: tuple[Assignment, ...] = ()
    problems: tuple[Problem, ...] = ()


class _Broken(Exception):
    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end


def parse_env_file(source: Source, form: str = "") -> EnvFile:
    """The assignments of a file; `form` is compose's `format`, of which only `raw` differs."""
    if len(source.text) > LARGEST_ENV:
        message = f"it has more than {LARGEST_ENV} characters"
        return EnvFile(source, (), (Problem("too-large", message, source.span(0, 0)),))
    if form == "raw":
        return EnvFile(source, tuple(_raw(source)))
    found: list[Assignment] = []
    try:
        found.extend(_statements(source))
    except _Broken as error:
        span = source.span(error.start, error.end)
        # a generator hands over all before it: `extend` keeps what it got
        return EnvFile(source, tuple(found), (Problem("syntax", str(error), span, fatal=True),))
    return EnvFile(source, tuple(found))


def env_values(
    file: EnvFile, lookup: Lookup, before: Mapping[str, Value] | None = None
) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """The variables of a file.

    What `lookup` knows is put in before what the file set above, and that before the variables of earlier files.
    """
    earlier = before or {}
    values: dict[str, Value] = {}
    problems: list[Problem] = []

    def found(name: str) -> Value | None:
        value = lookup(name)
        return value if value is not None else values.get(name, earlier.get(name))

    for assignment in file.assignments:
        name, text = assignment.name, assignment.text
        if text is None:
            inherited = lookup(name)
            if inherited is not None:
                values[name] = inherited
        elif not assignment.expands or "$" not in text.text:
            values[name] = Value.exact(text.text, Origin.at(text.span() if text.text else assignment.span))
        else:
            try:
                values[name] = expand(text, found).value
            except InvalidTemplate as error:
                problems.append(Problem("syntax", str(error), error.span, fatal=True))
                values[name] = Value.unknown("what it is made of is not valid", Origin.at(assignment.span))
    return {name: value for name, value in values.items() if name and not _DIGIT.match(name)}, tuple(problems)


def merged_lookup(*layers: Mapping[str, Value]) -> Lookup:
    """Look a variable up in the first of the layers that has it."""

    def look(name: str) -> Value | None:
        return next((layer[name] for layer in layers if name in layer), None)

    return look


def _statements(source: Source) -> Iterator[Assignment]:
    text, at = source.text, 0
    while True:
        start = _START.match(text, at)
        at = start.end() if start is not None else at
        if at >= len(text):
            return
        exported = _EXPORT.match(text, at)
        if exported is not None:
            blanks = _BLANKS.match(text, at + len("export"))
            at = blanks.end() if blanks is not None else exported.end()
            if at >= len(text):
                raise _Broken("there must be the name of a variable behind `export`", at - 1, at)
        stop = _name_end(text, at)
        name = text[at:stop].rstrip() if stop is not None else ""
        if stop is None or text[stop] == "\n":
            if stop is None:  # a bare name at the very end of the file sets nothing
                return
            if " " in name:
                raise _Broken("the name of a variable must not have a space in it", at, stop)
            yield Assignment(name, None, source.span(at, at + len(name)))
            at = stop + 1
            continue
        if " " in name:
            raise _Broken("the name of a variable must not have a space in it", at, stop)
        blanks = _BLANKS.match(text, stop + 1)
        begin = blanks.end() if blanks is not None else stop + 1
        value, expands, after = _value(source, begin)
        yield Assignment(name, value, source.span(at, at + len(name)), expands)
        at = after


def _name_end(text: str, at: int) -> int | None:
    """Where the `=`, `:` or line end behind a name stands; None where the text ends before it."""
    for index in range(at, len(text)):
        sign = text[index]
        if sign in "=:\n":
            return index
        if not (sign in _SPACE or sign in "_.-[]" or sign.isalpha() or sign.isnumeric()):
            raise _Broken("this is not allowed in the name of a variable", index, index + 1)
    return None


def _value(source: Source, at: int) -> tuple[Text, bool, int]:
    """The value from `at` on, whether `$` counts in it, and where the statement ends."""
    text = source.text
    if text[at : at + 1] in ("'", '"') and at < len(text):
        return _quoted(source, at)
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    stop = text.find(" #", at, end)
    found = text[at : end if stop < 0 else stop].rstrip()
    return Text.of(source.span(at, at + len(found))), True, min(end + 1, len(text))


def _quoted(source: Source, start: int) -> tuple[Text, bool, int]:
    text, quote = source.text, source.text[start]
    kept: list[int] = []
    escaped = False
    for at in range(start + 1, len(text)):
        sign = text[at]
        if sign == quote and not escaped:
            found = Text("".join(text[i] for i in kept), source, kept)
            return (_unescaped(found) if quote == '"' else found), quote == '"', at + 1
        if sign == "\\" and not escaped:
            escaped = True
            continue
        if escaped and sign != quote:
            kept.append(at - 1)
        escaped = False
        kept.append(at)
    end = text.find("\n", start)
    raise _Broken("a quotation starts here and does not end", start, len(text) if end < 0 else end)


def _unescaped(found: Text) -> Text:
    """With the escapes of double quotes carried out; `\\$` becomes `$$`, which stands for a dollar sign."""
    pieces: list[str] = []
    offsets: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(found.text):
        pieces.append(found.text[at : match.start()])
        offsets.extend(found.offsets[at : match.start()])
        new = _one_escape(match)
        pieces.append(new)
        offsets.extend([found.offsets[match.start()]] * len(new))
        at = match.end()
    return Text("".join((*pieces, found.text[at:])), found.source, (*offsets, *found.offsets[at:]))


def _one_escape(match: re.Match[str]) -> str:
    if match[1] == "$":
        return "$$"
    if match[1] is not None:
        return _ESCAPED.get(match[1], match[0])
    try:  # Go wants exactly three octal digits, of one byte
        number = int(match[2], 8) if len(match[2]) == 3 else 256
    except ValueError:
        number = 256
    return chr(number) if number < 256 else match[0].replace("\\0", "\\", 1)


def _raw(source: Source) -> Iterator[Assignment]:
    """docker's own dialect: `NAME=everything else`, with `#` at the start of a line as the only comment."""
    at = 0
    for line in source.text.split("\n"):
        stripped = line.lstrip().removesuffix("\r")
        start = at + len(line) - len(line.lstrip())
        at += len(line) + 1
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        begin = start + len(name) + 1
        text = Text.of(source.span(begin, begin + len(value))) if equals else None
        yield Assignment(name.strip(), text, source.span(start, start + len(name)), expands=False)
