"""Reading the options of a command line as the program itself would: abbreviations, clusters, `=`, `--`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from connlint.facts.command_line import CommandLine, Option, Takes
from connlint.formats.splitting import split
from connlint.formats.words import Text, Word
from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Certainty, Origin, Value

_NUMBER: Final = re.compile(r"-\d+$|-\d*\.\d+$")  # argparse takes these for values


@dataclass(frozen=True, slots=True)
class Said:
    """One option as it is given: `word` is its value, None for a flag; `spelling` as the table has it."""

    option: Option
    spelling: str
    word: Word | None
    span: Span


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a command line says. `doubt`: a word that nobody knows and that may stand for further options.

    `refusals`: what the program refuses to start with, each where it stands.
    """

    said: tuple[Said, ...] = ()
    operands: tuple[Word, ...] = ()
    doubt: Origin | None = None
    refusals: tuple[tuple[Span, str], ...] = ()

    def all(self, name: str) -> tuple[Said, ...]:
        """Every time an option is given, in order."""
        return tuple(said for said in self.said if said.option.name == name)

    def last(self, name: str) -> Said | None:
        return next((said for said in reversed(self.said) if said.option.name == name), None)

    def has(self, name: str) -> bool:
        return self.last(name) is not None

    def text(self, name: str) -> Value | None:
        """The value of the last one given; None when it is not given, or without a value."""
        said = self.last(name)
        return self.doubted(said.word.value) if said is not None and said.word is not None else None

    def number(self, name: str) -> Value | None:
        """The same as a whole number."""
        text = self.text(name)
        return None if text is None else as_number(text)

    def flag(self, name: str) -> Value | None:
        """True where a flag is given, False where its `--no-` form is; None where neither is."""
        said = self.last(name)
        if said is None:
            return None
        return self.doubted(Value.exact(not said.spelling.startswith("--no-"), Origin.at(said.span)))

    def doubted(self, value: Value) -> Value:
        """The value, with the note that a word nobody knows may change it."""
        return value if self.doubt is None else value.because(self.doubt)


def as_number(value: Value) -> Value:
    """A text as a whole number, as Python's int() reads it; unknown where it is none."""
    numbers = [_int(v) for v in value.alternatives]
    if any(number is None for number in numbers):
        return Value.unknown("it is not a whole number", *value.origins)
    return Value.choice(numbers, *value.origins) if numbers else value


def _int(value: object) -> int | None:
    if isinstance(value, int):
        return int(value)
    try:
        return int(str(value)[:100])
    except ValueError:
        return None


def read_arguments(words: Sequence[Word], line: CommandLine, *, interspersed: bool = True) -> Arguments:
    """Read what follows the program's name.

    Without `interspersed` the first operand ends the options: the rest is a command of its own.
    """
    return _Reader(words, line, interspersed).read()


