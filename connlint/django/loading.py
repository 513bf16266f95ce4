"""What Django has loaded, for the engine: the names that the settings module sets, and the folder of its project."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from django.conf import settings

from connlint.python.loaded import Loaded
from connlint.report.redact import looks_secret

_DEEPEST: Final = 6
_LONGEST: Final = 5000  # characters of a secret
_MARKS: Final = ("pyproject.toml", "manage.py")


def loaded() -> Loaded | None:
    """The loaded settings; None where no module was loaded, as after `settings.configure()`.

    Django's own defaults are not among them. What may be a secret is handed on only to be masked.
    """
    module = getattr(settings, "SETTINGS_MODULE", None)
    if not isinstance(module, str):
        return None
    stated = {
        name: getattr(settings, name) for name in dir(settings) if name.isupper() and settings.is_overridden(name)
    }
    return Loaded(module, stated, frozenset(_secrets(stated, _DEEPEST, False)))


def _secrets(value: object, depth: int, secret: bool) -> Iterator[str]:
    """Every text below a key that looks like a secret's."""
    if isinstance(value, Mapping) and depth:
        for key, inner in value.items():
            yield from _secrets(inner, depth - 1, secret or looks_secret(str(key)))
    elif isinstance(value, (list, tuple, set, frozenset)) and depth and secret:
        for inner in value:
            yield from _secrets(inner, depth - 1, secret)
    elif secret and isinstance(value, str) and 0 < len(value) < _LONGEST:
        yield value


def project_folder() -> str:
    """The folder to inspect: CONNLINT_ROOT of the settings, else what the place of the settings module tells.

    That is the nearest folder above it that configures connlint, else the repository's, else the nearest one with a
    manage.py or pyproject.toml; the current folder where there is none.
    """
    stated = getattr(settings, "CONNLINT_ROOT", None)
    if stated:
        return os.path.realpath(str(stated))
    file = getattr(sys.modules.get(getattr(settings, "SETTINGS_MODULE", "")), "__file__", None)
    here = os.path.dirname(os.path.realpath(file)) if file else os.path.realpath(os.curdir)
    above = list(_upwards(here))
    for wanted in (_configures, _is_repository, _is_project):
        for folder in above:
            if wanted(folder):
                return folder
    return os.path.realpath(os.curdir)


def _upwards(folder: str) -> Iterator[str]:
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _configures(folder: str) -> bool:
    if os.path.isfile(os.path.join(folder, "connlint.toml")):
        return True
    try:
        with open(os.path.join(folder, "pyproject.toml"), encoding="utf-8", errors="replace") as file:
            return "[tool.connlint" in file.read()
    except OSError:
        return False


def _is_repository(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, ".git"))


def _is_project(folder: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, mark)) for mark in _MARKS)
