"""The list of options that uWSGI builds while it reads its files, and what acts while it does.

Source: core/config.c, add_exported_option_do(), and core/uwsgi.c. Options go into one list in the order they are met;
includes, logic, `set` and `strict` act at once, on values in which no reference is replaced yet. Only when everything
is read are references replaced, and then the options take effect in order. `inherit` comes even later: its options
stand at the end of the list, with their references as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from connlint.facts import Product
from connlint.formats.document import Entry
from connlint.formats.includes import Includes, shorten
from connlint.formats.uwsgi.dialects import Reading, read
from connlint.formats.uwsgi.files import Files
from connlint.formats.uwsgi.logic import ENDS, LOGIC, Logic, Surroundings, branches
from connlint.formats.uwsgi.references import LONGEST
from connlint.formats.uwsgi.row import MOST_ROWS, Row, Trouble
from connlint.formats.uwsgi.text import Expanded, expand, magic_table, too_much
from connlint.formats.uwsgi.worlds import ALWAYS, Case, Guard, both, first_match
from connlint.records import dataclass, replace
from connlint.source import Source, Span
from connlint.value import Origin, Value

LOADERS: Final = {
    "ini": "ini", "ini-paste": "ini", "ini-paste-logged": "ini", "yaml": "yaml", "yml": "yaml", "json": "json",
    "js": "json", "xml": "xml", "xmlconfig": "xml", "include": "", "config": "",
}  # fmt: skip
_MOST_DEPTH: Final = 20  # options that `set` one another
_MOST_LOST: Final = 50  # places where unseen options may stand
_MOST_TEMPLATE: Final = 2000  # characters of what declare-option takes
_SETTERS: Final = frozenset({"set", "set-placeholder", "set-ph"})
# They say how files are read, and are no settings.
DIRECTIVES: Final = LOGIC | ENDS | LOADERS.keys() | _SETTERS | {"inherit"}


@dataclass(slots=True)
class Exported:
    """An option of the list. With `lost`, a place where options that connlint cannot see may stand."""

    key: str
    entry: Entry | None
    cases: list[Case]
    immediate: bool = False
    lost: str = ""


class Exporter:
    """Reads files and options into one list, as uWSGI does before it configures itself."""

    def __init__(self, around: Surroundings, includes: Includes, facts: Product, cpus: Value | None) -> None:
        self.options: list[Exported] = []
        self.entries: list[Entry] = []
        self.direct: list[Exported] = []  # what custom options set: at once, so before everything else
        self.around = around
        self.includes = includes
        self.facts = facts
        self._cpus = cpus
        self._files = Files(around, includes)
        self._custom: dict[str, str] = {}
        self._by_key: dict[str, list[int]] = {}
        self._lost: list[int] = []
        self._logic: Logic | None = None
        self._running = False
        self._depth = 0
        self._context = Case(ALWAYS, None)
        self._recorded: set[tuple[str, str]] = set()

    def option(self, row: Row) -> None:
        """Take the next option, as a file or the command line has it."""
        guard = both(row.guard, self._context.guard)
        if guard is None:
            return
        base = row.case()
        case = replace(base, guard=guard, origins=(*base.origins, *self._context.origins))
        if row.key_doubt:
            self.lose(f"a key is not known: {row.key_doubt}", case)
        elif self._running:
            self.add(row.key, row.entry, case)
        else:
            if row.key in ENDS:
                self._logic = None
            if self._logic is None:
                self.add(row.key, row.entry, case)
            else:
                self._run(self._logic, row, case)

    def _run(self, logic: Logic, row: Row, case: Case) -> None:
        """An option inside a block: once for every time that the block's condition holds."""
        for branch in branches(logic, self.around, self.includes.folder, self.first):
            guard = both(branch.guard, case.guard)
            if guard is None:
                continue
            text, doubt, value = case.text, case.doubt, case.value
            if branch.item is not None and text is not None and "%(_)" in text:
                text = text.replace("%(_)", branch.item)[: LONGEST + 1]
                doubt = doubt or branch.doubt or ("its value is too long" if len(text) > LONGEST else "")
                value = None
            elif branch.uncounted:
                doubt = doubt or branch.doubt
            self._running = True
            self.add(row.key, row.entry, Case(guard, text, doubt, (*case.origins, *branch.origins), value))
            self._running = False

    def lose(self, reason: str, case: Case) -> None:
        """From here on any option may have been set, in the worlds of `case`."""
        if len(self._lost) > _MOST_LOST:  # one last place, which moves to the end, stands for all further ones
            self.options[self._lost.pop()] = Exported("", None, [])
            reason, case = "too much of the configuration cannot be read", Case(ALWAYS, None)
        self._lost.append(len(self.options))
        self.options.append(Exported("", None, [replace(case, text=None, doubt=reason)], lost=reason))

    def add(self, key: str, entry: Entry | None, case: Case) -> None:
        """Put an option on the list, and let it act if it acts at once."""
        if len(self.options) >= MOST_ROWS:
            if not (self._lost and self._lost[-1] >= MOST_ROWS):
                self.lose(f"there are more than {MOST_ROWS} options", Case(ALWAYS, None))
                if entry is not None:
                    self.includes.report("too-large", f"there are more than {MOST_ROWS} options", entry.key_span)
            return
        immediate = key in self.facts.sets["immediate"] or key in self._custom
        self._by_key.setdefault(key, []).append(len(self.options))
        self.options.append(Exported(key, entry, [case], immediate))
        if key in LOGIC:
            self._begin(key, entry, case)
        elif key in LOADERS:
            self.load(key, entry, case)
        elif key in _SETTERS:
            self._set(key, entry, case)
        elif key == "declare-option":
            name, equals, template = (case.text or "").partition("=")
            if equals and name not in self.facts.names:
                self._custom[name] = template
        elif key == "early-envdir":
            self.around.is_open = True
        elif key in self._custom:
            self._made(entry, case, self._custom[key])

    def _begin(self, key: str, entry: Entry | None, case: Case) -> None:
        if self._logic is None:
            self._logic = Logic(key, case, entry)
        elif entry is not None:
            message = f"{key} stands inside another block, which uWSGI refuses: end that block first"
            self.includes.report("syntax", message, entry.key_span, fatal=case.guard == ALWAYS)

    def _set(self, key: str, entry: Entry | None, case: Case) -> None:
        name, equals, text = (case.text or "").partition("=")
        certain = case.guard == ALWAYS
        if entry is not None and not equals:
            self.includes.report("syntax", f"{key} wants name=value", entry.key_span, fatal=certain)
        if entry is not None and key != "set" and name in self.facts.names:
            message = f"{shorten(name)} is an option and cannot be a placeholder"
            self.includes.report("bad-value", message, entry.span, fatal=certain)
        if equals and self._depth > _MOST_DEPTH:
            self.lose("options set each other", case)
        elif equals:
            self._depth += 1
            position = len(self.options)
            self.add(name, entry, replace(case, text=text, value=None))
            if key != "set" and position < len(self.options):
                self.options[position].immediate = True
            self._depth -= 1

    def _made(self, entry: Entry | None, case: Case, template: str) -> None:
        """What an option that `declare-option` made sets; files it names are not followed."""
        for made in custom_options(entry, case, template):
            if made.lost or made.key in DIRECTIVES or len(self.direct) > MOST_ROWS:
                self.lose(made.lost or "a declared option does more than can be followed", case)
                return
            self.direct.append(made)

    def load(self, key: str, entry: Entry | None, case: Case) -> None:
        """Follow an option that names another file."""
        if case.doubt or entry is None:
            self.lose(case.doubt or "a file that is included is not known", placed(case, entry))
            return
        located = self._files.locate(LOADERS[key], case.text or "", entry.span)
        if located is None:
            self.lose("a file that is included cannot be read", placed(case, entry))
            return
        source, dialect, section = located
        before, self._context = self._context, replace(case, text=None, doubt="", value=None)
        self.includes.enter(source.path)
        self.file(source, dialect, section, entry.span)
        self.includes.leave()
        self._context = before

    def file(self, source: Source, dialect: str, section: str, span: Span) -> None:
        """Read one section of a file; `section` is empty when none is asked for. `span` is what names the file."""
        around = self.around
        reason = too_much(source)
        if reason:
            self.includes.report("too-large", f"the file is not read: {reason}", source.span(0, 0))
            self.lose(reason, self._context)
            return
        asked = section or ("" if dialect == "xml" else "uwsgi")
        table = magic_table(source.path, section, around.tree.base, around.directory, self._cpus)
        expanded = expand(source, table)
        reading = read(dialect, expanded, asked, around.worlds)
        with self._files.opened(source.path, dialect, section):
            self._take(reading, (source.path, asked))
        if reading.trouble is not None:
            self._troubled(reading.trouble, expanded)
        elif not reading.found:
            what = f"section {asked}" if asked else "element uwsgi"
            self.includes.report(
                "missing-section", f"{shorten(source.path)} has no {what}, so uWSGI reads nothing", span
            )

    def _take(self, reading: Reading, place: tuple[str, str]) -> None:
        """Take the options of a file; each build's reading from the same state."""
        logic = self._logic
        fresh = place not in self._recorded
        self._recorded.add(place)
        seen: set[tuple[int, int]] = set()
        for guard, rows in reading.variants:
            common = both(guard, self._context.guard)
            before, self._logic = self._context, logic
            if common is None:
                continue
            self._context = replace(before, guard=common)
            for row in rows:
                where = (row.entry.key_span.start, row.entry.span.start)
                if fresh and where not in seen:
                    seen.add(where)
                    self.entries.append(row.entry)
                self.option(row)
            self._context = before

    def _troubled(self, trouble: Trouble, expanded: Expanded) -> None:
        at = min(trouble.offset, len(expanded.text))
        span = expanded.span(at, min(at + 1, len(expanded.text)))
        self.includes.report(trouble.code, trouble.message, span, fatal=trouble.fatal)
        if trouble.lost:
            self.lose("the file cannot be read to its end", self._context)

    def first(self, name: str, guard: Guard) -> Iterator[tuple[Guard, Case | None]] | None:
        """The first option of that name, which is the one that placeholders and `if-opt` find."""
        positions = sorted([*self._by_key.get(name, ()), *self._lost])
        return first_match(self.around.worlds, guard, map(self._placed, positions))

    def _placed(self, position: int) -> Sequence[Case]:
        option = self.options[position]
        return [placed(case, option.entry) for case in option.cases]


def placed(case: Case, entry: Entry | None) -> Case:
    """The case with the place of its option as the first origin."""
    return replace(case, origins=(Origin.at(entry.span), *case.origins)) if entry is not None else case


def custom_options(entry: Entry | None, case: Case, template: str) -> Iterable[Exported]:
    """What an option made by `declare-option` sets: its template `a=$1;b=$2` with the words of the value."""
    if len(template) > _MOST_TEMPLATE or len(case.text or "") > LONGEST:
        yield Exported("", entry, [replace(case, text=None)], lost="a declared option is too long to follow")
        return
    words = [word for word in (case.text or "").split(" ") if word] or [""]
    for part in template.split(";"):
        name, equals, text = part.partition("=")
        for number, word in enumerate(words[:9], 1):
            name, text = name.replace(f"${number}", word), text.replace(f"${number}", word)[: LONGEST + 1]
        if equals:
            yield Exported(name, entry, [replace(case, text=text, value=None)])
