"""Reads pgcat.toml: pools with their users and shards.

Source: PgCat's CONFIG.md. A pool is what clients name as their database; each of its users has `pool_size` connections to each
server of it. Of several servers the primary counts, of several shards none does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connlint.formats.document import Document, Problem
from connlint.formats.poolers.values import merged, mode, number, word
from connlint.project.toml_positions import MalformedToml, Node, read_toml
from connlint.source import Source
from connlint.value import Value


def read_pgcat(source: Source) -> Document:
    """The document of a pgcat.toml; never raises. Passwords are not looked at."""
    try:
        root = read_toml(source)
    except MalformedToml as error:
        return Document(
            "pgcat", source, problems=(Problem("syntax", f"this is no TOML: {error}", error.span, fatal=True),)
        )
    settings = {}
    port = _at(root, "general", "port")
    if port is not None:
        settings["listen_port"] = number(str(port.value), port.span, "port")
    groups: dict[str, Mapping[str, Value]] = {}
    users: dict[str, list[dict[str, Value]]] = {}
    for name, pool in _children(_at(root, "pools")):
        groups[f"databases.{name}"] = dict(_pool(pool))
        for user, stated in _users(pool):
            users.setdefault(user, []).append(stated)
    groups |= {f"users.{name}": merged(parts) for name, parts in users.items()}
    return Document("pgcat", source, settings=settings, groups=groups)


def _pool(pool: Node) -> Iterator[tuple[str, Value]]:
    stated = _at(pool, "pool_mode")
    if stated is not None:
        yield "pool_mode", mode(str(stated.value), stated.span)
    shards = list(_children(_at(pool, "shards")))
    if len(shards) > 1:
        yield "host", Value.unknown("it has several shards")
        return
    for _, shard in shards:
        name = _at(shard, "database")
        if name is not None:
            yield "dbname", word(str(name.value), name.span)
        servers = [node.value for node in _items(_at(shard, "servers")) if isinstance(node.value, list)]
        parts = [part for part in servers if len(part) > 1]
        primary = [part for part in parts if len(part) > 2 and str(part[2].value).lower() == "primary"]
        chosen = next(iter(primary or parts), None)
        if chosen is not None:
            yield "host", word(str(chosen[0].value), chosen[0].span)
            yield "port", number(str(chosen[1].value), chosen[1].span, "port")


def _users(pool: Node) -> Iterator[tuple[str, dict[str, Value]]]:
    for _, user in _children(_at(pool, "users")):
        name, size, own = _at(user, "username"), _at(user, "pool_size"), _at(user, "pool_mode")
        if name is None:
            continue
        stated = {} if size is None else {"pool_size": number(str(size.value), size.span, "pool_size")}
        if own is not None:
            stated["pool_mode"] = mode(str(own.value), own.span)
        yield str(name.value), stated


def _at(node: Node | None, *path: str) -> Node | None:
    for key in path:
        node = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
    return node


def _children(node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is not None and isinstance(node.value, dict):
        yield from ((name, child) for name, child in node.value.items() if isinstance(child.value, dict))


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []
