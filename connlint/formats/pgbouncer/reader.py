"""Reads pgbouncer.ini the way PgBouncer 1.18 to 1.25 does.

Sources: libusual's usual/cfparser.c, PgBouncer's src/main.c and src/loader.c; experiments T5, T20 and T22 of the lab.
Every opening of `[pgbouncer]` first puts all its settings back to their defaults, so only the last one counts; in all
other cases the last of two equal keys wins. `[pgbouncer]` takes whole numbers (0x and leading 0 as in C) and
seconds without a unit, and nothing is unquoted there.
"""

from __future__ import annotations

import re
from typing import Final

from connlint.facts import Product, Setting, Version, product
from connlint.formats.document import Document, Entry
from connlint.formats.includes import Includes, shorten
from connlint.formats.pgbouncer.connstr import STATED, ConnectionReader, masked, unknown_key
from connlint.formats.pgbouncer.syntax import BLANKS, Fault, Include, Pair, Section, statements
from connlint.formats.units import c_integer, decimal, fits, seconds_meant
from connlint.project.tree import Tree
from connlint.source import Source, Span
from connlint.value import Origin, Value

MOST_STATEMENTS: Final = 50_000  # in all files of a document
_DEEPEST_INCLUDE: Final = 10  # MAX_INCLUDE in cfparser.c
_LONGEST_TIME: Final = 1 << 44  # seconds; a 64-bit count of microseconds holds no more
_COMMENT = re.compile(r"[ \t]*[;#].*")

# Connection strings are read by the table of their section; its first release is that of its keys.
_SECTIONS: Final = {"databases": "pgbouncer_database", "users": "pgbouncer_user", "peers": "pgbouncer_peer"}
# Texts that name users or hold SQL or credentials: only that they are stated is kept.
_PRIVATE: Final = frozenset({"auth_ldap_options", "auth_query", "auth_user", "admin_users", "stats_users", "user"})


def read_pgbouncer(source: Source, tree: Tree, *, version: Version | None = None) -> Document:
    """The document of a pgbouncer.ini and the files it includes. `version`: the PgBouncer that will read it.

    `settings`: `[pgbouncer]`, times in seconds. `groups`: `databases.NAME`, `users.NAME` and `peers.ID`, without
    passwords; a forced `user` is there as `<forced>`, and `reserve_pool` under its newer name `reserve_pool_size`.
    Never raises; what cannot be read, or what PgBouncer refuses, is a problem, `fatal` where it would not start.
    """
    reader = _Reader(source, tree, version)
    if reader.includes.check_text(source):
        reader.file(source)
        reader.finish(source)
    problems = tuple(reader.includes.problems)
    return Document("pgbouncer", source, tuple(reader.entries), reader.settings, reader.groups, problems)


def correction(key: str, text: str) -> str | None:
    """What to write instead of `text`, which PgBouncer refuses for `key` of `[pgbouncer]`; None when it is not clear.

    Drops a comment behind the value, quotes around it, and turns `10min` into `600`.
    """
    setting = product("pgbouncer").settings.get(key)
    if setting is None:
        return None
    bare = _COMMENT.sub("", text, count=1).strip(BLANKS)
    if len(bare) > 1 and bare[0] in "'\"" and bare[-1] == bare[0]:
        bare = bare[1:-1].strip(BLANKS)
    meant = seconds_meant(bare) if setting.type == "seconds" else None
    if meant is not None:
        bare = f"{meant:g}" if isinstance(meant, float) else str(meant)
    return bare if bare != text and typed(setting, bare) is not None else None


