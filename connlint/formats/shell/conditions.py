"""`[ ... ]` and `[[ ... ]]`: true, false, or not known, on what is known of their words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from connlint.formats.shell.expansion import Expander
from connlint.formats.shell.patterns import matches
from connlint.formats.shell.state import NO, YES, State, Truth, content, shown, text_of
from connlint.formats.shell.syntax import Parameter, Test, WordNode
from connlint.formats.words import Word
from connlint.records import replace
from connlint.source import Source, Span
from connlint.value import Certainty, Value

Token: TypeAlias = str | Word
_UNARY: Final = frozenset(f"-{letter}" for letter in "abcdefghkprstuwxLOGSNoR")
_NUMERIC: Final[dict[str, Callable[[int, int], bool]]] = {
    "-eq": lambda a, b: a == b, "-ne": lambda a, b: a != b, "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b, "-gt": lambda a, b: a > b, "-ge": lambda a, b: a >= b,
}  # fmt: skip
_BINARY: Final = frozenset({"=", "==", "!=", "=~", "<", ">", "-nt", "-ot", "-ef", *_NUMERIC})
_PLAIN: Final = re.compile(r"[\w ./:,=@%~-]*")
_MOST_NESTED: Final = 20
_NOWHERE: Final = Span(Source("", ""), 0, 0)  # of an operator that turns out to be an operand


def test(words: Sequence[Word]) -> Truth:
    """`test words` and `[ words ]`, the last bracket taken off."""
    if any(word.loose for word in words):
        return Truth()
    reader = _Reader([_operator(word) for word in words])
    return reader.whole()


def double_test(node: Test, expander: Expander, state: State) -> Truth:
    """`[[ ... ]]`, whose words are not split and whose right-hand sides may be patterns."""
    tokens: list[Token | WordNode] = []
    for token in node.tokens:
        if isinstance(token, str):
            tokens.append(token)
        elif token.literal in _UNARY | _BINARY | {"-n", "-z", "-v", "!"}:
            tokens.append(token.literal or "")
        else:
            tokens.append(token)

    def word(token: WordNode) -> Word:
        return expander.single(token, state, token.span)

    def matching(value: Value, token: WordNode, operator: str) -> bool | None:
        if operator == "=~":
            return _searched(value, token, expander, state)
        pieces = expander.pattern(token, state)
        if pieces is None:
            return None
        return _agreed(value, lambda text: matches(pieces, text))

    return _Reader(tokens, word, matching, state).whole()


def _operator(word: Word) -> Token:
    """A word of `[`, as text where it may be an operator."""
    text = word.exact
    return (
        text if text is not None and text in _UNARY | _BINARY | {"-n", "-z", "-v", "!", "(", ")", "-a", "-o"} else word
    )


class _Reader:
    """Reads a test by precedence: `||`, `&&`, `!`, then one comparison."""

    def __init__(
        self,
        tokens: Sequence[Token | WordNode],
        word: Callable[[WordNode], Word] | None = None,
        matching: Callable[[Value, WordNode, str], bool | None] | None = None,
        state: State | None = None,
    ) -> None:
        self.tokens = tokens
        self.word = word
        self.matching = matching
        self.state = state
        self.at = 0
        self.depth = 0

    def whole(self) -> Truth:
        if not self.tokens:
            return NO
        short = None if self.word else self._short()
        if short is not None:
            return short
        found = self.alternatives()
        return found if self.at == len(self.tokens) else Truth()

    def _short(self) -> Truth | None:
        """POSIX decides by the number of words first: `[ -n ]` tests the text -n, `[ ! = x ]` compares."""
        tokens = self.tokens
        if len(tokens) == 1:
            self.at = 1
            return self._nonempty(tokens[0])
        if len(tokens) == 3 and isinstance(tokens[1], str) and tokens[1] in _BINARY:
            return self._comparison()
        if len(tokens) == 2 and tokens[0] == "!":
            return self._nonempty(tokens[1]).negated()
        if len(tokens) == 2 and not (isinstance(tokens[0], str) and tokens[0].startswith("-")):
            return self._refused()
        return None

    def _refused(self) -> Truth:
        """`[ = x ]`, as of a variable that is empty: the shell complains, and it is not true."""
        first = self._value(self.tokens[0])
        return NO if first.is_exact and not str(first.only).startswith("-") else Truth()

    def alternatives(self) -> Truth:
        found = self.together()
        while self._take("||" if self.word else "-o"):
            found = either(found, self.together())
        return found

    def together(self) -> Truth:
        found = self.single()
        while self._take("&&" if self.word else "-a"):
            found = both(found, self.single())
        return found

    def _take(self, symbol: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == symbol:
            self.at += 1
            return True
        return False

    def single(self) -> Truth:
        negated = False
        while self._take("!"):
            negated = not negated
        if self.depth < _MOST_NESTED and self._take("("):
            self.depth += 1
            found = self.alternatives()
            self.depth -= 1
            if not self._take(")"):
                self.at = len(self.tokens) + 1
        else:
            found = self._comparison()
        return found.negated() if negated else found

    def _comparison(self) -> Truth:
        left = self.tokens[self.at] if self.at < len(self.tokens) else None
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        if left is None:
            self.at += 1
            return Truth()
        if isinstance(following, str) and following in _BINARY and self.at + 2 < len(self.tokens):
            right = self.tokens[self.at + 2]
            self.at += 3
            return self._compared(self._value(left), following, right)
        if (
            isinstance(left, str)
            and following is not None
            and left.startswith("-")
            and following not in ("&&", "||", ")")
        ):
            self.at += 2
            return self._unary(left, following)
        self.at += 1
        return self._nonempty(left)

    def _word(self, token: Token | WordNode) -> Word:
        if isinstance(token, WordNode):
            return self.word(token) if self.word is not None else Word((), token.span)
        return Word((Value.exact(token),), _NOWHERE) if isinstance(token, str) else token

    def _value(self, token: Token | WordNode) -> Value:
        return content(self._word(token))

    def _unary(self, operator: str, operand: Token | WordNode) -> Truth:
        if operator == "-v":
            return self._is_set(operand)
        value = self._value(operand)
        if operator == "-n":
            return self._nonempty(operand)
        if operator == "-z":
            return self._nonempty(operand).negated()
        if operator not in ("-o", "-t", "-R", "-a") and value.always(lambda text: text == ""):
            return _judged(value, False)
        return Truth()

    def _is_set(self, operand: Token | WordNode) -> Truth:
        value = self._value(operand)
        name = str(value.only) if value.is_exact else ""
        if self.state is None or not name.isidentifier():
            return Truth()
        variable = self.state.variables.get(name)
        if variable is None or variable.nowhere:
            return Truth(False, assumed=True)
        return Truth(variable.word is not None) if variable.word is None or not _may_lack(variable.word) else Truth()

    def _nonempty(self, token: Token | WordNode) -> Truth:
        word = self._word(token)
        if any(text_of(part) for part in word.parts) and not content(word).alternatives:
            return YES  # whatever the rest of it is
        return _judged(content(word), _agreed(content(word), bool))

    def _compared(self, left: Value, operator: str, right: Token | WordNode) -> Truth:
        if operator in ("-nt", "-ot", "-ef"):
            return Truth()
        if isinstance(right, WordNode) and self.matching is not None and operator not in _NUMERIC | {"<": 0, ">": 0}:
            found = self.matching(left, right, operator)
            if operator == "!=" and found is not None:
                found = not found
            plain = right.plain == ""
            pattern = self._value(right) if any(isinstance(unit, Parameter) for unit in right.units) else left
            return _judged(left, found, pattern, settled=plain)
        other = self._value(right)
        if not left.alternatives or not other.alternatives:
            return Truth()
        if operator in _NUMERIC:
            outcomes = {_compared_numbers(operator, a, b) for a in left.alternatives for b in other.alternatives}
        else:
            pairs = [(shown(a), shown(b)) for a in left.alternatives for b in other.alternatives]
            outcomes = {a < b if operator == "<" else a > b if operator == ">" else (a == b) != (operator == "!=")
                        for a, b in pairs}  # fmt: skip
        outcome = outcomes.pop() if len(outcomes) == 1 else None
        return _judged(left, outcome, other, settled=other.always(lambda text: text in ("", "x")))


def _compared_numbers(operator: str, a: object, b: object) -> bool | None:
    texts = [shown(value).strip() for value in (a, b)]
    if not all(re.fullmatch(r"[-+]?\d{1,18}", text) for text in texts):
        return None
    return _NUMERIC[operator](int(texts[0]), int(texts[1]))


def _judged(value: Value, outcome: bool | None, other: Value | None = None, settled: bool = True) -> Truth:
    """The outcome, with what it hangs on: a variable nobody sets is usually unset, but what else it may be is open."""
    if outcome is None:
        return Truth()
    values = [value] if other is None else [value, other]
    if all(each.certainty < Certainty.ASSUMED for each in values):
        return Truth(outcome)
    given = all(each.ever(lambda text: text != "") for each in values if each.certainty >= Certainty.ASSUMED)
    return Truth(outcome, assumed=True, settled=settled or given)


def _agreed(value: Value, test: Callable[[str], bool | None]) -> bool | None:
    outcomes = {test(shown(alternative)) for alternative in value.alternatives}
    return outcomes.pop() if len(outcomes) == 1 else None


def _may_lack(word: Word) -> bool:
    return any(not part.alternatives or len(part.alternatives) > 1 for part in map(_as_value, word.parts))


def _as_value(part: object) -> Value:
    return part if isinstance(part, Value) else Value.exact("")


def _searched(value: Value, node: WordNode, expander: Expander, state: State) -> bool | None:
    """`=~` with a pattern that is plain text, perhaps between ^ and $; others are not followed."""
    text = content(expander.single(node, state, node.span))
    if not text.is_exact:
        return None
    plain = shown(text.only)
    start, end = plain.startswith("^"), plain.endswith("$")
    plain = plain[start : len(plain) - end]
    if node.plain is None or not _PLAIN.fullmatch(plain) or "." in plain:
        return None

    def found(text: str) -> bool:
        if start and end:
            return text == plain
        return text.startswith(plain) if start else text.endswith(plain) if end else plain in text

    return _agreed(value, found)


def both(a: Truth, b: Truth) -> Truth:
    """`a && b`."""
    for one in (a, b):
        if one.value is False and not one.assumed:
            return one
    return _combined(a, b, False)


def either(a: Truth, b: Truth) -> Truth:
    """`a || b`."""
    for one in (a, b):
        if one.value is True and not one.assumed:
            return one
    return _combined(a, b, True)


def _combined(a: Truth, b: Truth, decisive: bool) -> Truth:
    for one in (a, b):
        if one.value is decisive:
            return replace(one, assumed=True)
    if a.value is None or b.value is None:
        return Truth()
    return Truth(not decisive, assumed=a.assumed or b.assumed, settled=a.settled and b.settled)
