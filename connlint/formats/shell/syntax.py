"""What a shell script is made of: words of pieces that know their places, and commands of words."""

from __future__ import annotations

from typing import TypeAlias

from connlint.formats.words import Text
from connlint.records import dataclass
from connlint.source import Span


@dataclass(frozen=True, slots=True)
class Literal:
    """Characters that stand for themselves; quoted ones are neither split nor patterns."""

    text: Text
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$name` and `${name<operator><argument>}`; `length` is `${#name}`, `index` the `[...]` of an array."""

    name: str
    quoted: bool
    span: Span
    operator: str = ""
    argument: WordNode | None = None
    replacement: WordNode | None = None
    index: str | None = None
    length: bool = False
    indirect: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(commands)` or backquotes; `unsupported` says what it is when it is something else, as `<(commands)`."""

    body: Block
    quoted: bool
    span: Span
    unsupported: str = ""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`$((expression))`."""

    expression: WordNode
    quoted: bool
    span: Span


Unit: TypeAlias = Literal | Parameter | Substitution | Arithmetic


@dataclass(frozen=True, slots=True)
class WordNode:
    """One word as written."""

    units: tuple[Unit, ...]
    span: Span

    @property
    def literal(self) -> str | None:
        """Its text where it is written without quotes and expansions; None otherwise."""
        found = ""
        for unit in self.units:
            if not isinstance(unit, Literal) or unit.quoted:
                return None
            found += unit.text.text
        return found if self.units else None

    @property
    def plain(self) -> str | None:
        """Its text, quotes taken off, where nothing in it is expanded."""
        found = ""
        for unit in self.units:
            if not isinstance(unit, Literal):
                return None
            found += unit.text.text
        return found


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name=value`, `name+=value`, `name=(a b)`, `name[i]=value`."""

    name: str
    span: Span
    value: WordNode | None = None
    items: tuple[WordNode, ...] | None = None
    adds: bool = False
    index: bool = False


@dataclass(slots=True, eq=False)
class Redirect:
    """`2> target`; of a heredoc, `body` is what it gives to read: it is filled in where the line ends."""

    operator: str
    target: WordNode
    descriptor: str = ""
    body: WordNode | None = None


@dataclass(frozen=True, slots=True)
class Simple:
    assignments: tuple[Assignment, ...]
    words: tuple[WordNode | Assignment, ...]
    redirects: tuple[Redirect, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Pipeline:
    commands: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AndOr:
    """`first && second || third`, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    command: Node
    background: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """`{ ...; }`, or `( ... )` whose variables are gone afterwards."""

    body: Block
    subshell: bool


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Block, Block], ...]
    otherwise: Block | None
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """One `pattern | pattern) body` of a case; `ending` is `;;`, `;&` (falls through) or `;;&` (tests on)."""

    patterns: tuple[WordNode, ...]
    body: Block
    ending: str


@dataclass(frozen=True, slots=True)
class Case:
    subject: WordNode
    clauses: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for name in words`; `words` None: over the arguments. A C-like `for ((...))` has no name."""

    name: str
    words: tuple[WordNode, ...] | None
    body: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Loop:
    """`while` and `until`."""

    condition: Block
    body: Block
    span: Span
    until: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Test:
    """`[[ ... ]]`: operators as text, operands as words."""

    tokens: tuple[str | WordNode, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Calculation:
    """`((expression))` as a command."""

    expression: WordNode
    span: Span


Node: TypeAlias = Simple | Pipeline | AndOr | Block | Group | If | Case | For | Loop | Function | Test | Calculation