class _Reader:
    """Walks through the statements and keeps what PgBouncer would have in memory."""

    def __init__(self, source: Source, tree: Tree, version: Version | None) -> None:
        self.includes = Includes(tree, source)
        self.entries: list[Entry] = []
        self.settings: dict[str, Value] = {}
        self.groups: dict[str, dict[str, Value]] = {}
        self.version = version
        self.table = product("pgbouncer")
        self.section: str | None = None
        self.has_main = False
        self.unread = False
        self.count = 0

    def file(self, source: Source) -> None:
        for statement in statements(source, self.version):
            self.count += 1
            if self.count > MOST_STATEMENTS:
                message = f"only the first {MOST_STATEMENTS} settings are read"
                self.includes.report("too-large", message, source.span(0, 0))
                return
            if isinstance(statement, Pair):
                self._pair(statement)
            elif isinstance(statement, Section):
                self._open(statement)
            elif isinstance(statement, Include):
                self._include(statement)
            else:
                self._fault(statement)
        nul = source.text.find("\0")
        if nul >= 0:
            self.includes.report("syntax", "PgBouncer stops reading at this NUL character", source.span(nul, nul + 1))

    def finish(self, source: Source) -> None:
        if not self.has_main and not self.unread:
            message = "there is no [pgbouncer] section; PgBouncer does not start without one"
            self.includes.report("syntax", message, source.span(0, 0), fatal=True)

    def _fault(self, fault: Fault) -> None:
        self.includes.report("syntax", fault.message, fault.span, fatal=True)

    def _open(self, section: Section) -> None:
        self.section = section.name
        if section.name == "pgbouncer":
            self._reset(section)
        elif section.name not in _SECTIONS:
            message = f"PgBouncer does not know the section {shorten(section.name)} and does not start"
            self.includes.report("unknown-section", message, section.span, fatal=True)
        elif _older(product(_SECTIONS[section.name]), self.version):
            message = f"PgBouncer {self.version} does not know the section [{section.name}] and does not start"
            self.includes.report("unknown-section", message, section.span, fatal=True)

    def _reset(self, section: Section) -> None:
        """`fill_defaults` in cfparser.c: every opening of [pgbouncer] sets all that has a default back to it."""
        self.has_main = True
        kept = {key for key in self.settings if none_by_default(self.table, key)}
        lost = sorted(self.settings.keys() - kept)
        if lost:
            message = f"opening [pgbouncer] again puts {', '.join(lost[:5])}" + (
                f" and {len(lost) - 5} more" if len(lost) > 5 else ""
            )
            self.includes.report("reset", f"{message} back to the default", section.span)
        self.settings = {key: value for key, value in self.settings.items() if key in kept}

    def _include(self, include: Include) -> None:
        if self.includes.depth >= _DEEPEST_INCLUDE:
            message = f"includes may not be nested more than {_DEEPEST_INCLUDE} deep"
            self.includes.report("cycle", message, include.span, fatal=True)
            return
        if not include.path:
            self.includes.report("syntax", "%include names no file", include.span, fatal=True)
            return
        # PgBouncer takes the name from its working folder, which no file tells: beside the file, else at the root.
        path = self.includes.locate(include.path, (self.includes.folder, ""))
        source = self.includes.source(path, include.path, include.span)
        if source is None or path is None:
            self.unread = True
            note = f"unless {shorten(include.path)}, which is not read, says otherwise"
            origin = Origin.assumed(note, include.span)
            self.settings = {key: value.because(origin) for key, value in self.settings.items()}
            return
        self.includes.enter(path)
        self.file(source)
        self.includes.leave()

    def _pair(self, pair: Pair) -> None:
        if self.section is None:
            message = f"{shorten(pair.key)} stands before the first section"
            self.includes.report("syntax", message, pair.key_span, fatal=True)
        elif self.section == "pgbouncer":
            shown = STATED if pair.key in _PRIVATE else pair.value
            self.entries.append(Entry(self.section, pair.key, shown, pair.key_span, pair.span))
            self._setting(pair)
        elif self.section in _SECTIONS:
            shown = masked(pair.value, product(_SECTIONS[self.section]))
            self.entries.append(Entry(self.section, pair.key, shown, pair.key_span, pair.span))
            self._connection(self.section, pair)

    def _connection(self, section: str, pair: Pair) -> None:
        if section == "databases" and pair.key == "pgbouncer":
            message = "the name pgbouncer is reserved for the admin console"
            self.includes.report("bad-value", message, pair.key_span, fatal=True)
        if section == "peers" and not 0 < (c_integer(pair.key) or 0) <= 0xFFFF:
            message = f"a peer is named by a number from 1 to 65535, not {shorten(pair.key, 40)}"
            self.includes.report("bad-value", message, pair.key_span, fatal=True)
        fatal = not (section == "databases" and pair.key == "*")
        reader = ConnectionReader(product(_SECTIONS[section]), self.version, self._report, self.includes.suggest, fatal)
        settings = reader.read(pair.value, pair.span)
        earlier = self.groups.get(f"{section}.{pair.key}", {})
        if "user" in earlier and "user" not in settings and pair.key != "*":
            settings["user"] = earlier["user"]  # "losing forced user not supported, keeping old setting"
        self.groups[f"{section}.{pair.key}"] = settings

    def _report(self, code: str, message: str, span: Span, fatal: bool) -> None:
        self.includes.report(code, message, span, fatal=fatal)

    def _setting(self, pair: Pair) -> None:
        setting = self.table.settings.get(pair.key)
        if self.table.knows(pair.key, self.version) is False:
            near = self.includes.suggest(pair.key, self.table.settings)
            message = unknown_key(self.table, self.version, shorten(pair.key), near)
            self.includes.report("unknown-key", message, pair.key_span, fatal=not _newer(self.table, self.version))
            return
        if setting is None:  # a known name without facts
            return
        self.settings[pair.key] = self._value(setting, pair)

    def _value(self, setting: Setting, pair: Pair) -> Value:
        origin = Origin.at(pair.span)
        if setting.type in ("str", "list"):
            self._warn_of_comment(setting, pair)
            return Value.exact(typed(setting, pair.value), origin)
        value = typed(setting, pair.value)
        if value is None:
            self._refused(setting, pair)
            return Value.unknown(f"PgBouncer refuses the value of {setting.name}", origin)
        if not _holds(setting, value):
            self.includes.report("bad-value", f"{setting.name} is too large a number for PgBouncer", pair.span)
            return Value.unknown(f"{setting.name} is too large a number for PgBouncer", origin)
        return Value.exact(value, origin)

    def _warn_of_comment(self, setting: Setting, pair: Pair) -> None:
        match = re.search(r"(?:^|[ \t])[;#]", pair.value)
        if match is not None:
            place = pair.span.source.span(pair.span.start + match.start(), pair.span.end)
            message = f"this is part of the value of {setting.name}; comments need a line of their own"
            self.includes.report("inline-comment", message, place)

    def _refused(self, setting: Setting, pair: Pair) -> None:
        right = correction(setting.name, pair.value)
        advice = f"; write {right}" if right is not None else ""
        comment = _COMMENT.search(pair.value)
        if comment is not None:
            place = pair.span.source.span(pair.span.start + comment.start(), pair.span.end)
            message = f"a comment after the value is read as part of it and {setting.name} is refused"
            self.includes.report("inline-comment", f"{message}; give the comment a line of its own", place, fatal=True)
            return
        wanted = {"seconds": "seconds without a unit", "enum": f"one of {', '.join(setting.values)}"}
        expected = wanted.get(setting.type, "0 or 1" if setting.type == "bool" else "a whole number")
        message = f"{setting.name} is {expected}, not {shorten(pair.value, 40)}{advice}"
        self.includes.report("bad-value", message, pair.span, fatal=True)


