"""django-environ: what `Env` answers for a variable, what its `.env` reader sets, and its `Path`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connlint.python.libraries import Assignment, LibraryError, Lookup, Reading

NOTSET: Final = object()


@dataclass(frozen=True, slots=True)
class Env:
    """An `environ.Env(**scheme)` and the attributes a project may set on it.

    `scheme` maps names to a cast or to (cast, default).
    """

    scheme: Mapping[str, object] = field(default_factory=dict)
    prefix: str = ""
    smart_cast: bool = True
    escape_proxy: bool = False


def get_value(
    env: Env, lookup: Lookup, var: str, cast: object = None, default: object = NOTSET, parse_default: bool = False
) -> Reading:
    """What `env(var, cast, default, parse_default)` answers.

    `cast` is None, a real builtin type (`int`, `bool`, `list`, ...), `[type]`, `(type,)`, a dictionary with
    `value`, `key` and `cast`, or any other function of a text, which is called. A default that is used is
    returned as it was given, the same object, unless `parse_default` or a leading `$` asks for more.
    """
    raise LibraryError("this call of django-environ is not modelled yet")


def read(env: Env, lookup: Lookup, method: str, var: str, default: object = NOTSET, **keywords: object) -> Reading:
    """What `env.<method>(var, default=default, **keywords)` answers.

    `method` is str, bytes, bool, int, float, json, list, tuple or dict. For `db`, `db_url`, `cache` and
    `cache_url` the reading's value is the URL's text, to be given to `environ_url`.
    """
    raise LibraryError("this call of django-environ is not modelled yet")


def parse_value(text: object, cast: object) -> object:
    """What `Env.parse_value(text, cast)` returns."""
    raise LibraryError("this call of django-environ is not modelled yet")


def read_env(text: str, *, parse_comments: bool = False) -> tuple[Assignment, ...]:
    """The variables of a `.env` file in order, as `Env.read_env` reads them.

    The last assignment of a name counts. A variable that is already set wins unless `overwrite=True`.
    """
    raise LibraryError("this call of django-environ is not modelled yet")


def file_aware(lookup: Lookup, read_file: Callable[[str], str]) -> Lookup:
    """The lookup of `FileAwareEnv`: where `NAME_FILE` is set, the text of the file it names.

    `read_file` takes the path as written and raises `LibraryError` when the file cannot be read.
    """
    raise LibraryError("this call of django-environ is not modelled yet")
