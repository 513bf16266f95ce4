"""What is known while a script is followed: its variables, its arguments, and how sure the way is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final, TypeAlias

from connlint.formats.shell.syntax import Node
from connlint.formats.words import Text, Word
from connlint.records import dataclass, field, replace
from connlint.source import Span
from connlint.value import ABSENT, Certainty, Origin, Value, union

Part: TypeAlias = Text | Value
LONGEST: Final = 100_000  # characters of one variable
_MOST_ALTERNATIVES: Final = 32
_MOST_ORIGINS: Final = 40
MOST_WORDS: Final = 2_000  # of one command or array


class End(Enum):
    """Why nothing follows."""

    DONE = "done"  # exec, or an exit that is no error
    FAILED = "failed"  # an exit that is one: a deployment that works does not come here
    JUMP = "jump"  # return, break: it goes on elsewhere


@dataclass(frozen=True, slots=True)
class Truth:
    """How a command ends: known, or not (`value` None); `normal`: a program, which is expected to work.

    `assumed`: it hangs on a variable that no file sets. `settled`: that assumption is the usual one (an empty
    variable, a default), so that what follows from it may be taken for granted. `about` says what is tested.
    """

    value: bool | None = None
    normal: bool = False
    assumed: bool = False
    settled: bool = True
    about: str = ""

    def negated(self) -> Truth:
        return replace(self, value=None if self.value is None else not self.value, normal=False)


YES: Final = Truth(True)
NO: Final = Truth(False)


@dataclass(frozen=True, slots=True)
class Way:
    """How one got here: on every way (`sure`), as long as unset variables stay unset (`assumed`), or on a condition.

    `excluded`: only if a variable is set that no file sets.
    """

    sure: bool = True
    assumed: bool = False
    condition: str = ""
    background: bool = False
    excluded: bool = False

    def on(self, condition: str, assumed: bool = False, excluded: bool = False) -> Way:
        """The way through a branch that is not always taken."""
        together = f"{self.condition}, {condition}" if self.condition and len(self.condition) < 300 else condition
        held = assumed and (self.sure or self.assumed)
        return Way(False, held, together, self.background, self.excluded or excluded)


@dataclass(frozen=True, slots=True)
class Variable:
    """`word` None: certainly unset, or (`nowhere`) set by no file as yet. `items`: an array's."""

    word: Word | None
    items: tuple[Word, ...] | None = None
    exported: bool = False
    nowhere: bool = False


@dataclass(slots=True)
class State:
    """Everything a command can change; copied where ways part."""

    variables: dict[str, Variable]
    arguments: tuple[Word, ...]
    name: Word
    directory: str | None
    functions: dict[str, Node] = field(default_factory=dict)
    truth: Truth = YES
    status: int | None = 0
    way: Way = Way()
    exports_all: bool = False

    def copy(self) -> State:
        return replace(self, variables=dict(self.variables), functions=dict(self.functions))

    def settle(self, truth: Truth, status: int | None = None) -> None:
        """The last command ended like this."""
        self.truth = truth
        self.status = status if status is not None else 0 if truth.value else None

    def environment(self) -> dict[str, Value]:
        """What a program started here finds."""
        found: dict[str, Value] = {}
        for name, variable in self.variables.items():
            if variable.exported and variable.word is not None:
                found[name] = content(variable.word)
        return found


def placed(part: Part, *origins: Origin) -> Value:
    """A part as a value with its own place."""
    value = Value.exact(part.text, Origin.at(part.span())) if isinstance(part, Text) else part
    return value.because(*origins) if origins else value


def content(word: Word) -> Value:
    """What a variable holds; its origins are the places of its parts."""
    parts = tuple(placed(part) for part in word.parts)
    if len(parts) == 1:
        return parts[0]
    return Word(parts, word.span).value


def text_of(part: Part) -> str | None:
    """The text of a part that is known; a variable that may be absent reads as empty."""
    if isinstance(part, Text):
        return part.text
    return shown(part.only) if part.is_exact else None


def shown(alternative: object) -> str:
    return "" if alternative is ABSENT else alternative if isinstance(alternative, str) else str(alternative)


def mapped(value: Value, change: Callable[[str], str | None], reason: str) -> Value:
    """Each possible text changed; unknown where one cannot be."""
    if not value.alternatives:
        return Value.unknown(value.reason or reason, *value.origins)
    changed = [change(shown(alternative)) for alternative in value.alternatives]
    if any(text is None for text in changed):
        return Value.unknown(reason, *value.origins)
    return Value.choice(changed, *value.origins)


