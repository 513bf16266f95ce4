"""Reads postgresql.conf the way PostgreSQL 13 to 18 does.

Sources: src/backend/utils/misc/guc-file.l and guc.c, experiments T2 and T20 of the lab, and `postgres -C` of 15.
The last assignment of a name wins, names ignore case, and postgresql.auto.conf, which ALTER SYSTEM writes, is read last.
"""

from __future__ import annotations

import os
import posixpath
from typing import Final

from connlint.facts import Version, product
from connlint.formats.document import Document, Entry
from connlint.formats.includes import Includes, shorten
from connlint.formats.postgresql.syntax import Assignment, statements
from connlint.formats.postgresql.values import typed, wanted
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value

MOST_STATEMENTS: Final = 50_000  # in all files of a document
AUTO_FILE: Final = "postgresql.auto.conf"
STATED: Final = "<stated>"  # stands for a text that may hold a secret, such as that of primary_conninfo
_DEEPEST_INCLUDE: Final = 10  # CONF_FILE_MAX_DEPTH in guc.h
_INCLUDES: Final = frozenset({"include", "include_if_exists", "include_dir"})


def read_postgresql(source: Source, tree: Tree, *, version: Version | None = None) -> Document:
    """The document of a postgresql.conf, the files it includes, and the postgresql.auto.conf beside it.

    `settings` holds the settings of `facts/postgresql.toml` that have a default there, in the unit it states; of all
    others only the entry is kept, without its value. Never raises; what cannot be read, or what PostgreSQL refuses,
    is a problem, `fatal` where the server would not start.
    """
    reader = _Reader(source, tree, version)
    if reader.includes.check_text(source):
        reader.file(source)
        reader.auto_file(source)
        reader.settle()
    problems = tuple(reader.includes.problems)
    return Document("postgresql", source, tuple(reader.entries), reader.settings, {}, problems)


