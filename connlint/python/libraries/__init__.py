"""Models of the helper libraries that Django settings use, as pure functions that execute nothing.

Each module models one library and is compared with the real one in its tests. All of them share these types:

* a result that a library builds from several arguments is made of `Part`s, so that a caller can give each
  key the origins of the argument it comes from;
* a variable is asked for through a `Lookup`, and the answer is a `Reading` that says where it came from;
* a line of a `.env` file is an `Assignment` with its offsets;
* whatever cannot be modelled exactly raises `LibraryError`; the caller makes it an unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from connlint.records import dataclass, field

LIBRARY: Final = "library"  # the source of what a library adds by itself


class LibraryError(Exception):
    """The library would raise, or its answer is not known; `reason` says which in a few words.

    A reason names variables, keywords and URL schemes; it never holds a variable's text or a part of a URL,
    since these hold passwords.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a result and the name of the argument that says so (`url`, `conn_max_age`, or `library`)."""

    value: object = field(repr=False)
    source: str = LIBRARY


# A dictionary that a library returns: nested dictionaries whose leaves are parts.
Parts: TypeAlias = "dict[str, Part | Parts]"


def plain(parts: Mapping[str, Part | Parts]) -> dict[str, object]:
    """The ordinary dictionary that the library returns."""
    return {key: plain(part) if isinstance(part, dict) else part.value for key, part in parts.items()}


# The text of an environment variable, or None when it is not set. It may raise `LibraryError` when nobody
# knows, which every function here lets pass.
Lookup: TypeAlias = Callable[[str], "str | None"]

ENVIRON: Final = "environ"
DEFAULT: Final = "default"
SCHEME: Final = "scheme"
FILE: Final = "file"


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer of a library asked for a variable.

    `source` is `environ` (the text of `variable`, cast), `default` (the argument of the call, untouched or
    cast as the library does), `scheme` (the default in the constructor) or `file` (the `.env` or ini file that
    the library keeps for itself). `variable` is the name of the variable whose text it is, prefix and
    proxies resolved, or the one that was asked for where no text was found.
    """

    value: object = field(repr=False)
    source: str
    variable: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """One variable of a `.env` or ini file: its text after unquoting and where the file says so.

    `start` and `end` are offsets of the value as written, without its quotes; where there is no value they
    are those of the name, which begins at `name_start`. `text` is None for a name without `=`.
    """

    name: str
    text: str | None = field(repr=False)
    name_start: int
    start: int
    end: int