def of_parts(parts: Iterable[Part], span: Span) -> Word:
    """A variable's content; too much of it is not known any more."""
    kept = tuple(part for part in parts if not (isinstance(part, Text) and not part.text))
    if sum(len(text_of(part) or "") for part in kept) > LONGEST or len(kept) > 200:
        return Word((Value.unknown("it is too long", Origin.at(span)),), span)
    return Word(kept, span)


def join_word(a: Word, b: Word) -> Word:
    """Either, where nobody can say which; what both start with stays as it is."""
    if a == b:
        return a
    same = 0
    while same < min(len(a.parts), len(b.parts)) and a.parts[same] == b.parts[same]:
        same += 1
    rest = [content(Word(word.parts[same:], word.span)) for word in (a, b)]
    if rest[0].is_exact and rest[1].is_exact and rest[0].only == rest[1].only:
        return a
    return Word((*a.parts[:same], _either(rest)), a.span, a.loose or b.loose)


def _either(values: Sequence[Value]) -> Value:
    """One of the values, as long as there are not too many to tell apart."""
    found = union(values)
    if len(found.alternatives) > _MOST_ALTERNATIVES:
        return Value.unknown("it may be too many different things", *found.origins[:_MOST_ORIGINS])
    return replace(found, origins=found.origins[:_MOST_ORIGINS])


def join_words(a: Sequence[Word], b: Sequence[Word]) -> tuple[Word, ...]:
    """Either list: word by word where they are equally long, else as far as they agree at both ends."""
    if len(a) == len(b):
        return tuple(join_word(x, y) for x, y in zip(a, b, strict=True))
    shorter = min(len(a), len(b))
    start = 0
    while start < shorter and a[start] == b[start]:
        start += 1
    end = 0
    while end < shorter - start and a[len(a) - 1 - end] == b[len(b) - 1 - end]:
        end += 1
    longer = a if len(a) > len(b) else b
    span = longer[start].span
    middle = Word((Value.unknown("some words are there on some ways only", Origin.at(span)),), span, loose=True)
    return (*longer[:start], middle, *longer[len(longer) - end :])


def join(a: State, b: State) -> State:
    """What is known where two ways meet, whichever was taken; changes and returns `a`."""
    for name in {**a.variables, **b.variables}:
        one, other = a.variables.get(name), b.variables.get(name)
        if one is not other:
            a.variables[name] = _join_variable(one, other)
    if a.arguments is not b.arguments:
        a.arguments = join_words(a.arguments, b.arguments)
    a.functions = {**b.functions, **a.functions}
    if a.directory != b.directory:
        a.directory = None
    if a.truth != b.truth:
        value = a.truth.value if a.truth.value == b.truth.value else None
        a.settle(Truth(value, assumed=a.truth.assumed or b.truth.assumed, about=a.truth.about or b.truth.about))
    return a


def _join_variable(a: Variable | None, b: Variable | None) -> Variable:
    known = a or b
    if a is None or b is None or a.word is None or b.word is None:
        word = (a.word if a else None) or (b.word if b else None)
        if known is None or word is None:
            return Variable(None)
        either = _either((content(word), Value.exact(ABSENT, Origin.assumed("set on some ways only", word.span))))
        exported = any(variable is not None and variable.exported for variable in (a, b))
        items = next((variable.items for variable in (a, b) if variable and variable.items is not None), None)
        return Variable(Word((either,), word.span), None if items is None else join_words(items, ()), exported)
    items = None
    if a.items is not None or b.items is not None:
        items = join_words(a.items or (), b.items or ())
    return Variable(join_word(a.word, b.word), items, a.exported or b.exported)


def assume(chosen: State, other: State, note: str) -> State:
    """`chosen`, whose differences from `other` hold as long as `note` does."""
    for name, variable in chosen.variables.items():
        if variable.word is None or variable is other.variables.get(name):
            continue
        parts = tuple(
            placed(part, Origin.assumed(note)) if text_of(part) is not None and _certain(part) else part
            for part in variable.word.parts
        )
        chosen.variables[name] = replace(variable, word=Word(parts, variable.word.span, variable.word.loose))
    return chosen


def _certain(part: Part) -> bool:
    return isinstance(part, Text) or part.certainty < Certainty.ASSUMED
