"""What a value of `[tool.connlint]` may be: one `Shape` per kind, with its words and an example."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from connlint.project.tree import Tree
from connlint.records import dataclass
from connlint.value import Value

_LARGEST: Final = 1_000_000_000
_RANGE: Final = re.compile(r"(\d{1,9})\.\.(\d{1,9})")
_MODULE: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_VERSION: Final = re.compile(r"v?\d{1,6}(?:\.\d{1,6}){0,5}(?:[-.]?(?:a|b|rc|dev|post|beta|alpha)\.?\d*)?")
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class Mismatch(Exception):
    """A value that does not have the shape; `str()` may hold a suggestion, never the value."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`accept` gives the value connlint keeps (a `Value` when it is a range) or raises `Mismatch`."""

    expected: str
    example: str  # in TOML
    accept: Callable[[object, Tree], object]


def kind_of(value: object) -> str:
    """What a TOML value is called in an error."""
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return "a date or time"


_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "a boolean"), (int, "a whole number"), (float, "a fraction"), (str, "a string"),
    (list, "an array"), (dict, "a table"),
)  # fmt: skip


def count(least: int, example: str) -> Shape:
    """A whole number of at least `least`, or a range of them as text: `"2..8"`."""

    def accept(value: object, _: Tree) -> object:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _LARGEST:
            return value
        if isinstance(value, str):
            match = _RANGE.fullmatch(value)
            if match and least <= int(match[1]) <= int(match[2]):
                return Value.between(int(match[1]), int(match[2]))
            if value.isdecimal():
                raise Mismatch("write it without quotes")
        raise Mismatch

    return Shape(f'a whole number of at least {least}, or a range such as "2..8"', example, accept)


def _seconds(value: object, _: Tree) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return value
    raise Mismatch('write seconds as a bare number, for example 600 for "10min"' if isinstance(value, str) else "")


def _percent(value: object, _: Tree) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and 0 < value <= 100:
        return value
    raise Mismatch


def _port(value: object, _: Tree) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65_535:
        return value
    raise Mismatch("write it without quotes" if isinstance(value, str) and value.isdecimal() else "")


def _text(value: object, _: Tree) -> object:
    if isinstance(value, str) and value and value.isprintable():
        return value
    raise Mismatch


def _variable(value: object, _: Tree) -> object:
    if isinstance(value, str) and "\0" not in value:
        return value
    raise Mismatch("" if isinstance(value, (dict, list)) else "put it in quotes: the environment holds text only")


def _module(value: object, _: Tree) -> object:
    if isinstance(value, str):
        if _MODULE.fullmatch(value):
            return value
        dotted = value.removesuffix(".py").strip("/.").replace("/", ".")
        if value.endswith(".py") and _MODULE.fullmatch(dotted):
            raise Mismatch(f'write it as Python imports it: "{dotted}"')
    raise Mismatch


def _version(value: object, _: Tree) -> object:
    if isinstance(value, str) and _VERSION.fullmatch(value):
        return value.removeprefix("v")
    raise Mismatch("put it in quotes" if isinstance(value, (int, float)) else "")


def _rule(value: object, _: Tree) -> object:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise Mismatch


def _folder(value: object, tree: Tree) -> object:
    path = _inside(value, tree)
    if path and not tree.is_dir(path):
        raise Mismatch("there is no such folder in the project")
    return path


def _file(value: object, tree: Tree) -> object:
    path = _inside(value, tree)
    if not tree.is_file(path):
        raise Mismatch("there is no such file in the project")
    return path


def _place(value: object, tree: Tree) -> object:
    path = _inside(value, tree)
    if not path or tree.is_dir(path):
        raise Mismatch("there is a folder of this name")
    return path


def _inside(value: object, tree: Tree) -> str:
    if not isinstance(value, str):
        raise Mismatch
    path = tree.locate(value)
    if path is None:
        raise Mismatch("it lies outside the project, and connlint reads nothing there")
    return path


def word(*choices: str, also: Mapping[str, str] | None = None) -> Shape:
    """One of `choices`; `also` maps further spellings to one of them."""
    spellings = {**{choice: choice for choice in choices}, **(also or {})}

    def accept(value: object, _: Tree) -> object:
        if isinstance(value, str):
            if value in spellings:
                return spellings[value]
            raise Mismatch(nearest(value, spellings))
        raise Mismatch

    return Shape(f"one of {', '.join(choices)}", f'"{choices[0]}"', accept)


def nearest(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """`did you mean "..."?` for a name close to a known one, else nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name[:80].lower().replace("_", "-"), list(known), n=1, cutoff=0.6)
    return f'did you mean "{found[0]}"?' if found else ""


SECONDS: Final = Shape("a number of seconds of at least 0", "600", _seconds)
PERCENT: Final = Shape("a number above 0 and at most 100", "80", _percent)
PORT: Final = Shape("a port from 1 to 65535", "5432", _port)
TEXT: Final = Shape("a string that is not empty", '"db.internal"', _text)
PLATFORM: Final = Shape("the name of a service and plan", '"heroku:standard-0"', _text)
VARIABLE: Final = Shape("a string", '"60"', _variable)
MODULE: Final = Shape("the dotted name of a Python module", '"shop.settings.production"', _module)
RUNNER: Final = Shape("the dotted name of a Python function", '"shop.db.run_managed"', _module)
VERSION: Final = Shape('a version in quotes, such as "5.2"', '"5.2"', _version)
RULE: Final = Shape("the name of a rule or of a family of rules", '"low-headroom"', _rule)
PATTERN: Final = Shape("a path or pattern such as docs/** in quotes", '"docs/**"', _text)
FOLDER: Final = Shape("a folder of the project", '"src"', _folder)
NEW_FILE: Final = Shape("the path of a file in the project", '".connlint-baseline.json"', _place)
FILE: Final = Shape("a file of the project", '"deploy/pgbouncer.ini"', _file)
