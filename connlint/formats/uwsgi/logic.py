"""uWSGI's option logic: `for`, `if-env`, `if-exists` and their kind, up to the next `endfor` or `endif`.

Source: core/config.c, the uwsgi_logic_opt_ functions. There is no nesting, and the condition is looked at again for
every option inside. `%(_)` in their values is the loop's item or what was tested.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Final

from connlint.formats.document import Entry
from connlint.formats.units import atoi
from connlint.formats.uwsgi.worlds import ALWAYS, Case, Guard, Worlds, both
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass
from connlint.value import ABSENT, Origin, Value

ENDS: Final = frozenset({"end", "endfor", "endif", "end-if", "end-for"})
MOST_ROUNDS: Final = 1000  # rounds of a loop; beyond them a value is unknown
_LOOPS: Final = frozenset({"for", "for-glob", "for-times", "for-readline"})
_TESTS: Final = {
    "if-exists": "exists", "ifexists": "exists", "if-file": "file", "if-dir": "dir", "ifdir": "dir",
    "if-directory": "dir", "if-env": "env", "ifenv": "env", "if-opt": "opt", "if-reload": "reload",
    "if-hostname": "hostname", "if-hostname-match": "hostname-match", "if-plugin": "plugin", "ifplugin": "plugin",
}  # fmt: skip
LOGIC: Final = _LOOPS | set(_TESTS) | {key.replace("if-", "if-not-") for key in _TESTS if key.startswith("if-")}
_MOST_LINE: Final = 1023  # uWSGI reads lines into a buffer of 1024
_WORD = re.compile(r"[^ ]+")
_WILD = re.compile(r"[*?\[]")

Lookup = Callable[[str, Guard], "Iterable[tuple[Guard, Case | None]] | None"]


@dataclass(frozen=True, slots=True)
class Logic:
    """The block that is open: its key, and the value of that key."""

    key: str
    case: Case
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Branch:
    """One time that an option inside a block counts: where, and what `%(_)` is (None: it stays).

    `uncounted`: nobody knows how often, or whether at all.
    """

    guard: Guard
    item: str | None = None
    doubt: str = ""
    origins: tuple[Origin, ...] = ()
    uncounted: bool = False


@dataclass(slots=True)
class Surroundings:
    """What a configuration may ask about: the environment and the files of the project."""

    tree: Tree
    worlds: Worlds
    environment: Mapping[str, Value]
    directory: str | None
    is_open: bool = False  # an envdir may set any variable

    def variable(self, name: str) -> list[Branch]:
        """The values an environment variable may have; `item` is None where it is unset."""
        value = self.environment.get(name)
        if value is None and not self.is_open:
            return [Branch(ALWAYS, origins=(Origin.assumed(f"the environment variable {name} is not set"),))]
        if value is not None and value.alternatives:
            guards = self.worlds.variable(("env", name), len(value.alternatives)) if not value.is_exact else [ALWAYS]
            texts = [None if item is ABSENT else str(item) for item in value.alternatives]
            return [Branch(guard, text, "", value.origins) for guard, text in zip(guards, texts, strict=True)]
        origins = value.origins if value is not None else ()
        unset, is_set = self.worlds.variable(("env", name), 2)
        doubt = f"the environment variable {name} is not known"
        return [Branch(unset, origins=origins), Branch(is_set, f"$({name})", doubt, origins)]

    def bases(self, folder: str) -> tuple[str, ...]:
        """Where relative paths may start: the folder uWSGI is started in, else the file's own or the project's."""
        return (self.directory,) if self.directory is not None else tuple(dict.fromkeys((folder, "")))

    def ask(self, path: str, folder: str, test: Callable[[str], bool]) -> bool | None:
        """What `test` says about a path of the project; None for one outside or when it depends on the start."""
        found = [self.tree.locate(path, base) for base in self.bases(folder)]
        if not path or any(place is None for place in found):
            return None
        answers = {test(place) for place in found if place is not None}
        return answers.pop() if len(answers) == 1 else None

    def glob(self, pattern: str, folder: str) -> list[str] | None:
        """The paths that `glob(3)` gives, or the pattern itself when there are none; None when that is unknown."""
        if not _WILD.search(pattern):
            return [pattern]
        found = []
        for base in self.bases(folder):
            place = self.tree.locate(pattern, base)
            if place is None:
                return None
            paths = self._matches(place)
            if pattern.startswith("/"):
                found.append([posixpath.join(self.tree.base, path) for path in paths])
            else:
                found.append([posixpath.relpath(path, base or ".") for path in paths])
        return (found[0] or [pattern]) if all(one == found[0] for one in found) else None

    def _matches(self, pattern: str) -> list[str]:
        paths = [""]
        for part in pattern.split("/"):
            if not _WILD.search(part):
                paths = [posixpath.join(path, part) for path in paths]
                continue
            names = ((path, name) for path in paths for name in self.tree.listdir(path))
            hits = (posixpath.join(path, name) for path, name in names if _matches_part(name, part))
            paths = list(islice(hits, MOST_ROUNDS + 1))
        return [path for path in paths if self.tree.exists(path)]


def _matches_part(name: str, part: str) -> bool:
    return fnmatch.fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))


def branches(logic: Logic, around: Surroundings, folder: str, lookup: Lookup) -> list[Branch]:
    """The times that an option inside the block counts, in order. `folder` is that of the file being read."""
    if logic.key in _LOOPS:
        items, doubt, origins = _items(logic, around, folder)
        origins = (*logic.case.origins, *origins)
        if doubt:
            return [Branch(logic.case.guard, "%(_)", doubt, origins, uncounted=True)]
        return [Branch(logic.case.guard, item, "", origins) for item in items]
    positive = logic.key.replace("if-not-", "if-")
    found = _outcomes(_TESTS[positive], logic, around, folder, lookup)
    wanted = positive == logic.key
    result = []
    for holds, branch in found:
        guard = both(branch.guard, logic.case.guard)
        if holds is wanted and guard is not None:
            result.append(Branch(guard, branch.item, branch.doubt, (*logic.case.origins, *branch.origins)))
    return result


def _items(logic: Logic, around: Surroundings, folder: str) -> tuple[list[str], str, tuple[Origin, ...]]:
    text, doubt = logic.case.text or "", logic.case.doubt
    origins: tuple[Origin, ...] = ()
    items: list[str] | None
    if doubt:
        return [], doubt, ()
    if logic.key == "for":
        items = [match[0] for match in islice(_WORD.finditer(text), MOST_ROUNDS + 1)]
    elif logic.key == "for-times":
        count, _ = atoi(text)
        items = [str(number) for number in range(1, min(count, MOST_ROUNDS + 1) + 1)]
    else:
        origins = (Origin.assumed("the files are those of the project"),)
        items = around.glob(text, folder) if logic.key == "for-glob" else _lines(around, text, folder)
        if items is None:
            return [], "it depends on files that are not in the project", origins
    if len(items) > MOST_ROUNDS:
        return [], f"the loop has more than {MOST_ROUNDS} rounds", origins
    return items, "", origins


def _lines(around: Surroundings, name: str, folder: str) -> list[str] | None:
    source = None
    if around.ask(name, folder, around.tree.is_file):
        path = around.tree.locate(name, around.bases(folder)[0])
        try:
            source = around.tree.read(path) if path else None
        except Unreadable:
            return None
    if source is None or (len(around.bases(folder)) > 1 and not name.startswith("/")):
        return None
    lines = source.text.split("\n")
    lines = lines[:-1] if not lines[-1] else lines
    return [line.rstrip("\r") for line in lines] if all(len(line) < _MOST_LINE for line in lines) else None


def _outcomes(test: str, logic: Logic, around: Surroundings, folder: str, lookup: Lookup) -> list[tuple[bool, Branch]]:
    """In which worlds the tested thing is there, and what `%(_)` is then."""
    text, doubt = logic.case.text or "", logic.case.doubt
    span = logic.entry.key_span if logic.entry else None
    if doubt:
        return _either(around.worlds, ("condition", span), Branch(ALWAYS, "%(_)", doubt))
    if test in ("env", "opt"):
        return _compared(test, logic, around, lookup)
    if test == "reload":
        return _either(around.worlds, ("reload",), Branch(ALWAYS))
    if test in ("exists", "file", "dir"):
        tree = around.tree
        asked = {"exists": tree.exists, "file": tree.is_file, "dir": tree.is_dir}[test]
        answer = around.ask(text, folder, asked)
        if answer is not None:
            origin = Origin.assumed("the files are those of the project", span)
            return [(answer, Branch(ALWAYS, text, "", (origin,)))]
    return _either(around.worlds, (test, text), Branch(ALWAYS, text))


def _either(worlds: Worlds, question: tuple[object, ...], branch: Branch) -> list[tuple[bool, Branch]]:
    no, yes = worlds.variable(question, 2)
    return [(False, Branch(no, branch.item, branch.doubt)), (True, Branch(yes, branch.item, branch.doubt))]


def _compared(test: str, logic: Logic, around: Surroundings, lookup: Lookup) -> list[tuple[bool, Branch]]:
    """`if-env = X`, `if-env = X=value` and the same for options."""
    name, equals, wanted = (logic.case.text or "").partition("=")
    if test == "env":
        answers = around.variable(name)
    else:
        matches = lookup(name, logic.case.guard)
        if matches is None:
            return _either(around.worlds, ("option", logic.case.text), Branch(ALWAYS, "%(_)", "it depends on too much"))
        answers = [
            Branch(guard, case.text, case.doubt, case.origins) if case else Branch(guard) for guard, case in matches
        ]
    result: list[tuple[bool, Branch]] = []
    for answer in answers:
        if answer.item is None or not equals:
            result.append((answer.item is not None, answer))
        elif not answer.doubt:
            result.append((answer.item == wanted, answer))
        else:
            for holds, branch in _either(around.worlds, (test, name, wanted), answer):
                guard = both(branch.guard, answer.guard)
                if guard is not None:
                    result.append((holds, Branch(guard, answer.item, answer.doubt, answer.origins)))
    return result
