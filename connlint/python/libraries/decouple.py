"""python-decouple: where `config` finds a value, what its casts make of it, and the files it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from connlint.python.libraries import Assignment, LibraryError, Lookup, Reading

UNDEFINED: Final = object()


def read(
    lookup: Lookup, repository: Mapping[str, str], option: str, default: object = UNDEFINED, cast: object = UNDEFINED
) -> Reading:
    """What `config(option, default, cast)` answers; `repository` holds the texts of its `.env` or ini file.

    `cast` is a real builtin type, a `Csv`, a `Choices` or any other function of a value, which is called; it
    is applied to a default as well.
    """
    raise LibraryError("this call of python-decouple is not modelled yet")


def parse_env(text: str) -> tuple[Assignment, ...]:
    """The variables of a `.env` file in order, as `RepositoryEnv` reads them; the last one of a name counts."""
    raise LibraryError("this call of python-decouple is not modelled yet")


def parse_ini(text: str) -> tuple[Assignment, ...]:
    """The options of `[settings]` in an ini file, as `RepositoryIni` reads them (names in lower case)."""
    raise LibraryError("this call of python-decouple is not modelled yet")


def find_file(is_file: Callable[[str], bool], folder: str) -> str | None:
    """The `settings.ini` or `.env` that `AutoConfig` finds from `folder` (relative, `/`) upwards, or None."""
    raise LibraryError("this call of python-decouple is not modelled yet")


@dataclass(frozen=True, slots=True)
class Csv:
    """`decouple.Csv(cast, delimiter, strip, post_process)`, a function of a text."""

    cast: object = str
    delimiter: str = ","
    strip: str = " \t\n\r\x0b\x0c"
    post_process: object = list

    def __call__(self, value: object) -> object:
        raise LibraryError("this call of python-decouple is not modelled yet")


@dataclass(frozen=True, slots=True)
class Choices:
    """`decouple.Choices(flat, cast, choices)`, a function of a text."""

    flat: tuple[object, ...] = ()
    cast: object = str
    choices: tuple[tuple[object, object], ...] = ()

    def __call__(self, value: object) -> object:
        raise LibraryError("this call of python-decouple is not modelled yet")
