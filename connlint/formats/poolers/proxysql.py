"""Reads proxysql.cnf: `mysql_variables` and `mysql_servers`, in libconfig's syntax.

Source: ProxySQL's documentation (Configuring-ProxySQL, Global-variables, Main-(runtime)): mysql-max_connections limits clients,
max_connections of a server the connections to it, whichever users they are for. The file is read into ProxySQL's own database when that is made.
"""

from __future__ import annotations

from collections.abc import Mapping

from connlint.formats.document import Document
from connlint.formats.poolers.tokens import Token, as_block, closing
from connlint.formats.poolers.values import number, word
from connlint.source import Source
from connlint.value import Origin, Value

_NOTE = "assumed: ProxySQL's own database was made with this file"


def read_proxysql(source: Source) -> Document:
    """The document of a proxysql.cnf; never raises. The first server stands for all of them."""
    found = as_block(source)
    settings: dict[str, Value] = {}
    variables = _pairs(_section(found, "mysql_variables"))
    if "max_connections" in variables:
        token = variables["max_connections"]
        settings["max_client_conn"] = number(token.text, token.span, "max_connections")
    if "interfaces" in variables:
        token = variables["interfaces"]
        settings["listen_port"] = number(token.text.split(";")[0].rpartition(":")[2], token.span, "interfaces")
    server = _pairs(_first(_section(found, "mysql_servers")))
    entry: dict[str, Value] = {}
    address = server.get("address", server.get("hostname"))
    if address is not None:
        entry["host"] = word(address.text, address.span)
    if "port" in server:
        entry["port"] = number(server["port"].text, server["port"].span, "port")
    if "max_connections" in server:
        limit = number(server["max_connections"].text, server["max_connections"].span, "max_connections")
        entry["pool_size"] = entry["max_db_connections"] = limit
    groups: dict[str, Mapping[str, Value]] = {"databases.*": _doubtful(entry)}
    return Document("proxysql", source, settings=_doubtful(settings), groups=groups)


def _doubtful(values: Mapping[str, Value]) -> dict[str, Value]:
    return {key: value.because(Origin.assumed(_NOTE)) for key, value in values.items()}


def _section(found: list[Token], name: str) -> list[Token]:
    """What is inside the first block behind `name`."""
    for at, token in enumerate(found):
        if token.text == name and not token.quoted:
            opening = next((i for i in range(at + 1, min(at + 3, len(found))) if found[i].text in ("{", "(")), None)
            if opening is not None:
                return found[opening + 1 : closing(found, opening)]
    return []


def _first(inside: list[Token]) -> list[Token]:
    opening = next((index for index, token in enumerate(inside) if token.sign("{")), None)
    return [] if opening is None else inside[opening + 1 : closing(inside, opening)]


def _pairs(inside: list[Token]) -> dict[str, Token]:
    """`name = value` and `name : value`."""
    return {
        inside[at].text: inside[at + 2]
        for at in range(len(inside) - 2)
        if (inside[at + 1].sign("=") or inside[at + 1].sign(":")) and not inside[at].quoted
    }
