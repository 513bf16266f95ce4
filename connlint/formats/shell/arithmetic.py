"""Shell arithmetic over numbers that may be one of several, a range or unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from connlint.value import Value

_TOKEN: Final = re.compile(
    r"\s*(0[xX][0-9A-Fa-f]+|[0-9]+|[A-Za-z_]\w*|\$\{?[A-Za-z_]\w*\}?|[<>=!]=|&&|\|\||<<|>>|\*\*|[-+*/%<>!~?:()&|^])"
)
_LEVELS: Final = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))
_MOST_TOKENS: Final = 200
_MOST_NESTED: Final = 20
_LARGEST: Final = 1 << 63
_OPERATIONS: Final[dict[str, Callable[[int, int], int]]] = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
    "==": lambda x, y: x == y, "!=": lambda x, y: x != y, "<": lambda x, y: x < y, ">": lambda x, y: x > y,
    "<=": lambda x, y: x <= y, ">=": lambda x, y: x >= y,
    "&&": lambda x, y: bool(x and y), "||": lambda x, y: bool(x or y),
}  # fmt: skip
_NOT: Final = Value.unknown("the shell's arithmetic is not followed here")


def calculate(expression: list[str | Value], variable: Callable[[str], Value]) -> Value:
    """The number an expression comes to; its texts are source, its values what expansions put between them."""
    tokens: list[str | Value] = []
    for piece in expression:
        if isinstance(piece, Value):
            tokens.append(piece)
            continue
        at, text = 0, piece.replace('"', "").rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or len(tokens) > _MOST_TOKENS:
                return _NOT
            tokens.append(found[1])
            at = found.end()
    if not tokens:
        return Value.exact(0)
    if sum(token in ("(", "?") for token in tokens if isinstance(token, str)) > _MOST_NESTED:
        return _NOT
    reader = _Reader(tokens, variable)
    result = reader.ternary()
    return result if reader.at == len(tokens) else _NOT


def number_of(value: Value) -> Value:
    """A text as the number it is written as; empty is 0."""
    if not value.alternatives:
        return value
    numbers: list[int] = []
    for alternative in value.alternatives:
        text = str(alternative).strip() if isinstance(alternative, (str, int)) else ""
        if text and not re.fullmatch(r"[-+]?(0|[1-9][0-9]{0,17})", text):
            return Value.unknown("it is not a plain number", *value.origins)
        numbers.append(int(text or "0"))
    return Value.choice(numbers, *value.origins)


class _Reader:
    def __init__(self, tokens: list[str | Value], variable: Callable[[str], Value]) -> None:
        self.tokens = tokens
        self.variable = variable
        self.at = 0

    def take(self, *symbols: str) -> str | None:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if isinstance(token, str) and token in symbols:
            self.at += 1
            return token
        return None

    def ternary(self) -> Value:
        condition = self.level(0)
        if not self.take("?"):
            return condition
        first = self.ternary()
        if not self.take(":"):
            return _NOT
        second = self.ternary()
        if condition.is_exact:
            return first if condition.only else second
        if first.alternatives and second.alternatives:
            origins = (*condition.origins, *first.origins, *second.origins)
            return Value.choice((*first.alternatives, *second.alternatives), *origins)
        return Value.unknown(condition.reason or "it hangs on what is not known", *condition.origins)

    def level(self, level: int) -> Value:
        if level == len(_LEVELS):
            return self.unary()
        left = self.level(level + 1)
        while (operator := self.take(*_LEVELS[level])) is not None:
            left = _applied(operator, left, self.level(level + 1))
        return left

    def unary(self) -> Value:
        if self.take("-"):
            return Value.exact(0) - self.unary()
        if self.take("+"):
            return self.unary()
        if self.take("!"):
            value = self.unary()
            return Value.exact(int(not value.only), *value.origins) if value.is_exact else _NOT
        if self.take("("):
            value = self.ternary()
            return value if self.take(")") else _NOT
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        self.at += 1
        if isinstance(token, Value):
            return number_of(token)
        if token is None:
            return _NOT
        if token[0].isdigit():
            if token[:2] in ("0x", "0X"):
                return Value.exact(int(token, 16)) if len(token) < 18 else _NOT
            if token[0] == "0":
                return Value.exact(int(token, 8)) if len(token) < 22 and not set(token) & set("89") else _NOT
            return Value.exact(int(token)) if len(token) < 19 else _NOT
        name = token.strip("${}")
        return number_of(self.variable(name)) if name.isidentifier() else _NOT


def _applied(operator: str, a: Value, b: Value) -> Value:
    listed = bool(a.alternatives) and bool(b.alternatives)
    if operator in "+-*" and not listed and a.bounds() is not None and b.bounds() is not None:
        return a + b if operator == "+" else a - b if operator == "-" else a * b
    if not a.alternatives or not b.alternatives:
        reason = a.reason or b.reason or "only sums and products of a range are followed"
        return Value.unknown(reason, *a.origins, *b.origins)
    if len(a.alternatives) * len(b.alternatives) > 64:
        return _NOT
    results = [_exact(operator, x, y) for x in a.alternatives for y in b.alternatives]
    if any(result is None for result in results):
        return _NOT
    return Value.choice(results, *dict.fromkeys((*a.origins, *b.origins)))


def _exact(operator: str, x: object, y: object) -> int | None:
    if not isinstance(x, int) or not isinstance(y, int):
        return None
    if operator in ("/", "%"):
        if not y:
            return None
        quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)  # towards zero, as C has it
        return quotient if operator == "/" else x - y * quotient
    result = _OPERATIONS[operator](x, y)
    return int(result) if abs(result) < _LARGEST else None
