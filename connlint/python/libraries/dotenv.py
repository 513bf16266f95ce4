"""python-dotenv: the variables of a `.env` file, with the place of each."""

from __future__ import annotations

from collections.abc import Callable

from connlint.python.libraries import Assignment, LibraryError, Lookup


def parse(text: str) -> tuple[Assignment, ...]:
    """The assignments of a `.env` file in order, before `${...}` is resolved; broken lines are left out."""
    raise LibraryError("this call of python-dotenv is not modelled yet")


def values(text: str, lookup: Lookup, *, interpolate: bool = True, override: bool = True) -> dict[str, Assignment]:
    """What `dotenv_values` returns, one final assignment for each name; `lookup` answers `${NAME}`.

    `load_dotenv(override=False)`, its default, resolves with `override=False` and then sets the names that
    have a text and are not set; `override=True` sets all that have a text.
    """
    raise LibraryError("this call of python-dotenv is not modelled yet")


def find(is_file: Callable[[str], bool], folder: str, filename: str = ".env") -> str | None:
    """The path that `find_dotenv` finds from `folder` (relative, `/`) upwards inside the project, or None."""
    raise LibraryError("this call of python-dotenv is not modelled yet")