class _Reader:
    def __init__(self, words: Sequence[Word], line: CommandLine, interspersed: bool) -> None:
        self._words, self._line, self._interspersed = words, line, interspersed
        self._said: list[Said] = []
        self._operands: list[Word] = []
        self._doubt: Origin | None = None
        self._refusals: list[tuple[Span, str]] = []
        self._at = 0

    def read(self) -> Arguments:
        while self._at < len(self._words):
            word = self._words[self._at]
            self._at += 1
            text = word.known
            if word.exact == "--":
                self._operands += self._words[self._at :]
                break
            if self._is_option(word):
                (self._long if text.startswith("--") else self._short)(word, text)
                continue
            if word.exact is None and not text and self._doubt is None:
                self._doubt = doubt_of(word)
            if word.loose and self._interspersed:
                continue
            self._operands.append(word)
            if not self._interspersed:
                self._operands += self._words[self._at :]
                break
        return Arguments(tuple(self._said), tuple(self._operands), self._doubt, tuple(self._refusals))

    def _is_option(self, word: Word) -> bool:
        text = word.known
        if not text.startswith("-") or text == "-":
            return False
        return not (self._line.style == "argparse" and _NUMBER.match(text) and text[:2] not in self._line.options)

    def _long(self, word: Word, text: str) -> None:
        spelling, equals, _ = text.partition("=")
        if not equals and word.exact is None:  # `--work$X`: any option
            self._doubt = self._doubt or doubt_of(word)
            return
        found = self._line.find(spelling)
        if len(found) != 1:
            what = "may be several options" if found else "is no option"
            note = f"{_shown(spelling)} {what} of {self._line.title}"
            self._refusals.append((word.span, note))
            if found:
                self._doubt = self._doubt or Origin.assumed(note, word.span)
            return
        attached = word.without(len(spelling) + 1) if equals else None
        meant = spelling if spelling in self._line.options else _first_of(found[0], spelling)
        self._take(found[0], meant, word, attached)

    def _short(self, word: Word, text: str) -> None:
        whole = self._line.options.get(text.partition("=")[0])
        if whole is not None and len(text.partition("=")[0]) > 2:  # a long option with one dash
            name, equals, _ = text.partition("=")
            self._take(whole, name, word, word.without(len(name) + 1) if equals else None)
            return
        for index in range(1, len(text)):
            spelling = f"-{text[index]}"
            option = self._line.options.get(spelling)
            if option is None:
                self._refusals.append((word.span, f"{_shown(spelling)} is no option of {self._line.title}"))
                return
            if option.takes is Takes.NONE:
                self._take(option, spelling, word, None)
                continue
            start = index + 1
            if self._line.style == "argparse" and text[start : start + 1] == "=":
                start += 1
            attached = word.without(start) if len(text) > start or word.exact is None else None
            self._take(option, spelling, word, attached)
            return

    def _take(self, option: Option, spelling: str, word: Word, attached: Word | None) -> None:
        if option.takes is Takes.NONE:
            if attached is not None:
                self._refusals.append((word.span, f"{spelling} takes no value"))
            self._said.append(Said(option, spelling, None, word.span))
        elif attached is not None:
            self._said.append(Said(option, spelling, attached, word.span))
        elif option.takes is Takes.ONE:
            following = self._following()
            if following is None:
                self._refusals.append((word.span, f"{spelling} takes a value"))
            else:
                self._said.append(Said(option, spelling, following, word.span))
        else:
            values: list[Word | None] = []
            attachable = option.takes is Takes.OPTIONAL and self._line.style == "getopt"  # `--mule x` is a mule and x
            while (
                not attachable
                and (option.takes is Takes.MANY or not values)
                and (following := self._following()) is not None
            ):
                values.append(following)
            if not values:
                values.append(None)
            for value in values:
                self._said.append(Said(option, spelling, value, word.span))

    def _following(self) -> Word | None:
        """The next word when it can be a value; argparse takes no word that looks like an option for one."""
        if self._at >= len(self._words):
            return None
        word = self._words[self._at]
        if self._line.style == "argparse" and (self._is_option(word) or word.exact == "--"):
            return None
        self._at += 1
        return word


def _first_of(option: Option, start: str) -> str:
    return next(spelling for spelling in option.spellings if spelling.startswith(start))


def words_of(value: Value, at: Span) -> tuple[Word, ...]:
    """The words in an exact text from a variable, as shlex splits them; `at` is their place where it has none of its own.

    Raises `Unbalanced` for a quotation that does not end.
    """
    text, span = str(value.only), value.span
    if span is not None and span.text == text and value.certainty is Certainty.EXACT:
        return split(Text.of(span))
    placed = Text.of(span) if span is not None and span.text == text else Text.placed(text, span or at)
    return tuple(Word((Value.exact(word.exact, *value.origins),), word.span) for word in split(placed))


def doubt_of(word: Word) -> Origin:
    """What a word that nobody knows does to what is said beside it."""
    return Origin.assumed("no further options are given by what is not known here", word.span)


def _shown(spelling: str) -> str:
    """An option's name without what may be a value: a password given as `-pSECRET`."""
    return spelling if re.fullmatch(r"-{1,2}[A-Za-z][\w-]{0,40}", spelling) else "a word that starts with a dash"