class _Reader:
    """Walks through the assignments; only the last one of each name is looked at, as in the server."""

    def __init__(self, source: Source, tree: Tree, version: Version | None) -> None:
        self.includes = Includes(tree, source)
        self.entries: list[Entry] = []
        self.settings: dict[str, Value] = {}
        self.version = version
        self.table = product("postgresql")
        self.last: dict[str, tuple[Assignment, tuple[Origin, ...]]] = {}
        self.count = 0

    def file(self, source: Source) -> None:
        for statement in statements(source):
            self.count += 1
            if self.count > MOST_STATEMENTS:
                message = f"only the first {MOST_STATEMENTS} settings are read"
                self.includes.report("too-large", message, source.span(0, 0))
                return
            if not isinstance(statement, Assignment):
                self.includes.report("syntax", statement.message, statement.span, fatal=True)
            elif statement.name.lower() in _INCLUDES:
                self._include(statement)
            else:
                self._assign(statement)

    def auto_file(self, source: Source) -> None:
        path = posixpath.join(posixpath.dirname(source.path), AUTO_FILE)
        if path == source.path or not self.includes.tree.is_file(path):
            return
        auto = self.includes.source(path, AUTO_FILE, source.span(0, 0))
        if auto is not None:
            self.includes.enter(path)
            self.file(auto)
            self.includes.leave()

    def settle(self) -> None:
        for name, (assignment, doubts) in self.last.items():
            setting = self.table.settings.get(name)
            if setting is None or not setting.defaults or setting.known_in(self.version) is False:
                continue
            origin = Origin.at(assignment.span)
            value = typed(setting, assignment.value)
            if value is None:
                message = f"{name} is {wanted(setting)}, not {shorten(assignment.value, 40)}"
                self.includes.report("bad-value", message, assignment.span, fatal=True)
                self.settings[name] = Value.unknown(f"PostgreSQL refuses the value of {name}", origin)
            else:
                self.settings[name] = Value.exact(value, origin, *doubts)
        self._check_reserved()

    def _check_reserved(self) -> None:
        """`superuser_reserved_connections + reserved_connections` must stay below `max_connections` (postmaster.c)."""
        names = ("superuser_reserved_connections", "reserved_connections", "max_connections")
        known = [self.settings.get(name, self.table.default(name, self.version)) for name in names]
        if self.table.knows("reserved_connections", self.version) is False:
            known[1] = Value.exact(0)
        numbers = [value.only for value in known if value.is_exact]
        stated = next((known[at] for at in (0, 1, 2) if names[at] in self.settings), None)
        span = stated.span if stated is not None else None
        if span is None or len(numbers) < len(names) or not all(isinstance(n, int) for n in numbers):
            return
        superuser, reserved, total = (int(str(number)) for number in numbers)
        if superuser + reserved >= total:
            message = (
                f"{superuser + reserved} reserved connections must be fewer than max_connections, which is {total}"
            )
            self.includes.report("bad-value", message, span, fatal=True)

    def _assign(self, assignment: Assignment) -> None:
        name = assignment.name.lower()
        setting = self.table.settings.get(name)
        shown = assignment.value if setting is not None and setting.defaults else STATED
        self.entries.append(Entry("", name, shown, assignment.name_span, assignment.span))
        if "." not in name and self.table.knows(name, self.version) is False:
            self._unknown(assignment)
        self.last.pop(name, None)
        self.last[name] = (assignment, ())

    def _unknown(self, assignment: Assignment) -> None:
        name = assignment.name.lower()
        release = f" {self.version}" if self.version is not None else ""
        setting = self.table.settings.get(name)
        message = f"PostgreSQL{release} does not know {shorten(assignment.name)}"
        if (
            setting is not None
            and setting.since is not None
            and self.version is not None
            and self.version < setting.since
        ):
            message += f", which came with {setting.since}"
        elif setting is not None and setting.removed is not None:
            message += f", which was removed in {setting.removed}"
        elif near := self.includes.suggest(name, self.table.names):
            message += f"; did you mean {near}?"
        newer = self.version is not None and self.version.parts[:1] > self.table.last.parts[:1]
        self.includes.report("unknown-key", message, assignment.name_span, fatal=not newer)

    def _include(self, assignment: Assignment) -> None:
        if self.includes.depth >= _DEEPEST_INCLUDE:
            message = f"includes may not be nested more than {_DEEPEST_INCLUDE} deep"
            self.includes.report("cycle", message, assignment.span, fatal=True)
            return
        kind, name = assignment.name.lower(), assignment.value
        if not name.strip():
            self.includes.report("syntax", f"{kind} names no file", assignment.span, fatal=True)
            return
        path = self.includes.locate(name, (self.includes.folder,))
        if kind == "include_dir":
            self._include_dir(path, assignment)
        elif kind == "include_if_exists" and path is not None and not self.includes.tree.exists(path):
            return
        else:
            self._include_file(path, assignment)

    def _include_dir(self, path: str | None, assignment: Assignment) -> None:
        tree = self.includes.tree
        if path is None or not tree.is_dir(path):
            reason = "lies outside the project" if path is None else "is no folder of the project"
            code = "outside-project" if path is None else "unreadable"
            self.includes.report(code, f"{shorten(assignment.value)} {reason} and is not read", assignment.span)
            self._doubt(assignment)
            return
        for name in sorted(tree.listdir(path), key=os.fsencode):
            file = posixpath.join(path, name)
            if (
                name.endswith(".conf")
                and not name.startswith(".")
                and len(name) > len(".conf")
                and not tree.is_dir(file)
            ):
                self._include_file(file, assignment)

    def _include_file(self, path: str | None, assignment: Assignment) -> None:
        source = self.includes.source(path, path or assignment.value, assignment.span)
        if source is None or path is None:
            self._doubt(assignment)
            return
        self.includes.enter(path)
        self.file(source)
        self.includes.leave()

    def _doubt(self, assignment: Assignment) -> None:
        """What stands before an include that is not read holds only unless that file says otherwise."""
        note = f"unless {shorten(assignment.value)}, which is not read, says otherwise"
        doubt = Origin.assumed(note, assignment.span)
        self.last = {name: (found, (*doubts, doubt)) for name, (found, doubts) in self.last.items()}
