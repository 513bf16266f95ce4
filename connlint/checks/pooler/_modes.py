"""The ways that share server connections between clients, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.managed import declaration, works
from connlint.deployment.model import Database, Deployment, Engine, Pooler
from connlint.deployment.routes import ways
from connlint.records import dataclass
from connlint.rulebook import Evidence, Missing
from connlint.value import Value, Verdict

MULTIPLEXING = frozenset({"transaction", "statement"})


@dataclass(frozen=True, slots=True)
class Shared:
    """An alias behind a pooler that takes the server connection back after each transaction or statement.

    `verdict`: MUST; CAN where it does so in some case; UNKNOWN where nobody says how it pools.
    """

    database: Database
    pooler: Pooler
    mode: Value
    verdict: Verdict

    @property
    def subject(self) -> str:
        return f"{self.database.module}:{self.database.alias}"

    def missing(self) -> Iterator[Missing]:
        """The mode as a lack; nothing where a file states one that PgBouncer refuses, which another rule reports."""
        if self.verdict is Verdict.UNKNOWN and (self.mode.span is None or self.pooler.document is None):
            yield Missing(f"pool_mode of {self.pooler.name}", declaration(self.pooler, "pool-mode", "transaction"))


def shared(deployment: Deployment, feature: str = "") -> Iterator[Shared]:
    """Every PostgreSQL alias whose pooler shares connections, or may; without poolers where `feature` works all the same."""
    for way in ways(deployment):
        pooler, mode = way.pooler, way.mode
        if pooler is None or mode is None or pooler.serves is not Engine.POSTGRESQL or works(pooler, feature):
            continue
        if mode.is_unknown:
            yield Shared(way.database, pooler, mode, Verdict.UNKNOWN)
        elif mode.always(MULTIPLEXING.__contains__):
            yield Shared(way.database, pooler, mode, Verdict.MUST)
        elif mode.ever(MULTIPLEXING.__contains__):
            yield Shared(way.database, pooler, mode, Verdict.CAN)


def at(pooler: Pooler, value: Value, text: str) -> tuple[Evidence, ...]:
    """A setting of `pooler` as evidence; a default where the file opens its section, as no line states it."""
    if value.span is not None or pooler.span is None:
        return (Evidence(value, text),)
    return (Evidence(pooler.span, text), Evidence(value))
