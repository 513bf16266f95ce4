"""Versions of products, compared by their numbers."""

from __future__ import annotations

import re
from functools import total_ordering

from connlint.records import dataclass

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """`5.2.3` as (5, 2, 3); missing parts count as 0, so 5.2 equals 5.2.0."""

    parts: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """The first dotted number in `text`; None when there is none."""
        match = _NUMBERS.search(text[:64])
        return cls(tuple(int(part) for part in match.group().split("."))) if match else None

    def __lt__(self, other: Version) -> bool:
        return self._padded(other) < other._padded(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._padded(other) == other._padded(self)

    def __hash__(self) -> int:
        parts = self.parts
        while parts and parts[-1] == 0:
            parts = parts[:-1]
        return hash(parts)

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))

    def _padded(self, other: Version) -> tuple[int, ...]:
        return self.parts + (0,) * (len(other.parts) - len(self.parts))
