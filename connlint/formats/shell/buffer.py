"""Gathers the pieces of a word while it is read."""

from __future__ import annotations

from connlint.formats.shell.syntax import Literal, Unit, WordNode
from connlint.formats.words import Text
from connlint.source import Span


class SyntaxProblem(Exception):
    """The script cannot be read on; `at` is the index in its text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class Buffer:
    """Units under construction: characters of one kind are gathered into one literal."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self.units: list[Unit] = []
        self._characters: list[str] = []
        self._offsets: list[int] = []
        self._quoted = False

    @property
    def is_empty(self) -> bool:
        return not self.units and not self._characters

    def add(self, at: int, quoted: bool, characters: str | None = None) -> None:
        """The character at index `at`, or `characters` that stand for what is there."""
        if self._characters and self._quoted != quoted:
            self.flush()
        self._quoted = quoted
        characters = self._text.text[at] if characters is None else characters
        self._characters.append(characters)
        self._offsets.extend([self._text.offsets[at]] * len(characters))

    def add_run(self, start: int, end: int, quoted: bool) -> None:
        """The characters from `start` up to `end` as they are; an empty quoted run makes an empty word."""
        if self._characters and self._quoted != quoted:
            self.flush()
        self._quoted = quoted
        if start < end:
            self._characters.append(self._text.text[start:end])
            self._offsets.extend(self._text.offsets[start:end])
        elif quoted and not self._characters:
            self.units.append(Literal(self._text.cut(start, start), True))

    def unit(self, unit: Unit) -> None:
        self.flush()
        self.units.append(unit)

    def flush(self) -> None:
        if self._characters:
            text = Text("".join(self._characters), self._text.source, tuple(self._offsets))
            self.units.append(Literal(text, self._quoted))
            self._characters, self._offsets = [], []

    def word(self, span: Span) -> WordNode:
        self.flush()
        return WordNode(tuple(self.units), span)
