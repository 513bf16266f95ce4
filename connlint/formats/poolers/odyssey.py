"""Reads odyssey.conf: where it listens, its storages, and the routes from a database and a user to one of these.

Source: Odyssey's documentation/configuration.md. A route has a pool of its own: `pool` is its mode, `pool_size` its connections (0 is as
many as there are clients), `database default` and `user default` are what nothing else names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connlint.formats.document import Document
from connlint.formats.poolers.tokens import Token, as_block, closing
from connlint.formats.poolers.values import merged, mode, number, word
from connlint.source import Source
from connlint.value import Origin, Value

Storage = dict[str, Value]
_NAMED: Final = ("storage", "database")  # blocks with a name in front of the brace


def read_odyssey(source: Source) -> Document:
    """The document of an odyssey.conf; never raises."""
    found = as_block(source)
    settings: dict[str, Value] = {}
    storages: dict[str, Storage] = {}
    routes: list[tuple[str, str, dict[str, Token]]] = []
    at = 0
    while at < len(found):
        token = found[at]
        places = (at + 1, at + 2) if token.text in _NAMED else (at + 1,)
        opening = next((i for i in places if i < len(found) and found[i].sign("{")), None)
        if opening is None:
            if token.text == "client_max" and at + 1 < len(found):
                settings["max_client_conn"] = number(found[at + 1].text, found[at + 1].span, "client_max")
            at += 1
            continue
        end = closing(found, opening)
        inside, name = found[opening + 1 : end], found[at + 1].text if opening == at + 2 else ""
        if token.text == "listen":
            port = _pairs(inside).get("port")
            if port is not None and "listen_port" not in settings:
                settings["listen_port"] = number(port.text, port.span, "port")
        elif token.text == "storage":
            storages[name] = _storage(_pairs(inside))
        elif token.text == "database":
            routes += [(name, user, pairs) for user, pairs in _users(inside)]
        at = end + 1
    return Document("odyssey", source, settings=settings, groups=_groups(routes, storages))


def _groups(
    routes: list[tuple[str, str, dict[str, Token]]], storages: Mapping[str, Storage]
) -> dict[str, Mapping[str, Value]]:
    databases: dict[str, list[dict[str, Value]]] = {}
    users: dict[str, list[dict[str, Value]]] = {}
    for name, user, pairs in routes:
        stated = _route(pairs)
        behind = storages.get(pairs["storage"].text, {}) if "storage" in pairs else {}
        whole = (
            {**behind, **stated}
            if user == "default"
            else {**behind, **{k: stated[k] for k in ("dbname",) if k in stated}}
        )
        databases.setdefault("*" if name == "default" else name, []).append(whole)
        if user != "default":
            users.setdefault(user, []).append({key: value for key, value in stated.items() if key != "dbname"})
    groups: dict[str, Mapping[str, Value]] = {f"databases.{name}": merged(parts) for name, parts in databases.items()}
    return groups | {f"users.{name}": merged(parts) for name, parts in users.items()}


def _route(pairs: Mapping[str, Token]) -> dict[str, Value]:
    stated: dict[str, Value] = {}
    if "pool" in pairs:
        stated["pool_mode"] = mode(pairs["pool"].text, pairs["pool"].span)
    if "pool_size" in pairs:
        size = number(pairs["pool_size"].text, pairs["pool_size"].span, "pool_size")
        unlimited = Value.unknown("pool_size is 0: as many as there are clients", Origin.at(pairs["pool_size"].span))
        stated["pool_size"] = unlimited if size.always(lambda n: n == 0) else size
    if "storage_db" in pairs:
        stated["dbname"] = word(pairs["storage_db"].text, pairs["storage_db"].span)
    return stated


def _storage(pairs: Mapping[str, Token]) -> Storage:
    found = {}
    if "host" in pairs:
        found["host"] = word(pairs["host"].text, pairs["host"].span)
    if "port" in pairs:
        found["port"] = number(pairs["port"].text, pairs["port"].span, "port")
    return found


def _users(inside: list[Token]) -> list[tuple[str, dict[str, Token]]]:
    found, at = [], 0
    while at + 2 < len(inside):
        if inside[at].text == "user" and inside[at + 2].sign("{"):
            end = closing(inside, at + 2)
            found.append((inside[at + 1].text, _pairs(inside[at + 3 : end])))
            at = end
        at += 1
    return found


def _pairs(inside: list[Token]) -> dict[str, Token]:
    """Each word with the one behind it, outside of further blocks."""
    found: dict[str, Token] = {}
    at = 0
    while at + 1 < len(inside):
        if inside[at].sign("{"):
            at = closing(inside, at) + 1
            continue
        if not inside[at].quoted and not inside[at + 1].sign("{"):
            found.setdefault(inside[at].text, inside[at + 1])
            at += 1
        at += 1
    return found
