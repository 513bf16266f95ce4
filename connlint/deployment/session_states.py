"""Statements of the project's code that leave something in the session, and the poolers that keep it for each client."""

from __future__ import annotations

from collections.abc import Iterable

from connlint.deployment.model import Pooler
from connlint.facts import product
from connlint.orm.facts import SessionState

__all__ = ["SessionState", "described", "kept_by"]


def described(state: SessionState) -> str:
    """The statement in a few words: `SET statement_timeout`, `LISTEN`."""
    return f"{state.statement} {state.name}".strip()


def kept_by(poolers: Iterable[Pooler], state: SessionState) -> bool:
    """Whether every one of the poolers keeps this setting for each of its clients: PgBouncer does so with a few."""
    name = state.name.replace(" ", "")
    tracked = product("pgbouncer").sets["tracked_parameters"]
    return state.statement == "SET" and all(pooler.kind == "pgbouncer" and name in tracked for pooler in poolers)
