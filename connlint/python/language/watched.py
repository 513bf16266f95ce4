"""Cells that note what is asked of them, so that an evaluation can say which variables it hung on."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

from connlint.python.language.domain import Abstract

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_keys, dict_values


class Watched(dict[Hashable, Abstract]):
    """`asked`: the keys that were looked up, there or not; `whole`: all of them were looked at."""

    __slots__ = ("asked", "whole")

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: set[Hashable] = set()
        self.whole = False

    def __getitem__(self, key: Hashable) -> Abstract:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: Hashable, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(key)
        return super().__contains__(key)

    def pop(self, key: Hashable, *default: Any) -> Any:
        self.asked.add(key)
        return super().pop(key, *default)

    def setdefault(self, key: Hashable, default: Any = None) -> Any:
        self.asked.add(key)
        return super().setdefault(key, default)

    def popitem(self) -> tuple[Hashable, Abstract]:
        self.whole = True
        return super().popitem()

    def __iter__(self) -> Iterator[Hashable]:
        self.whole = True
        return super().__iter__()

    def __reversed__(self) -> Iterator[Hashable]:
        self.whole = True
        return super().__reversed__()

    def __len__(self) -> int:
        self.whole = True
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        self.whole = True
        return super().__eq__(other)

    __hash__ = None  # a dict has none either

    def __or__(self, other: Any) -> Any:
        self.whole = True
        return super().__or__(other)

    def __ror__(self, other: Any) -> Any:
        self.whole = True
        return super().__ror__(other)

    def keys(self) -> dict_keys[Hashable, Abstract]:
        self.whole = True
        return super().keys()

    def values(self) -> dict_values[Hashable, Abstract]:
        self.whole = True
        return super().values()

    def items(self) -> dict_items[Hashable, Abstract]:
        self.whole = True
        return super().items()

    def copy(self) -> dict[Hashable, Abstract]:
        self.whole = True
        return super().copy()
