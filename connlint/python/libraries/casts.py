"""Casts with bounded work: what `int`, `json.loads` or a project's own function makes of a text.

A cast that raises ends as `LibraryError`, with no part of the text in its reason.
"""

from __future__ import annotations

from typing import Final

from connlint.python.libraries import LibraryError

MOST_DIGITS: Final = 4_300  # int() refuses more, CPython's default since 3.11; older ones take quadratic time
LONGEST_LITERAL: Final = 1_000  # characters for ast.literal_eval, which recurses on what it reads
LONGEST_JSON: Final = 1_000_000


def apply(cast: object, value: object) -> object:
    """`cast(value)`, for a builtin type or any function; `LibraryError` when it raises or is no function."""
    name = getattr(cast, "__name__", "the cast")
    if not callable(cast):
        raise LibraryError("the cast is not a function")
    if cast in (int, float) and isinstance(value, str) and len(value) > MOST_DIGITS:
        raise LibraryError(f"{name} is not given a text of more than {MOST_DIGITS} characters")
    try:
        result: object = cast(value)
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError):
        raise LibraryError(f"{name} does not accept this value") from None
    return result


def loads(text: object) -> object:
    """`json.loads(text)`."""
    import json

    if isinstance(text, str) and len(text) > LONGEST_JSON:
        raise LibraryError(f"the JSON text has more than {LONGEST_JSON} characters")
    try:
        result: object = json.loads(text, parse_int=_integer)  # type: ignore[arg-type]  # raises for other types
    except (ValueError, TypeError, RecursionError):
        raise LibraryError("the text is not valid JSON") from None
    return result


def _integer(digits: str) -> object:
    return apply(int, digits)


def literal(text: str) -> object:
    """`ast.literal_eval(text)`; ValueError where it raises ValueError or SyntaxError."""
    import ast
    import warnings

    if len(text) > LONGEST_LITERAL:
        raise LibraryError(f"a literal of more than {LONGEST_LITERAL} characters is not read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, about texts such as "1is"
            result: object = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise ValueError("not a literal") from None
    except (TypeError, MemoryError, RecursionError):
        raise LibraryError("the text is not a literal") from None
    return result
