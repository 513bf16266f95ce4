"""One unit with its drop-ins: lists that grow and are reset by an empty value, single settings where the last counts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.opening import opened, stated
from connlint.formats.systemd.specifiers import UnitName, masked
from connlint.formats.systemd.syntax import MOST_ASSIGNMENTS, UnitFile, parse_unit
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
    settings: Mapping[tuple[str, str], list[Text]]
    documents: tuple[Document, ...]

    def every(self, section: str, key: str) -> list[Text]:
        """The values of a list setting, from the last reset on."""
        return self.settings.get((section, key), [])

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


def load_unit(tree: Tree, path: str, name: UnitName, parsed: dict[str, UnitFile]) -> Unit:
    """The unit at `path` under the name `name`, with the drop-ins that stand beside it. `parsed`: what was read before."""
    documents: list[Document] = []
    settings: dict[tuple[str, str], list[Text]] = {}
    count = 0
    for file in (path, *_drop_ins(tree, path, name)):
        source, troubles = opened(tree, file)
        if file not in parsed:
            parsed[file] = _masked(parse_unit(source))
        unit = parsed[file]
        count += len(unit.assignments)
        if file != path and count > MOST_ASSIGNMENTS:
            message = f"drop-ins are read until a unit has {MOST_ASSIGNMENTS} settings"
            documents.append(stated("systemd", source, [Problem("too-large", message, source.span(0, 0))]))
            break
        for each in unit.assignments:
            values = settings.setdefault((each.section, each.key), [])
            values.append(each.value) if each.value.text else values.clear()
        documents.append(stated("systemd", source, (*troubles, *unit.problems)))
    return Unit(name, documents[0].source, settings, tuple(documents))


def _masked(unit: UnitFile) -> UnitFile:
    return replace(unit, assignments=tuple(replace(each, value=masked(each.value)) for each in unit.assignments))


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
