"""The order of parameters is that of the installed libraries."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from connlint.python.libraries.configurations import read
from connlint.python.libraries.signatures import PARAMETERS

BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def real(name):
    """The function of a dotted name; for a class, its constructor."""
    parts = name.split(".")
    depth = 2 if name.startswith("configurations") else 1
    found = import_module(".".join(parts[:depth]))
    for part in parts[depth:]:
        found = inspect.getattr_static(found, part) if inspect.isclass(found) else getattr(found, part)
    if isinstance(found, (classmethod, staticmethod)):
        found = found.__func__
    return found.__init__ if inspect.isclass(found) else found


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_order_is_that_of_the_library(name):
    names = [each.name for each in inspect.signature(real(name)).parameters.values() if each.kind in BY_POSITION]
    if names[0] in ("self", "cls"):
        names = names[1:]
    assert tuple(names) == PARAMETERS[name]


def test_values_take_the_same_keywords_in_the_model():
    names = PARAMETERS["configurations.values.Value"]
    assert (
        read("Value", {"OWN": "x"}.get, "X", **dict(zip(names, (None, True, "OWN", None, True), strict=True))).value
        == "x"
    )
