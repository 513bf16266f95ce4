"""The helpers that turn a text into true or false: `strtobool` of distutils and setuptools."""

from __future__ import annotations

from typing import Final

from connlint.python.libraries import LibraryError

TRUE: Final = frozenset({"y", "yes", "t", "true", "on", "1"})
FALSE: Final = frozenset({"n", "no", "f", "false", "off", "0"})


def strtobool(text: str) -> int:
    """What `distutils.util.strtobool` returns: 1 or 0; `LibraryError` for any other text."""
    folded = text.lower()
    if folded in TRUE:
        return 1
    if folded in FALSE:
        return 0
    raise LibraryError("strtobool does not take this text for a truth value")
