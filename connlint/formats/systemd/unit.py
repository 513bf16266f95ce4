"""One unit with its drop-ins: lists that grow and are reset by an empty value, single settings where the last counts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.opening import opened, stated
from connlint.formats.systemd.specifiers import UnitName, masked
from connlint.formats.systemd.syntax import Assignment, parse_unit
from connlint.formats.systemd.words import Unbalanced, next_word
from connlint.formats.words import Text
from connlint.project.tree import Tree
from connlint.records import dataclass, replace
from connlint.source import Source
from connlint.value import Origin, Value

MOST_DROP_INS: Final = 100
_TRUE: Final = frozenset({"1", "yes", "y", "true", "t", "on"})


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A unit under one name; `problems` are those of its own file and of its drop-ins, by the path of the file."""

    name: UnitName
    source: Source
    assignments: Sequence[Assignment]
    documents: tuple[Document, ...]

    def every(self, section: str, key: str) -> list[Text]:
        """The values of a list setting, from the last reset on."""
        found: list[Text] = []
        for each in self.assignments:
            if each.section == section and each.key == key:
                found = [*found, each.value] if each.value.text else []
        return found

    def last(self, section: str, key: str) -> Text | None:
        """The value of a single setting; None where it is not set or set back."""
        values = self.every(section, key)
        return values[-1] if values else None

    def flag(self, section: str, key: str) -> bool:
        value = self.last(section, key)
        return value is not None and value.text.lower() in _TRUE

    def names(self, section: str, *keys: str) -> list[str]:
        """The names in the lists of these keys."""
        found: list[str] = []
        for key in keys:
            for value in self.every(section, key):
                at = 0
                try:
                    while True:
                        word, at = next_word(value, at)
                        if word is None:
                            break
                        found.append(word.text)
                except Unbalanced:
                    continue
        return found

    @property
    def cpus(self) -> Value | None:
        """CPUQuota= in CPUs: 150 % are one and a half."""
        text = self.last("Service", "CPUQuota")
        if text is None or not text.text.endswith("%"):
            return None
        number = text.text[:-1].strip()
        if not number.replace(".", "", 1).isdecimal() or not number.isascii() or len(number) > 9:
            return None
        return Value.exact(float(number) / 100, Origin.at(text.span()))


def load_unit(tree: Tree, path: str, name: UnitName) -> Unit:
    """The unit at `path` under the name `name`, with the drop-ins that stand beside it."""
    source, troubles = opened(tree, path)
    parsed = parse_unit(source)
    documents = [stated("systemd", source, (*troubles, *parsed.problems))]
    assignments = [*parsed.assignments]
    for file in _drop_ins(tree, path, name):
        extra, troubles = opened(tree, file)
        parsed = parse_unit(extra)
        assignments += parsed.assignments
        documents.append(stated("systemd", extra, (*troubles, *parsed.problems)))
    held = [replace(each, value=masked(each.value)) for each in assignments]
    return Unit(name, source, held, tuple(documents))


def _drop_ins(tree: Tree, path: str, name: UnitName) -> list[str]:
    """`*.conf` of `service.d/`, `x-.service.d/`, `x@.service.d/` and `x@i.service.d/`, sorted by their own names.

    The same file name in a more special folder takes the place of the other (systemd.unit(5)).
    """
    folder, ending = posixpath.dirname(path), posixpath.splitext(path)[1]
    names = [ending[1:], *(f"{stem}{ending}" for stem in _stems(name))]
    found: dict[str, str] = {}
    for each in names:
        place = posixpath.join(folder, f"{each}.d")
        if tree.is_dir(place):
            found.update((file, f"{place}/{file}") for file in tree.listdir(place) if file.endswith(".conf"))
    return [found[file] for file in sorted(found)][:MOST_DROP_INS]


def _stems(name: UnitName) -> Iterable[str]:
    """The names that drop-in folders may have for a unit, the most general first."""
    at = name.prefix.find("-")
    while 0 <= at < len(name.prefix) - 1:
        yield name.prefix[: at + 1]
        at = name.prefix.find("-", at + 1)
    if name.template:
        yield f"{name.prefix}@"
    if name.instance or not name.template:
        yield name.stem


def problem_at(text: Text, message: str, *, fatal: bool = False) -> Problem:
    """A `syntax` problem at a value."""
    return Problem("syntax", message, text.span(), fatal)
