"""Colour and links: the few escape sequences a report uses, or none of them."""

from __future__ import annotations

from typing import Final

from connlint.records import dataclass

_CODES: Final = {
    "bold": "1", "dim": "2", "error": "1;31", "warning": "1;33", "info": "1;36", "help": "1;32", "gutter": "1;34",
    "good": "32", "bad": "1;31", "doubtful": "33",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How to write to one place: with colour or not, with OSC 8 links or not, and how wide (columns)."""

    colour: bool = False
    links: bool = False
    width: int = 100

    def paint(self, text: str, name: str) -> str:
        """`text` in the colour called `name`; empty text stays empty."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.colour and text else text

    def link(self, text: str, address: str | None) -> str:
        """`text` as an OSC 8 hyperlink."""
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if self.links and address else text


PLAIN: Final = Style()
