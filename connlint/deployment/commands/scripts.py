"""What a word names that is no known program: a script of the project, for a shell or for Python."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from connlint.deployment.commands.container import Container, taken_for
from connlint.deployment.commands.entry_points import installed_script, installers
from connlint.formats.words import Text, Word
from connlint.records import dataclass
from connlint.source import Source
from connlint.value import Origin, Value

_SHELL: Final = re.compile(r"#!.*?\b(?:ba|da|a|z|k)?sh\b")
_PYTHON: Final = re.compile(r"#!.*?\bpython[\d.]*\b")
_OTHER: Final = re.compile(r"#!")
_RUNS_DJANGO: Final = "execute_from_command_line"
UNKNOWN: Final = "connlint_unknown_"  # the names of variables that stand for unknown parts of a script
_FOLDERS: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Language(Enum):
    SHELL = "shell"
    PYTHON = "python"
    OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """`assumed`: that this file is the one that is meant, where nothing says how it gets there."""

    source: Source
    language: Language
    assumed: Origin | None = None

    @property
    def is_manage(self) -> bool:
        """Whether it is a manage.py, whatever its name."""
        return self.language is Language.PYTHON and _RUNS_DJANGO in self.source.text


def find_script(word: Word, directory: str, container: Container) -> Script | None:
    """The file of the project that a program's name stands for: by its path, in the folders of a usual PATH, or
    because the project installs it."""
    name = word.exact
    if not name or "\0" in name:
        return None
    places = [name] if "/" in name else [f"{folder}/{name}" for folder in _FOLDERS]
    for place in places:
        source = container.text(place, directory)
        if source is not None:
            return Script(source, language_of(source))
    if name.startswith("/"):
        guess = container.guess(name)
        source = container.read(guess) if guess is not None else None
        return Script(source, language_of(source), taken_for(name, guess or "")) if source is not None else None
    if "/" in name:
        return None
    lookups, installed = container.lookups, container.lookups.installed
    if lookups.installers is None:
        lookups.installers = installers(container.tree)
    if name not in installed:
        installed[name] = installed_script(name, container.tree, lookups.installers)
    module = installed[name]
    return Script(module, Language.PYTHON) if module is not None else None


def language_of(source: Source) -> Language:
    """By the shebang; without one a program is a script for the shell that starts it, unless its name says Python."""
    first = source.line(1)[:200]
    if _PYTHON.match(first) or (not first.startswith("#!") and source.path.endswith(".py")):
        return Language.PYTHON
    if _SHELL.match(first):
        return Language.SHELL
    if _OTHER.match(first) or "\0" in source.text[:1000] or source.damaged:
        return Language.OTHER
    return Language.SHELL


def as_script(word: Word) -> tuple[Text, dict[str, Value]]:
    """The text after `sh -c`; parts that nobody knows stand in it as variables of these values.

    What an unknown part would do to the syntax is not seen: it is a word, or a part of one.
    """
    known = word.as_text()
    if known is not None:
        return known, {}
    text = Text.placed("", word.span)
    variables: dict[str, Value] = {}
    for part in word.parts:
        if isinstance(part, Value):
            if part.is_exact:
                part = Text.placed(str(part.only), word.span)
            else:
                name = f"{UNKNOWN}{len(variables) + 1}"
                variables[name] = part
                part = Text.placed(f"${{{name}}}", word.span)
        text = part if not text.text else text + part
    return text, variables
