"""The one question of these tests: do the real library and its model give the same answer?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connlint.python.libraries import LibraryError

Same = Callable[[Callable[[], object], Callable[[], object]], None]


def typed(value: object) -> object:
    """The value with the type of everything in it, so that 1, 1.0, True and "1" are four answers."""
    if isinstance(value, dict):
        return dict, {typed_key(key): typed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), [typed(item) for item in value]
    return type(value), "nan" if value != value else value


def typed_key(key: object) -> object:
    return type(key), key


@pytest.fixture(scope="session")
def same() -> Same:
    """Checks that both answer alike, or that the library raises and the model raises `LibraryError`."""

    def check(real: Callable[[], object], model: Callable[[], object]) -> None:
        try:
            expected = typed(real())
        except Exception:  # whatever a library raises, its model has one way to say so
            with pytest.raises(LibraryError):
                model()
        else:
            assert typed(model()) == expected

    return check
