"""Regular expressions on known texts, where matching them cannot take long."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import Abstract, Arguments, Handler, Known, Mark
from connlint.python.language.fuel import TooLarge
from connlint.python.language.plain import compute
from connlint.python.models.pattern_cost import cost

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_LONGEST_PATTERN: Final = 500
_LONGEST_TEXT: Final = 5_000
_WORK: Final = 10_000_000


def check(pattern: str | bytes, text: object, *, anchored: bool = False) -> None:
    """Raise TooLarge for a match that could take long, judged by the repetitions that can give up characters."""
    source = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    size = len(text) if isinstance(text, (str, bytes)) else 0
    if len(source) > _LONGEST_PATTERN or size > _LONGEST_TEXT:
        raise TooLarge("a pattern or text that is too long")
    work = cost(source, size, anchored=anchored)
    if work is None or work > _WORK:
        raise TooLarge("a match that may take too long")


_FLAGS: Final = frozenset({"I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "X", "VERBOSE", "A", "ASCII"})


def _function(name: str) -> Handler:
    def match(pattern: object, *rest: object, **named: object) -> object:
        text = named.get("string", rest[-1] if name not in ("sub", "subn") else rest[1] if len(rest) > 1 else None)
        source = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
        if isinstance(source, (str, bytes)):
            check(source, text, anchored=name in ("match", "fullmatch"))
        found = getattr(re, name)(pattern, *rest, **named)
        return list(found) if name == "finditer" else found

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return _apply(run, name, match, arguments, mark)

    return handler


def _apply(run: Interpreter, name: str, function: Callable[..., object], arguments: Arguments, mark: Mark) -> Abstract:
    names, count = tuple(arguments.named), len(arguments.positional)

    def apply(*values: object) -> object:
        try:
            return function(*values[:count], **dict(zip(names, values[count:], strict=True)))
        except (re.error, RecursionError):
            raise ValueError("no pattern") from None

    return compute(run, name, apply, arguments.all, mark)


def _compile(pattern: object, flags: int = 0) -> object:
    if isinstance(pattern, (str, bytes)):
        check(pattern, "")
    return re.compile(pattern, flags)  # type: ignore[call-overload]  # TypeError is the evaluated code's


def pattern_method(run: Interpreter, receiver: Known, name: str, arguments: Arguments, mark: Mark) -> Abstract:
    """A method of a compiled pattern."""
    whole = Arguments((receiver, *arguments.positional), arguments.named, arguments.open)
    return _function(name)(run, whole, mark)


HANDLERS: Final[Mapping[str, Handler]] = {
    **{
        f"re.{name}": _function(name)
        for name in ("match", "search", "fullmatch", "split", "findall", "finditer", "sub", "subn")
    },
    "re.compile": lambda run, arguments, mark: _apply(run, "compile", _compile, arguments, mark),
    "re.escape": lambda run, arguments, mark: _apply(run, "escape", re.escape, arguments, mark),
}


def _flag(value: int) -> Callable[[Interpreter, Mark], Abstract]:
    return lambda run, mark: Known(value, (mark,))


CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    f"re.{name}": _flag(int(getattr(re, name))) for name in _FLAGS
}
