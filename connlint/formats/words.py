"""Texts that know where each of their characters stands, and the words of commands made of them.

A command line is seldom a plain stretch of one file: YAML folds it, a Dockerfile continues it over lines, a
shell puts a variable's value into it. A `Text` keeps the place of every character, a `Word` the parts it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

from connlint.records import dataclass, field
from connlint.source import Source, Span
from connlint.value import Origin, Value

_MOST_READINGS: Final = 16  # alternatives of one word, when several of its parts are one of several


@dataclass(frozen=True, slots=True)
class Text:
    """A text taken out of a file: the character at index i stands at `offsets[i]` of the file.

    Characters that stand for nothing of the file (a fold's space) have the offset of what they replace.
    """

    text: str
    source: Source
    offsets: Sequence[int] = field(repr=False)

    @classmethod
    def of(cls, span: Span) -> Text:
        """The characters of a span as they are."""
        return cls(span.text, span.source, range(span.start, span.end))

    @classmethod
    def placed(cls, text: str, span: Span) -> Text:
        """A text that stands for the whole of `span`, whatever its characters are."""
        return cls(text, span.source, (span.start,) * len(text))

    def cut(self, start: int, end: int | None = None) -> Text:
        """The part from index `start` up to, not including, `end`."""
        return Text(self.text[start:end], self.source, self.offsets[start:end])

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Where the characters from `start` up to `end` stand; an empty part has the place of its start."""
        end = len(self.text) if end is None else min(end, len(self.text))
        if not self.offsets:
            return self.source.span(0, 0)
        if start >= end or start >= len(self.offsets):
            at = self.offsets[start] if start < len(self.offsets) else self.offsets[-1] + 1
            return self.source.span(at, at)
        return self.source.span(self.offsets[start], max(self.offsets[end - 1], self.offsets[start]) + 1)

    def __add__(self, other: Text) -> Text:
        """Both, one after the other; the places of another file's characters are lost to the last place of this."""
        offsets: Sequence[int] = other.offsets
        if other.source is not self.source:
            offsets = ((self.offsets[-1] if self.offsets else 0),) * len(other.text)
        return Text(self.text + other.text, self.source, (*self.offsets, *offsets))


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, after the shell (or compose, systemd, ...) has expanded it.

    `parts` are joined: a `Text` stands in the file itself, a `Value` (of text) came from a variable or a command.
    `loose`: an unquoted expansion of something not known. It may be no word at all, or several.
    """

    parts: tuple[Text | Value, ...]
    span: Span
    loose: bool = False

    @classmethod
    def of(cls, text: Text) -> Word:
        return cls((text,), text.span())

    @property
    def value(self) -> Value:
        """The word as a value of text; its origins are its own place and those of what was put into it."""
        parts = [p if isinstance(p, Value) else Value.exact(p.text, Origin.at(self.span)) for p in self.parts]
        if not parts:
            return Value.exact("", Origin.at(self.span))
        if len(parts) == 1:
            return parts[0] if not isinstance(self.parts[0], Value) else parts[0].because(Origin.at(self.span))
        origins = tuple(dict.fromkeys((Origin.at(self.span), *(o for p in parts for o in p.origins))))
        unknown = next((p for p in parts if p.is_unknown or not p.alternatives), None)
        if unknown is not None:
            return Value.unknown(unknown.reason or "a part of it is not known", *origins)
        readings = list(product(*(p.alternatives for p in parts)))[: _MOST_READINGS + 1]
        if len(readings) > _MOST_READINGS:
            return Value.unknown("it has too many readings", *origins)
        return Value.choice(("".join(str(part) for part in reading) for reading in readings), *origins)

    @property
    def known(self) -> str:
        """The text the word is certain to start with: all of it where every part is exact."""
        found = ""
        for part in self.parts:
            if isinstance(part, Text):
                found += part.text
            elif part.is_exact:
                found += str(part.only)
            else:
                break
        return found

    @property
    def exact(self) -> str | None:
        """The whole word where it is known; None otherwise."""
        if all(isinstance(part, Text) or part.is_exact for part in self.parts):  # nearly always, and asked very often
            return "".join(part.text if isinstance(part, Text) else str(part.only) for part in self.parts)
        value = self.value
        return str(value.only) if value.is_exact else None

    def without(self, start: int) -> Word:
        """The word less its first `start` characters, which must be known ones (`--workers=` of `--workers=$N`)."""
        rest: list[Text | Value] = []
        for part in self.parts:
            text = part.text if isinstance(part, Text) else str(part.only) if part.is_exact else None
            if not start or text is None:
                rest.append(part)
            elif len(text) <= start:
                start -= len(text)
            else:
                rest.append(part.cut(start) if isinstance(part, Text) else Value.exact(text[start:], *part.origins))
                start = 0
        first = rest[0] if rest else None
        span = first.span() if isinstance(first, Text) and len(rest) == 1 else self.span
        return Word(tuple(rest), span, self.loose)

    def as_text(self) -> Text | None:
        """The word as a text to be read again (the script after `sh -c`); None when a part of it is not known."""
        found: Text | None = None
        for part in self.parts:
            if isinstance(part, Value):
                if not part.is_exact:
                    return None
                part = Text.placed(str(part.only), self.span)
            found = part if found is None else found + part
        return found if found is not None else Text.placed("", self.span)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as a file states it: `words` to be executed as they are, or a `script` for `/bin/sh -c`."""

    span: Span
    words: tuple[Word, ...] = ()
    script: Text | None = None

    @property
    def is_empty(self) -> bool:
        """Stated, and empty: `entrypoint: []` clears the image's own."""
        return not self.words and (self.script is None or not self.script.text.strip())


@dataclass(frozen=True, slots=True)
class Invocation:
    """A program that is run: by a script, or as the process of a container.

    `environment`: what it finds there (exported variables only). `directory`: the folder it runs in, as the file
    states it (absolute in a container). `sure`: it runs on every way through the script. `condition`: what it hangs
    on, in words, where it does not. `background`: the script goes on while it runs. `assumed`: where it is not sure,
    it still runs as long as the variables that no file sets are unset; `excluded`: it runs only when one of them is set.
    """

    words: tuple[Word, ...]
    environment: dict[str, Value]
    directory: str = ""
    sure: bool = True
    background: bool = False
    condition: str = ""
    assumed: bool = False
    excluded: bool = False

    @property
    def span(self) -> Span | None:
        return self.words[0].span if self.words else None


def texts(words: Iterable[Word]) -> list[str | None]:
    """Each word where it is known, None where not."""
    return [word.exact for word in words]
