"""Reads the connection strings of PgBouncer's [databases], [users] and [peers]: pairs, and what they come to.

Source: `cstr_get_pair`, `parse_database`, `parse_user` and `parse_peer` in PgBouncer's src/loader.c, the same in 1.18 to 1.25
but for the names they know. Only a space separates, `''` stands for ' in a quoted value, an empty value is refused,
the character after a closing quote is dropped, and numbers are read by `atoi`, which stops at the first other character.
Names of users, passwords and SQL are never kept: their key tells only that they are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from connlint.facts import Product, Setting, Version
from connlint.formats.includes import shorten
from connlint.formats.units import atoi, fits
from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Origin, Value

FORCED = "<forced>"  # stands for the name in user=, which all clients of the database then share
STATED = "<stated>"  # stands for a text that may hold a secret

LONGEST: Final = 10_000  # characters of one connection string

_SECRET = frozenset({"auth_user", "auth_query", "connect_query"})
_HIDDEN = _SECRET | {"user", "password"}

Report: TypeAlias = Callable[[str, str, Span, bool], None]
Suggest: TypeAlias = Callable[[str, Iterable[str]], "str | None"]


@dataclass(frozen=True, slots=True)
class Part:
    """One key=value of a connection string; offsets count from its start."""

    key: str
    value: str
    key_start: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Where and why a connection string cannot be read."""

    start: int
    message: str


def parts(text: str) -> tuple[list[Part], Broken | None]:
    """The pairs of a connection string up to the first place PgBouncer cannot read, and that place."""
    found: list[Part] = []
    at = _skip(text, 0)
    while at < len(text):
        key_start = at
        while at < len(text) and text[at] not in "= ":
            at += 1
        key = text[key_start:at]
        at = _skip(text, at)
        if not key or text[at : at + 1] != "=":
            return found, Broken(key_start, "expected name=value")
        start = _skip(text, at + 1)
        value, end, at = _quoted(text, start) if text[start : start + 1] == "'" else _bare(text, start)
        if value is None:
            return found, Broken(key_start, "a quoted value is not closed with '")
        if not value:
            return found, Broken(key_start, "an empty value is not allowed")
        found.append(Part(key, value, key_start, start, end))
        at = _skip(text, at)
    return found, None


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at


def _bare(text: str, start: int) -> tuple[str, int, int]:
    end = text.find(" ", start)
    end = len(text) if end < 0 else end
    return text[start:end], end, end + 1


def _quoted(text: str, start: int) -> tuple[str | None, int, int]:
    pieces, at = [], start + 1
    while (quote := text.find("'", at)) >= 0:
        pieces.append(text[at:quote])
        if text[quote + 1 : quote + 2] != "'":
            return "".join(pieces), quote + 1, quote + 2
        pieces.append("'")
        at = quote + 2
    return None, len(text), len(text)


def masked(text: str, table: Product) -> str:
    """The connection string as far as it can be shown: without texts that may hold a secret and unknown keys."""
    found, _ = parts(text[:LONGEST])
    return " ".join(
        f"{part.key}={'***' if part.key in _HIDDEN else part.value}" for part in found if part.key in table.names
    )


@dataclass(frozen=True, slots=True)
class ConnectionReader:
    """Turns connection strings into settings; what PgBouncer refuses goes to `report`.

    `fatal`: whether a mistake keeps PgBouncer from starting (the `*` database is parsed only when a client comes).
    """

    table: Product
    version: Version | None
    report: Report
    suggest: Suggest
    fatal: bool = True

    def read(self, text: str, span: Span) -> dict[str, Value]:
        """The settings `text`, which stands at `span`, comes to; a password is not among them."""
        settings: dict[str, Value] = {}
        if len(text) > LONGEST:
            self.report("too-large", f"a connection string of more than {LONGEST} characters is not read", span, False)
            return settings
        found, broken = parts(text)
        hidden = False
        for part in found:
            if part.key.startswith((";", "#")):
                broken = Broken(part.key_start, "expected name=value")
                break
            if self.table.knows(part.key, self.version) is False:
                self._unknown_key(part.key, _place(span, part.key_start, part.key_start + len(part.key)), hidden)
            elif part.key == "password":
                hidden = True
            else:
                name = "reserve_pool_size" if part.key == "reserve_pool" else part.key
                value = self._typed(self.table.settings[part.key], part.value, _place(span, part.start, part.end))
                settings.pop(name, None)
                if value is not None:
                    settings[name] = value
        if broken is not None:
            self._broken(text, broken, span)
        return settings

    def _broken(self, text: str, broken: Broken, span: Span) -> None:
        # Never quoted: what follows may be a piece of a password.
        place = _place(span, broken.start, len(text))
        if text[broken.start] in ";#":
            message = "a comment after a value is read as part of the connection string; give it a line of its own"
            self.report("inline-comment", message, place, self.fatal)
        else:
            self.report("syntax", f"syntax error in the connection string: {broken.message}", place, self.fatal)

    def _unknown_key(self, key: str, span: Span, hidden: bool) -> None:
        # After a password an unquoted space may have made a piece of it look like a key: such a name is not shown.
        shown = "a key" if hidden else shorten(key)
        near = None if hidden else self.suggest(key, self.table.settings)
        self.report("unknown-key", unknown_key(self.table, self.version, shown, near), span, self.fatal)

    def _typed(self, setting: Setting, text: str, span: Span) -> Value | None:
        origin = Origin.at(span)
        if setting.name == "user":
            return Value.exact(FORCED, origin)
        if setting.name in _SECRET:
            return Value.exact(STATED, origin)
        if setting.type in ("int", "seconds"):
            return self._number(setting, text, span)
        if setting.type != "enum":
            return Value.exact(text, origin)
        if text.lower() in setting.values:
            return Value.exact(text.lower(), origin)
        wanted = ", ".join(setting.values)
        self.report("bad-value", f"{setting.name} is one of {wanted}, not {shorten(text, 40)}", span, self.fatal)
        return Value.unknown(f"PgBouncer refuses the value of {setting.name}", origin)

    def _number(self, setting: Setting, text: str, span: Span) -> Value | None:
        number, is_all = atoi(text)
        if setting.name == "port" and number == 0:
            self.report("bad-value", f"port is a number above 0, not {shorten(text, 40)}", span, self.fatal)
            return Value.unknown("PgBouncer refuses the value of port", Origin.at(span))
        if not fits(number):
            self.report("bad-value", f"{setting.name} does not fit in 32 bits", span, False)
            return Value.unknown(f"{setting.name} does not fit in 32 bits", Origin.at(span))
        if not is_all:
            self.report("bad-value", f"{setting.name}: {shorten(text, 40)} is read as {number}", span, False)
        if number >= 0:
            return Value.exact(number, Origin.at(span))
        # Below 0 stands for "not set" inside PgBouncer, except for times.
        return None if setting.type == "int" else Value.unknown(f"{setting.name} is negative", Origin.at(span))


def _place(span: Span, start: int, end: int) -> Span:
    return span.source.span(span.start + start, span.start + end)


def unknown_key(table: Product, version: Version | None, shown: str, near: str | None) -> str:
    """The message about a key that `table` does not have, with the `near` one that may be meant."""
    release = f" {version}" if version is not None else ""
    since = table.settings[near].since if near is not None else None
    if since is not None and version is not None and version < since and shown == f'"{near}"':
        return f"{table.title}{release} does not know {shown}, which came with {since}"
    return f"{table.title}{release} does not know {shown}" + (f"; did you mean {near}?" if near is not None else "")
