"""The budget: at each limit on the way, how many connections may be asked for and how many are granted."""

from __future__ import annotations

from dataclasses import dataclass

from connlint.value import Value, Verdict


@dataclass(frozen=True, slots=True)
class Term:
    """What one process group adds at a limit; `connections.formula` is its sum."""

    process: str
    connections: Value


@dataclass(frozen=True, slots=True)
class Limit:
    """A place where connections are counted.

    `kind`: `server` (max_connections less what is reserved), `pooler-clients` (max_client_conn) or
    `pooler-servers` (what the pooler's pools may open on the server). `steady` is the demand between
    deploys, `deploy` while old and new processes overlap. All in connections.
    """

    at: str
    kind: str
    usable: Value
    steady: Value
    deploy: Value
    terms: tuple[Term, ...]
    setting: str = ""  # the setting behind `usable`, as its file spells it

    @property
    def verdict(self) -> str:
        """fits, can-exceed, exceeds or unknown; the steady demand decides before the deploy's."""
        for demand in (self.steady, self.deploy):
            outcome = demand.compare(self.usable)
            if outcome is not Verdict.HOLDS:
                return _WORDS[outcome]
        return _WORDS[Verdict.HOLDS]


_WORDS = {Verdict.MUST: "exceeds", Verdict.CAN: "can-exceed", Verdict.HOLDS: "fits", Verdict.UNKNOWN: "unknown"}
