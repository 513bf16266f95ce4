"""What every reader produces: the entries of a config file, their places, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.records import dataclass, field
from connlint.source import Source, Span
from connlint.value import Value


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key = value` as it stands in a file, after the dialect's own unquoting.

    `value` is None for a key without a value. `span` covers the value (the key where there is none);
    it lies in the file the entry was read from, which includes make another than the document's own.
    """

    section: str
    key: str
    value: str | None
    key_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that the real server refuses or that connlint could not read.

    `fatal`: the server would not start (or not read the file). `code` is a stable word that rules test
    (`syntax`, `inline-comment`, `bad-value`, `unknown-key`, `outside-project`, `cycle`, `too-large`,
    `not-utf8`, `unreadable`).
    """

    code: str
    message: str
    span: Span
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A config file as its server understands it.

    `entries` are in file order, includes expanded in place. `settings` are the effective global
    settings (the server's own precedence), typed, in the unit of the facts table. `groups` are named
    sets of their own, such as PgBouncer's `databases.shop` or `users.bob`.
    """

    kind: str
    source: Source
    entries: tuple[Entry, ...] = ()
    settings: Mapping[str, Value] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def path(self) -> str:
        return self.source.path
