"""Models are imported when the evaluated code uses their package: the table that says which has to be complete."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import connlint.python
from connlint.python.models.external import _MODELS

FOLDER = Path(connlint.python.__path__[0])


def names_in(model: str) -> set[str]:
    """The dotted names that a module models."""
    module = import_module(f"connlint.python.{model}")
    return {*module.HANDLERS, *module.CONSTANTS}


def test_every_module_of_models_is_listed() -> None:
    found = {
        ".".join(file.relative_to(FOLDER).with_suffix("").parts)
        for file in FOLDER.rglob("*.py")
        if "\nHANDLERS: Final" in file.read_text(encoding="utf-8")
    }
    assert found == set(_MODELS)


def test_each_is_listed_with_the_packages_of_its_names() -> None:
    """A package that is missing here would not be modelled at all; one too many would be imported in vain."""
    held = {model: {name.partition(".")[0] for name in names_in(model)} for model in _MODELS}
    assert held == {model: set(packages.split()) for model, packages in _MODELS.items()}


def test_no_two_models_claim_a_name() -> None:
    """Which of the two counted would depend on their order."""
    names = sorted(name for model in _MODELS for name in names_in(model))
    assert names == sorted(set(names))
