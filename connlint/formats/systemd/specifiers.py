"""systemd's `%` specifiers: what `%i`, `%n`, `%h` ... come to in a unit of the system's manager.

Source: src/core/unit-printf.c, src/shared/specifier.c and systemd.unit(5), "Specifiers". What depends on the machine is
unknown; a letter that systemd does not know stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

from connlint.formats.words import Text
from connlint.records import dataclass
from connlint.value import Origin, Value

_FIXED: Final = {
    "%": "%", "h": "/root", "u": "root", "g": "root", "U": "0", "G": "0", "s": "/bin/sh", "t": "/run", "S": "/var/lib",
    "C": "/var/cache", "L": "/var/log", "E": "/etc", "T": "/tmp", "V": "/var/tmp",
}  # fmt: skip
_OF_MACHINE: Final = frozenset("aAbBcdDfHlmMoqrRvwWyY")
_HOLE: Final = "\ue000"  # stands for what a template puts in; a private character, which no unit has
_SPECIFIER: Final = re.compile(f"%(.)|{_HOLE}", re.DOTALL)
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}")
_ESCAPED: Final = re.compile(r"\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class UnitName:
    """`prefix@instance.service`; the instance is empty in a unit that is no template, None where nobody states it."""

    prefix: str
    instance: str | None = ""
    template: bool = False

    @property
    def stem(self) -> str:
        """The name without its type: how people call it."""
        return f"{self.prefix}@{self.instance or ''}" if self.template else self.prefix


def unescaped(name: str) -> str:
    """`unit_name_unescape`: `-` stands for `/`, and `\\x2d` for a character that may not stand in a name."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name.replace("-", "/"))


def masked(text: Text) -> Text:
    """The text with a mark for each `{{ ... }}`: a tool that deploys the file puts something in before systemd sees it."""
    if "{{" not in text.text:
        return text
    pieces: list[str] = []
    offsets: list[int] = []
    at = 0
    for match in _TEMPLATE.finditer(text.text):
        pieces += (text.text[at : match.start()], _HOLE)
        offsets += (*text.offsets[at : match.start()], text.offsets[match.start()])
        at = match.end()
    return Text("".join((*pieces, text.text[at:])), text.source, (*offsets, *text.offsets[at:]))


def is_template(text: Text) -> bool:
    """Whether a template puts a part of it in."""
    return _HOLE in text.text


def expand(text: Text, name: UnitName) -> tuple[Text | Value, ...]:
    """The text in parts: a specifier's value has the place of the specifier; one nobody can tell is unknown there."""
    parts: list[Text | Value] = []
    at = 0
    for match in _SPECIFIER.finditer(text.text):
        found = _value(match[1], name) if match[1] else Value.unknown("a template puts it into this file")
        if found is None:
            continue
        if match.start() > at:
            parts.append(text.cut(at, match.start()))
        place = text.span(*match.span())
        parts.append(
            Text.placed(found, place) if isinstance(found, str) else Value.unknown(found.reason, Origin.at(place))
        )
        at = match.end()
    if at < len(text.text) or not parts:
        parts.append(text.cut(at) if at else text)
    return tuple(parts)


def plain(text: Text, name: UnitName) -> str | None:
    """The expanded text where all of it is known."""
    parts = expand(text, name)
    if any(isinstance(part, Value) for part in parts):
        return None
    return "".join(part.text for part in parts if isinstance(part, Text))


def _value(letter: str, name: UnitName) -> str | Value | None:
    if letter in _FIXED:
        return _FIXED[letter]
    if letter in "pPjJ":
        prefix = name.prefix.rpartition("-")[2] if letter in "jJ" else name.prefix
        return unescaped(prefix) if letter.isupper() else prefix
    if letter in "iInN":
        if name.instance is None:
            return Value.unknown(f"no file states an instance of {name.prefix}@.service")
        if letter in "nN":
            return name.stem + (".service" if letter == "n" else "")
        return unescaped(name.instance) if letter == "I" else name.instance
    return Value.unknown(f"%{letter} is what the machine says") if letter in _OF_MACHINE else None
