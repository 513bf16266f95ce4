"""environs: what `Env` answers for a variable, method by method, and what its `.env` reader sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connlint.python.libraries import LibraryError, Lookup, Reading

NOTSET: Final = object()


@dataclass(frozen=True, slots=True)
class Env:
    """An `environs.Env(expand_vars=..., prefix=...)`; `prefixed("X_")` gives one with a longer prefix."""

    prefix: str = ""
    expand_vars: bool = False

    def prefixed(self, prefix: str) -> Env:
        """The environment inside `with env.prefixed(prefix):`."""
        return Env(self.prefix + prefix, self.expand_vars)


def read(env: Env, lookup: Lookup, method: str, name: str, default: object = NOTSET, **keywords: object) -> Reading:
    """What `env.<method>(name, default, **keywords)` answers; `method` "__call__" is `env(name)`.

    A default that is used is returned as it was given, the same object. `dj_db_url` answers with the URL's
    text, to be given to `database_url.parse` with the remaining keywords. `subcast` and its like are real
    builtin types or functions of a text, which are called. `validate` is ignored.
    """
    raise LibraryError("this call of environs is not modelled yet")


def cast(method: str, text: str, **keywords: object) -> object:
    """What `env.<method>` makes of the text of a variable."""
    raise LibraryError("this call of environs is not modelled yet")


def file_aware(
    lookup: Lookup, read_file: Callable[[str], str], suffix: str = "_FILE", strip_whitespace: bool = False
) -> Lookup:
    """The lookup of `FileAwareEnv`: where `NAME_FILE` is set, the text of the file it names."""
    raise LibraryError("this call of environs is not modelled yet")
