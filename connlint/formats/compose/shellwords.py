"""Splits a command that is written as one text the way compose and swarm do.

Source: go-shellwords 1.0.12, Parse() with neither variables nor backticks. It ends at `;`, `&`, `|`, `<` or `>`:
of `migrate && serve` only `migrate` is run. Variables were put in before, so that their values are split, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.formats.words import Text, Word
from connlint.records import dataclass, field
from connlint.value import Value

_SPACE: Final = " \t\r\n"
_ENDS: Final = ";&|<>"
_SPECIAL: Final = frozenset(_SPACE + _ENDS + "\\'\"`()")


class InvalidCommand(ValueError):
    """A quotation that does not end, or a bracket outside of quotes: compose refuses the file."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A character with where it comes from, or (without a character) a value that is not known."""

    character: str
    part: Text | Value
    offset: int


@dataclass(slots=True)
class _State:
    words: list[Word] = field(default_factory=list)
    current: list[_Unit] = field(default_factory=list)
    begun: bool = False  # the current word counts even when it is empty
    loose: bool = False
    escaped: bool = False
    quotes: set[str] = field(default_factory=set)  # those that are open: ' " ` and the ( of $(


def split_words(command: Word) -> tuple[Word, ...]:
    """The words of a command; raises `InvalidCommand` where go-shellwords does."""
    state = _State()
    for unit in _units(command):
        if not _step(state, unit, command):
            break
    _finish(state, command)
    if state.escaped or state.quotes:
        raise InvalidCommand("a quotation in this command does not end")
    return tuple(state.words)


def _units(command: Word) -> Iterator[_Unit]:
    for part in command.parts:
        if isinstance(part, Text):
            for character, offset in zip(part.text, part.offsets, strict=True):
                yield _Unit(character, part, offset)
        elif part.is_exact:
            for character in str(part.only):
                yield _Unit(character, part, -1)
        else:
            yield _Unit("", part, -1)


def _step(state: _State, unit: _Unit, command: Word) -> bool:
    """Take one character; False at the end of the command."""
    sign = unit.character
    if not sign:
        if not state.quotes:
            part = unit.part
            state.loose |= not (isinstance(part, Value) and part.always(_is_one_word))
        _keep(state, unit)
    elif state.escaped:
        state.escaped = False
        _keep(state, unit)
    elif sign == "\\":
        if "'" in state.quotes:
            state.current.append(unit)
        else:
            state.escaped = True
    elif sign in _SPACE:
        if state.quotes:
            state.current.append(unit)
        else:
            _finish(state, command)
    elif sign in "'\"" and _toggles(state, sign):
        pass
    elif sign in "`()":
        _bracket(state, unit)
    elif sign in _ENDS and not state.quotes:
        if sign == ">" and state.current and "0" <= state.current[0].character <= "9":
            state.begun, state.current = False, []
        return False
    else:
        _keep(state, unit)
    return True


def _is_one_word(value: object) -> bool:
    return bool(str(value)) and _SPECIAL.isdisjoint(str(value))


def _keep(state: _State, unit: _Unit) -> None:
    state.current.append(unit)
    state.begun = True


def _toggles(state: _State, sign: str) -> bool:
    """Open or close a quotation; inside of the other kind, and of `$(`, the sign stands for itself."""
    if "(" in state.quotes or ("'\"".replace(sign, "") in state.quotes):
        return False
    state.begun |= sign in state.quotes
    state.quotes ^= {sign}
    return True


def _bracket(state: _State, unit: _Unit) -> None:
    """Backticks and `$(`: nothing is carried out, but they keep what is inside together."""
    sign, quotes = unit.character, state.quotes
    if quotes.isdisjoint("'\"(" if sign == "`" else "'\"`"):
        if sign == "`":
            state.quotes = quotes ^ {"`"}
        elif sign == ")":  # one without a `(` before it opens this quotation: that version does so
            state.quotes = quotes ^ {"("}
        elif sign == "(" and "(" not in quotes and state.current and state.current[-1].character == "$":
            state.quotes = quotes | {"("}
            state.current.append(unit)
            return
        else:
            raise InvalidCommand("a bracket in this command stands outside of quotes")
    _keep(state, unit)


def _finish(state: _State, command: Word) -> None:
    if state.begun:
        state.words.append(_word(state.current, command, state.loose))
    state.current, state.begun, state.loose = [], False, False


def _word(units: list[_Unit], command: Word, loose: bool) -> Word:
    parts: list[Text | Value] = []
    start = 0
    for end in range(1, len(units) + 1):
        if end < len(units) and units[end].part is units[start].part:
            continue
        part, run = units[start].part, units[start:end]
        text = "".join(unit.character for unit in run)
        if isinstance(part, Text):
            parts.append(Text(text, part.source, [unit.offset for unit in run]))
        else:
            parts.append(Value.exact(text, *part.origins) if part.is_exact else part)
        start = end
    spans = [p.span() if isinstance(p, Text) else p.span for p in parts]
    found = [span for span in spans if span is not None and span.source is command.span.source]
    span = command.span.source.span(min(s.start for s in found), max(s.end for s in found)) if found else command.span
    return Word(tuple(parts), span, loose)
