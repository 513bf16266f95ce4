"""Who hangs up on an idle connection, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connlint.deployment.managed import KINDS
from connlint.deployment.middleboxes import recognised
from connlint.deployment.model import Database, Engine, IdleKill, Pooler, Server
from connlint.deployment.startup import session_setting
from connlint.facts import product
from connlint.formats.postgresql.values import typed
from connlint.value import Value

_MULTIPLEXING = ("transaction", "statement")


def idle_kills(
    database: Database,
    pooler: Pooler | None,
    mode: Value | None,
    server: Server | None,
    middleboxes: Mapping[str, Value],
) -> Iterator[IdleKill]:
    """Everything on the way that ends a client's idle connection, in seconds; what is switched off is left out.

    A pooler in transaction or statement mode hides the server's timeouts from the client and adds its own
    client_idle_timeout; in session mode it is the other way round (evidence: lab T2b, T3).
    """
    multiplexed = mode is not None and mode.always(lambda m: m in _MULTIPLEXING)
    may_multiplex = mode is not None and (mode.is_unknown or mode.ever(lambda m: m in _MULTIPLEXING))
    if pooler is not None and multiplexed:
        setting = "IdleClientTimeout" if pooler.kind == "rds-proxy" else "client_idle_timeout"
        seconds = pooler.get("client_idle_timeout")
        if not (seconds.is_unknown and pooler.kind in KINDS):  # a service that documents no such limit
            yield from _switched_on(setting, seconds, pooler.name)
    if server is not None and not may_multiplex:
        yield from _server_kills(database, server)
    for name, seconds in middleboxes.items():
        yield from _switched_on("idle-timeout", seconds, name, silent=True)
    yield from recognised(database)


def _server_kills(database: Database, server: Server) -> Iterator[IdleKill]:
    declared = server.declared.get("idle-timeout")
    if declared is not None:
        yield from _switched_on("idle-timeout", declared, server.name)
    if server.engine is Engine.MYSQL:
        own = session_setting(database, "wait_timeout")
        stated = server.get("wait_timeout") if own is None else _seconds(own)
        setting = "wait_timeout"
    elif server.engine is Engine.POSTGRESQL:
        own = session_setting(database, "idle_session_timeout")
        stated = in_seconds(server.get("idle_session_timeout") if own is None else _milliseconds(own))
        setting = "idle_session_timeout"
    else:
        return
    if not (stated.is_unknown and own is None and declared is not None):  # the declaration is what is known of it
        yield from _switched_on(setting, stated, server.name)


def in_seconds(value: Value) -> Value:
    """A value in milliseconds as seconds."""
    if value.is_unknown or not value.alternatives:
        return value
    return Value.choice((v / 1000 if isinstance(v, (int, float)) and v % 1000 else _whole(v) for v in value.alternatives),
                        *value.origins)  # fmt: skip


def _whole(v: object) -> object:
    return int(v) // 1000 if isinstance(v, (int, float)) else v


def _seconds(text: Value) -> Value:
    if text.is_unknown:
        return text
    number = str(text.only)
    return Value.exact(int(number), *text.origins) if number.isdigit() else Value.unknown("not a number", *text.origins)


def _milliseconds(text: Value) -> Value:
    if text.is_unknown:
        return text
    parsed = typed(product("postgresql").settings["idle_session_timeout"], str(text.only))
    return Value.unknown("not a duration", *text.origins) if parsed is None else Value.exact(parsed, *text.origins)


def _switched_on(setting: str, seconds: Value, of: str, *, silent: bool = False) -> Iterator[IdleKill]:
    if seconds.always(lambda v: v == 0 or v is None):
        return
    yield IdleKill(setting, seconds, of, silent)
