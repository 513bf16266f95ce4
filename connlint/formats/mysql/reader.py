"""Reads my.cnf the way the MySQL 8 to 9 and MariaDB 10 to 11 servers do.

Sources: mysys/my_default.c and mysys/my_getopt.c, experiment T20 of the lab, and `mariadbd` 10.11 with --print-defaults
and --verbose --help. The later of two equal options wins, over groups and files; which groups count depends on the server.
"""

from __future__ import annotations

import os
import posixpath
from typing import Final, Literal, TypeAlias

from connlint.facts import Setting, Version, product
from connlint.formats.document import Document, Entry
from connlint.formats.includes import Includes, shorten
from connlint.formats.mysql.syntax import Group, Include, Option, statements
from connlint.formats.mysql.values import Meaning, meaning, typed
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value, union

MOST_STATEMENTS: Final = 50_000  # in all files of a document
STATED: Final = "<stated>"  # stands for a value that may be a secret
_DEEPEST_INCLUDE: Final = 10  # max_recursion_level in my_default.c

_MOST_GUESSES: Final = 20
_TOO_MANY: Final = "it is set in many groups, and which of them count depends on the version"

ServerName: TypeAlias = Literal["mysql", "mariadb"]


def read_mysql(source: Source, tree: Tree, *, version: Version | None = None, server: ServerName = "mysql") -> Document:
    """The document of a my.cnf and the files it includes, as `server` of `version` reads it.

    `settings` holds the settings of `facts/mysql.toml` or `facts/mariadb.toml` that have a default there, in the unit it
    states and within the limits it moves numbers to; of other options, and of groups such as [client], only the entry is
    kept, without its value. Unknown options are never reported. Never raises; what cannot be read, or what the server
    refuses, is a problem, `fatal` where it would not start.
    """
    reader = _Reader(source, tree, version, server)
    if reader.includes.check_text(source):
        reader.file(source)
    problems = tuple(reader.includes.problems)
    return Document("mysql", source, tuple(reader.entries), reader.settings, {}, problems)


class _Reader:
    """Walks through the statements and keeps what the server would set."""

    def __init__(self, source: Source, tree: Tree, version: Version | None, server: ServerName) -> None:
        self.includes = Includes(tree, source)
        self.entries: list[Entry] = []
        self.settings: dict[str, Value] = {}
        self.version = version
        self.table = product(server)
        self.count = 0

    def file(self, source: Source) -> None:
        group, counts = "", False
        sure: bool | None = False
        for statement in statements(source):
            self.count += 1
            if self.count > MOST_STATEMENTS:
                message = f"only the first {MOST_STATEMENTS} settings are read"
                self.includes.report("too-large", message, source.span(0, 0))
                return
            if isinstance(statement, Group):
                group, sure = statement.name, self._counts(statement.name)
                counts = sure is not False
            elif isinstance(statement, Include):
                self._include(statement)
            elif isinstance(statement, Option):
                self._option(group, statement, counts, sure is True)
            else:
                self.includes.report("syntax", statement.message, statement.span, fatal=True)

    def _counts(self, group: str) -> bool | None:
        """Whether the server reads a group; None when that depends on its version, which is not known."""
        name = group.lower()
        if name in self.table.sets["groups"]:
            return True
        base, dash, number = name.rpartition("-")
        release = Version.parse(number)
        if not dash or base not in self.table.sets["versioned"] or release is None or str(release) != number:
            return False
        if self.version is None:
            return None
        return len(release.parts) == 2 and release.parts == (*self.version.parts, 0)[:2]

    def _option(self, group: str, option: Option, counts: bool, sure: bool) -> None:
        key = option.key.replace("-", "_")
        found = meaning(option.key, option.value, self.table) if counts else None
        settings = [self.table.settings[name] for name in (found.names if found else ()) if name in self.table.settings]
        shown = option.value if settings or option.value is None else STATED
        self.entries.append(Entry(group, key, shown, option.key_span, option.span))
        known = [setting for setting in settings if setting.known_in(self.version) is not False]
        if found is not None and len(found.names) == 1 and known:
            self._assign(known[0], found, option, sure)
            return
        for setting in known:  # some options are parsed first, and among them a shorter name may be unique
            reason = f"{shorten(option.key, 40)} may or may not be short for {setting.name}"
            self._set(setting.name, Value.unknown(reason, Origin.at(option.key_span)), sure)

    def _assign(self, setting: Setting, found: Meaning, option: Option, sure: bool) -> None:
        result = typed(setting, found.value)
        origin = Origin.at(option.span)
        written = shorten(option.value or "", 40)
        if result.refusal:
            wrong = f", not {written}" if option.value is not None else ""
            message = f"{setting.name} {result.refusal}{wrong}"
            self.includes.report(
                "bad-value", message, option.span, fatal=sure and (found.value is None or not found.loose)
            )
            refused = Value.unknown(f"{self.table.title} refuses the value of {setting.name}", origin)
            self._set(setting.name, refused, sure)
            return
        if result.warning:
            self.includes.report("bad-value", f"{setting.name} {result.warning}, here it is {written}", option.span)
        self._set(setting.name, Value.exact(result.value, origin), sure)

    def _set(self, name: str, value: Value, sure: bool) -> None:
        if not sure:  # a group such as [mysqld-8.0] while the version is not known
            before = self.settings.get(name)
            before = before if before is not None else self.table.default(name, self.version)
            value = union([before, value]) if len(before.origins) < _MOST_GUESSES else Value.unknown(_TOO_MANY)
        self.settings[name] = value

    def _include(self, include: Include) -> None:
        if self.includes.depth >= _DEEPEST_INCLUDE:
            message = f"includes nested more than {_DEEPEST_INCLUDE} deep are not read"
            self.includes.report("cycle", message, include.span)
            return
        # The server takes the name from its working folder, which no file tells: beside the file, else at the root.
        path = self.includes.locate(include.path, (self.includes.folder, ""))
        if not include.is_folder:
            self._include_file(path, include)
            return
        tree = self.includes.tree
        if path is None or not tree.is_dir(path):
            reason = "lies outside the project" if path is None else "is no folder of the project"
            code = "outside-project" if path is None else "unreadable"
            self.includes.report(code, f"{shorten(include.path)} {reason} and is not read", include.span)
            self._doubt(include)
            return
        for name in sorted(tree.listdir(path), key=os.fsencode):
            if name.endswith(".cnf"):
                self._include_file(posixpath.join(path, name), include)

    def _include_file(self, path: str | None, include: Include) -> None:
        name = path if path is not None and include.is_folder else include.path
        source = self.includes.source(path, name, include.span, cycle_is_fatal=False)
        if source is None or path is None:
            self._doubt(include)
            return
        self.includes.enter(path)
        self.file(source)
        self.includes.leave()

    def _doubt(self, include: Include) -> None:
        """What stands before an include that is not read holds only unless that file says otherwise."""
        doubt = Origin.assumed(f"unless {shorten(include.path)}, which is not read, says otherwise", include.span)
        self.settings = {key: value.because(doubt) for key, value in self.settings.items()}
