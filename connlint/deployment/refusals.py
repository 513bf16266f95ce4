"""What PgBouncer refuses: start-up parameters that a client's OPTIONS.options sends, and lines of its own file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from connlint.deployment.model import Database, Deployment, Pooler
from connlint.deployment.poolers import pgbouncer_files
from connlint.deployment.routes import ways
from connlint.deployment.startup import switches, unread_by_pgbouncer
from connlint.facts import Version, product
from connlint.formats.document import Document, Entry, Problem
from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Value, Verdict


class Fate(Enum):
    """What becomes of a start-up parameter at the pooler."""

    KEPT = "kept"  # set on every server connection the client gets
    REFUSED = "refused"  # the connection fails
    DROPPED = "dropped"  # the client connects, and the setting is gone
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sent:
    """One parameter that an alias sends through a PgBouncer. `ruling`: the pooler's setting that decides.

    `name` is `options` where all of it has one fate, and empty where nobody can tell what is sent.
    `verdict`: MUST, or CAN where only some alternatives send it, or where the server decides in the end.
    """

    database: Database
    pooler: Pooler
    name: str
    value: Value
    fate: Fate
    ruling: Value
    verdict: Verdict = Verdict.MUST
    tracked: bool = False  # whether track_extra_parameters decides, else ignore_startup_parameters


# Release 1.20 reads the parameters inside of `options`; before it `options` is one parameter, refused or ignored whole.
# 1.20.0 alone does not take `options` among the ignored ones for all that is inside. `--name=value` is read from 1.23 on
# (PgBouncer's NEWS; set_startup_options in src/client.c).
_READS_OPTIONS: Final = Version((1, 20))
_IGNORES_ALL_INSIDE: Final = Version((1, 20, 1))
_READS_LONG_SWITCHES: Final = Version((1, 23))
_ERAS: Final = (Version((1, 19)), _IGNORES_ALL_INSIDE, _READS_LONG_SWITCHES)  # one release of each way to read


def sent_parameters(deployment: Deployment) -> Iterator[Sent]:
    """Every start-up parameter that goes to a PgBouncer, once per alias and pooler."""
    for way in ways(deployment):
        options = way.database.settings.get("OPTIONS.options")
        if way.pooler is None or way.pooler.kind != "pgbouncer" or options is None:
            continue
        if options.alternatives:
            yield from _sent(way.database, way.pooler, options)
        else:
            yield Sent(way.database, way.pooler, "", options, Fate.UNKNOWN, options)


def _sent(database: Database, pooler: Pooler, options: Value) -> Iterator[Sent]:
    """The fates of all alternatives of `options`; a parameter that only some of them send is a CAN."""
    texts = [text for text in options.alternatives if isinstance(text, str) and text]
    fates: dict[tuple[str, Fate, str], int] = {}
    for text in texts:
        for found in dict.fromkeys(_fates(pooler, text)):
            fates[found] = fates.get(found, 0) + 1
    for (name, fate, key), times in fates.items():
        tracked = key == "track_extra_parameters"
        sure = times == len(options.alternatives) and not tracked  # an extension of the server may report more
        verdict = Verdict.MUST if sure else Verdict.CAN
        yield Sent(database, pooler, name, options, fate, pooler.get(key), verdict, tracked)


def _fates(pooler: Pooler, text: str) -> Iterator[tuple[str, Fate, str]]:
    """(parameter, fate, the setting of the pooler that decides) of everything in one text of `options`."""
    ignored = pooler.get("ignore_startup_parameters")
    versions = _ERAS if pooler.version is None else (pooler.version,)
    if not ignored.is_exact or not pooler.configured:
        yield "options", Fate.UNKNOWN, "ignore_startup_parameters"
        return
    by_version = [list(_of_version(pooler, text, _words(ignored), version)) for version in versions]
    if all(found == by_version[0] for found in by_version):
        yield from by_version[0]
    elif all(found and found[0][1] is Fate.REFUSED for found in by_version):  # each refuses, for a reason of its own
        yield by_version[-1][0]
    else:
        yield "options", Fate.UNKNOWN, "ignore_startup_parameters"


def _of_version(
    pooler: Pooler, text: str, ignored: frozenset[str], version: Version
) -> Iterator[tuple[str, Fate, str]]:
    key = "ignore_startup_parameters"
    if version < _READS_OPTIONS:
        fate = Fate.DROPPED if "options" in ignored else Fate.REFUSED
        yield from ((name, fate, key) for name in dict.fromkeys(n for _, n, _ in switches(text)))
        return
    long = version < _READS_LONG_SWITCHES and any(form == "--" for form, _, _ in switches(text))
    if long or unread_by_pgbouncer(text):
        yield "options", Fate.REFUSED, key
        return
    all_inside = "options" in ignored and version >= _IGNORES_ALL_INSIDE
    for name in dict.fromkeys(n for _, n, _ in switches(text)):
        tracked = _tracked(pooler, name)
        if tracked is not None:
            yield name, tracked, "track_extra_parameters"
        else:
            yield name, Fate.DROPPED if all_inside or name in ignored else Fate.REFUSED, key


def _tracked(pooler: Pooler, name: str) -> Fate | None:
    """KEPT for a parameter PgBouncer follows; DROPPED where it would but the server never reports it; else None.

    PgBouncer sets on a server connection only what the server has reported (apply_var in src/varcache.c).
    """
    table = product("pgbouncer").sets
    if name.lower() in table["tracked_parameters"]:
        return Fate.KEPT
    if name.lower() not in {word.lower() for word in _words(pooler.get("track_extra_parameters"))}:
        return None
    return Fate.KEPT if name.lower() in table["reported_parameters"] else Fate.DROPPED


def _words(value: Value) -> frozenset[str]:
    """The names in a list setting; commas or white space part them, and their case counts (strlist_contains)."""
    lists = (v for v in value.alternatives if isinstance(v, (list, tuple)))
    return frozenset(word for names in lists for name in names for word in str(name).split())


@dataclass(frozen=True, slots=True)
class Refusal:
    """A mistake in a pgbouncer.ini that PgBouncer refuses or misreads, and the entry it is in where there is one."""

    document: Document
    problem: Problem
    entry: Entry | None
    number: int  # from 1, among the problems of its kind in the file

    @property
    def subject(self) -> str:
        """A name for it that no line number and no text of a line is part of, nor the name of a user."""
        if self.entry is None or self.entry.section == "users":
            return f"{self.document.path}: {self.problem.code} {self.number}"
        return f"{self.document.path}: [{self.entry.section}] {self.entry.key}"

    @property
    def place(self) -> Span:
        """What to point at, which a frame then shows: the entry's name when the text may be a piece of a password.

        Of a line without sense only the first word.
        """
        span = self.problem.span
        if self.entry is not None and self._behind_password:
            return self.entry.key_span
        return span.source.span(span.start, span.start) if self.problem.code == "syntax" else span

    @property
    def _behind_password(self) -> bool:
        if self.entry is None or self.entry.section == "pgbouncer":
            return False
        start = self.entry.span.start
        return "password" in self.problem.span.source.text[start : self.problem.span.start]

    @property
    def correction(self) -> str | None:
        """What to write instead of a refused value of [pgbouncer]; None where that is not clear."""
        place = self.problem.span
        if self.entry is None or self.entry.section != "pgbouncer" or self.entry.span != place:
            return None
        from connlint.formats.pgbouncer.reader import correction  # heavy, and loaded already where there is an entry

        return correction(self.entry.key, place.text)

    @property
    def meant(self) -> str | None:
        """The name an unknown key of this file is a slip for, as its message says, unless it is stated there already."""
        if self.entry is None:
            return None
        section, slip = self.entry.section, self.problem.span.text
        from difflib import get_close_matches  # costs start-up time, and only mistakes need it

        in_text = self.problem.span != self.entry.key_span  # a key of a connection string
        table = product(f"pgbouncer_{section.removesuffix('s')}" if in_text else "pgbouncer")
        near = next(iter(get_close_matches(slip[:40], table.settings, 1, 0.8)), None)
        if near is None or f"did you mean {near}?" not in self.problem.message:
            return None
        group = self.document.groups.get(f"{section}.{self.entry.key}", {}) if in_text else self.document.settings
        return near if near not in group else None

    @property
    def comment(self) -> str | None:
        """The comment behind a value, where that is what is refused; not one that may be the rest of a password."""
        if self.problem.code != "inline-comment" or not self.problem.fatal or self.entry is None:
            return None
        return None if self._behind_password else self.problem.span.text.strip()


# A file that is filled in before PgBouncer sees it: ${NAME}, {{ name }}, {% if %}, <%= name %>, @@NAME@@, %(name)s, $NAME.
_TEMPLATE: Final = re.compile(r"\$\{|\$\(|\{\{|\{%|<%|@@|\$[A-Za-z_]|%\(|__[A-Z_]+__")


def refusals(deployment: Deployment, codes: frozenset[str]) -> Iterator[Refusal]:
    """The problems of these codes in the files PgBouncer is started with; none on lines that a template fills in."""
    for document in pgbouncer_files(deployment.documents):
        numbers: dict[str, int] = {}
        for problem in document.problems:
            if problem.code in codes and not _TEMPLATE.search(_lines(problem)):
                numbers[problem.code] = numbers.get(problem.code, 0) + 1
                yield Refusal(document, problem, _entry(document, problem), numbers[problem.code])


def _lines(problem: Problem) -> str:
    return problem.span.source.line(problem.span.line)


def _entry(document: Document, problem: Problem) -> Entry | None:
    """The entry whose key or value the problem is in."""
    place = problem.span
    for entry in document.entries:
        if entry.span.source is place.source and entry.key_span.start <= place.start and place.end <= entry.span.end:
            return entry
    return None
