"""Lays one compose file over another, and a service over the one it extends.

Source: compose-go 2, override/merge.go and override/uncity.go, for the fields connlint reads: commands replace each
other, environments and env files are joined, mappings are merged, lists are joined with what repeats a key replaced.
`!override` replaces and `!reset` removes (loader/reset.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from connlint.formats.compose.model import Item, Leaf, Listing, Table, pairs_of
from connlint.formats.words import Text, Word

_REPLACED: Final = frozenset({"command", "entrypoint"})  # even by null
_JOINED: Final = frozenset({"environment", "env_file", "args", "labels"})
_NAMED: Final = frozenset({"depends_on", "networks"})  # a list of names is a mapping without values


def merge_services(base: Table, over: Table) -> Table:
    """The `services` of two files; a service of both is merged."""
    return _tables(base, over, merge_service)


def merge_service(base: Item, over: Item) -> Item:
    """One service over another (of the file below, or of the one it extends)."""
    if not isinstance(base, Table) or not isinstance(over, Table):
        return base if isinstance(over, Leaf) and over.is_null else over
    return _tables(base, over, None)


def merge_sections(base: Table, over: Table) -> Table:
    """Mappings without rules of their own: `configs`, `secrets`, `networks`."""
    return _tables(base, over, lambda one, other: _merge("", one, other))


def _tables(base: Table, over: Table, how: Callable[[Item, Item], Item] | None) -> Table:
    entries, keys = dict(base.entries), {**base.keys}
    for name, item in over.entries.items():
        if item.tag == "!reset":
            entries.pop(name, None)
            continue
        before = entries.get(name)
        keys[name] = over.keys[name]
        if before is None or item.tag == "!override":
            entries[name] = item
        else:
            entries[name] = how(before, item) if how is not None else _merge(name, before, item)
    return Table(entries, keys, over.span, base.tag)


def _merge(name: str, base: Item, over: Item) -> Item:
    if name in _REPLACED:
        return over
    if isinstance(over, Leaf) and over.is_null:
        return base
    if name == "build":
        return _tables(_build(base), _build(over), None)
    if name in _JOINED:
        return _joined(name, base, over)
    if name in _NAMED:
        base, over = _mapping(base), _mapping(over)
    if isinstance(base, Table) and isinstance(over, Table):
        return _tables(base, over, None)
    if isinstance(base, Listing) and isinstance(over, Listing):
        return Listing((*base.items, *over.items), over.span, over.tag)
    return over


def _build(item: Item) -> Table:
    if isinstance(item, Leaf):
        return Table({"context": item}, {"context": item.span}, item.span)
    return item if isinstance(item, Table) else Table({}, {}, item.span)


def _mapping(item: Item) -> Item:
    if not isinstance(item, Listing):
        return item
    names = {part.exact: part for part in item.items if isinstance(part, Leaf)}
    found = {name: part for name, part in names.items() if name is not None}
    nothing = {name: Leaf(part.made, part.span, part.folder, is_null=True) for name, part in found.items()}
    return Table({**nothing}, {name: part.span for name, part in found.items()}, item.span)


def _joined(name: str, base: Item, over: Item) -> Item:
    if name == "env_file":
        return Listing((*_files(base), *_files(over)), over.span)
    if isinstance(base, Table) and isinstance(over, Table):
        return _tables(base, over, None) if not _has_null(over) else _overlaid(base, over)
    return Listing((*_as_list(base), *_as_list(over)), over.span)


def _has_null(item: Table) -> bool:
    return any(isinstance(part, Leaf) and part.is_null for part in item.entries.values())


def _overlaid(base: Table, over: Table) -> Table:
    """Mappings of variables, where null is a value, too: the variable is taken from the shell."""
    return Table({**base.entries, **over.entries}, {**base.keys, **over.keys}, over.span)


def _files(item: Item) -> tuple[Item, ...]:
    return item.items if isinstance(item, Listing) else (item,)


def _as_list(item: Item) -> Iterable[Item]:
    if isinstance(item, Listing):
        return item.items
    return [_assignment(name, word, item) for name, word, _ in pairs_of(item)]


def _assignment(name: str, word: Word | None, table: Item) -> Leaf:
    """`NAME=value` as an item of a list, for what was a pair of a mapping."""
    span = table.keys[name] if isinstance(table, Table) else table.span
    parts = (Text.placed(name, span),) if word is None else (Text.placed(f"{name}=", span), *word.parts)
    whole = span if word is None else word.span
    return Leaf(Word(parts, whole), whole, "")
