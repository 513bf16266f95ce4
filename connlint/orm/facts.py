"""What the analysis of code says, for the map: plain values, with the spans that lead there."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.orm.kinds import Kind
from connlint.records import dataclass, field
from connlint.source import Span


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from where work starts to the query, in words."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A close; `old` where it leaves a connection alone that CONN_MAX_AGE lets live."""

    span: Span
    old: bool


@dataclass(frozen=True, slots=True)
class WorkStart:
    """A place where work starts outside of a request, and what the work does to connections.

    `chain` leads from the callable to the use of the ORM that is left open, or to some use; empty: it uses none.
    `covered`: a close follows the last use, or starts each unit on a thread that is used again.
    `close` is a close on the normal path, `hard` when it closes whatever CONN_MAX_AGE says, `failing` a close that
    runs only when something fails, `parent_close` one of the function that starts the work.
    `parent_uses`: the function that starts the work, or what it calls, uses the ORM itself.
    `alone`: nothing else of the project runs the callable; `parent_alone`: the work is started by a command itself.
    """

    kind: Kind
    span: Span
    target: str
    target_span: Span | None
    api: str
    chain: tuple[Step, ...] = ()
    given_at: tuple[Step, ...] = ()
    covered: bool = False
    close: Closing | None = None
    hard: bool = False
    failing: Closing | None = None
    parent_close: Closing | None = None
    parent_uses: bool = False
    in_test: bool = False
    alone: bool = False
    parent_alone: bool = False

    @property
    def uncovered(self) -> bool:
        """Whether the work reaches the ORM and leaves its connection."""
        return bool(self.chain) and not self.covered

    @property
    def weak(self) -> bool:
        """Whether there is a close all the same, which does not cover."""
        return self.uncovered and (self.close is not None or self.failing is not None)


@dataclass(frozen=True, slots=True)
class CommandLoop:
    """A loop of a management command that goes on for ever, uses the ORM and never closes."""

    span: Span
    command: str
    chain: tuple[Step, ...]
    failing: Closing | None = None
    alone: bool = False  # it stands in the command itself, which nothing else calls


@dataclass(frozen=True, slots=True)
class ImportQuery:
    """A query that runs while the application is loaded: at the top level of a module, or in `ready()`."""

    where: str
    chain: tuple[Step, ...]
    left_open: bool = True  # no close follows


@dataclass(frozen=True, slots=True)
class SignalClose:
    """A receiver of a signal of Celery's tasks that closes connections wherever the task runs."""

    signal: str
    span: Span
    close: Closing


@dataclass(frozen=True, slots=True)
class SessionState:
    """A statement that leaves something in the session of a connection; `name`: what a SET sets, in lower case."""

    span: Span
    statement: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """Everything found out about the code of a project."""

    starts: tuple[WorkStart, ...] = ()
    loops: tuple[CommandLoop, ...] = ()
    awaited: tuple[Step, ...] = ()  # queries in asynchronous functions that Django refuses
    imports: tuple[ImportQuery, ...] = ()
    closes_after_fork: bool = False  # in what uWSGI calls after it forked a worker
    signals: tuple[SignalClose, ...] = ()
    sessions: tuple[SessionState, ...] = ()
    unparsed: Mapping[str, str] = field(default_factory=dict)
    files_parsed: int = 0
    bytes_parsed: int = 0