def none_by_default(table: Product, key: str) -> bool:
    """Whether `key` has no default at all, so that opening its section again leaves it as it is."""
    setting = table.settings.get(key)
    return setting is not None and [value for _, value in setting.defaults] == [None]


def _older(table: Product, version: Version | None) -> bool:
    """Whether `version` knows none of the keys of a section, and so not the section."""
    return all(table.knows(name, version) is False for name in table.settings)


def _newer(table: Product, version: Version | None) -> bool:
    """Whether `version` is a later minor release than the table covers."""
    return version is not None and version.parts[:2] > table.last.parts[:2]


def typed(setting: Setting, text: str) -> int | float | bool | str | list[str] | None:
    """The value of a setting of [pgbouncer]; None where PgBouncer refuses it. Texts that may be secrets are hidden."""
    if setting.type in ("str", "list"):
        if setting.name in _PRIVATE:
            return STATED if text else ""
        return [item for part in text.split(",") if (item := part.strip(BLANKS))] if setting.type == "list" else text
    if setting.type == "enum":
        return text.lower() if text.lower() in setting.values else None
    if setting.type == "seconds":
        number = decimal(text)
        return number if number is not None and number >= 0 else None
    whole = c_integer(text)
    return bool(whole) if whole is not None and setting.type == "bool" else whole


def _holds(setting: Setting, value: int | float | bool | str | list[str]) -> bool:
    if isinstance(value, (str, list)):
        return True
    return value < _LONGEST_TIME if setting.type == "seconds" else fits(int(value), 33)
