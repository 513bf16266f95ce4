"""How expanded pieces become words: unquoted ones are split, quoted ones are kept together."""

from __future__ import annotations

from typing import Final

from connlint.formats.shell.state import MOST_WORDS, Part, placed, shown, text_of
from connlint.formats.words import Text, Word
from connlint.source import Span
from connlint.value import Kind, Origin, Value

_BLANK: Final = " \t\n"


class Fields:
    """Gathers the words that one word of a script becomes."""

    def __init__(self, span: Span, separators: str | None = _BLANK) -> None:
        self._span = span
        self._separators = separators  # None: nobody knows at what words are split
        self._parts: list[Part] = []
        self._started = False
        self._unknown = False  # something unquoted that is not known is in the word
        self._fixed = False  # something else is in it
        self._pattern = False
        self.assumed: Origin | None = None  # what is added holds only as long as this does
        self.words: list[Word] = []

    def literal(self, text: Text, quoted: bool, split: bool = False) -> None:
        """Written characters; `split`: blanks among them separate words, as in `${X:-a b}`."""
        if split and not quoted:
            self.split(text)
        elif text.text or quoted:
            self._parts.append(self._noted(text))
            self._started = self._fixed = True
            self._pattern = self._pattern or (not quoted and bool(set(text.text) & set("*?[{")))

    def kept(self, part: Part) -> None:
        """An expansion in double quotes."""
        self._parts.append(self._noted(placed(part)))
        self._started = self._fixed = True

    def empty(self) -> None:
        """Quotes with nothing in them are a word all the same."""
        self._started = self._fixed = True

    def split(self, part: Part) -> None:
        """An expansion without quotes."""
        text = text_of(part)
        value = placed(part)
        if text is not None:
            if self._separators == _BLANK:
                self._pieces(part, text)
            elif self._separators is not None and not set(text) & set(self._separators):
                self._add(part)
            elif text:
                self._loose(Value.unknown("the shell splits it at other characters than blanks", *value.origins))
        elif value.kind is Kind.RANGE:  # a number, whichever it is
            self._parts.append(self._noted(value))
            self._started = self._fixed = True
        elif not value.alternatives:
            self._loose(value)
        else:
            self._alternatives(value, [shown(alternative) for alternative in value.alternatives])

    def _noted(self, part: Part) -> Part:
        if self.assumed is None:
            return part
        if isinstance(part, Text):
            return Value.exact(part.text, Origin.assumed(self.assumed.note, part.span()))
        return part if part.is_unknown else part.because(self.assumed)

    def whole(self, word: Word) -> None:
        """A word that is one already, as an argument in `"$@"`."""
        self.words.append(word)

    def end_word(self) -> None:
        """What follows belongs to another word."""
        if self._started and len(self.words) < MOST_WORDS:
            loose = self._unknown and not self._fixed
            pattern = self._pattern and self._may_name_files()
            parts = tuple(part for part in self._parts if not isinstance(part, Text) or part.text)
            self.words.append(Word(parts, self._span, loose or pattern))
        self._parts = []
        self._started = self._unknown = self._fixed = self._pattern = False

    def _may_name_files(self) -> bool:
        """Whether its pattern may match: one in an option's value names no file that exists, as good as always."""
        text = "".join(text_of(part) or "" for part in self._parts)
        return not text.startswith("-") and "=" not in text

    def _add(self, part: Part) -> None:
        text = text_of(part)
        if text:
            self._parts.append(self._noted(placed(part)))
            self._started = self._fixed = True
            self._pattern = self._pattern or bool(set(text) & set("*?["))

    def _pieces(self, part: Part, text: str) -> None:
        at = 0
        while at < len(text):
            start = at
            while at < len(text) and text[at] in _BLANK:
                at += 1
            if at > start:
                self.end_word()
            start = at
            while at < len(text) and text[at] not in _BLANK:
                at += 1
            if at > start:
                self._add(cut(part, start, at))

    def _loose(self, value: Value) -> None:
        self._parts.append(value)
        self._started = self._unknown = True

    def _alternatives(self, value: Value, texts: list[str]) -> None:
        """One of several texts: as a part where each stays in one word, else as what may be no word or several."""
        if self._separators is None or any(set(text) & set(self._separators) for text in texts):
            split = [text.split() for text in texts]
            same = self._separators == _BLANK and len({len(words) for words in split}) == 1
            if same and split[0] and all(text == text.strip() for text in texts):
                for at, column in enumerate(zip(*split, strict=True)):
                    if at:
                        self.end_word()
                    self._parts.append(Value.choice(column, *value.origins))
                    self._started = self._fixed = True
                return
            if all(not text or text[0] in _BLANK for text in texts):
                self.end_word()
            self._loose(Value.choice((text.strip() for text in texts), *value.origins))
            if all(not text or text[-1] in _BLANK for text in texts):
                self.end_word()
        elif all(texts):
            self._parts.append(value)
            self._started = self._fixed = True
        else:
            self._loose(value)


def cut(part: Part, start: int, end: int) -> Part:
    """A stretch of a known part, with its own place where the file has it letter by letter."""
    if isinstance(part, Text):
        return part.cut(start, end)
    text = shown(part.only)
    if start == 0 and end == len(text):
        return part
    origins = []
    for origin in part.origins:
        span = origin.span
        if span is not None and span.text == text:
            span = span.source.span(span.start + start, span.start + end)
        origins.append(Origin(origin.certainty, span, origin.note))
    return Value.exact(text[start:end], *origins)
