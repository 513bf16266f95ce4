"""Reads supervisord configurations: each main file with what it includes, and folders of programs that others include."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.includes import MOST_FILES
from connlint.formats.opening import opened, stated
from connlint.formats.services import Role, Service, Stack
from connlint.formats.supervisor.expanding import BadExpansion, fill
from connlint.formats.supervisor.ini import Section, parse_into
from connlint.formats.supervisor.programs import Surroundings, programs
from connlint.formats.words import Text, Word
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.records import dataclass, field, replace
from connlint.source import Source
from connlint.value import Origin, Value

_MAIN: Final = ("supervisord", "include")
_PARKED: Final = re.compile(r"(?:^|[/._-])(?:disabled|available)$")  # folders of programs that somebody has to enable
MOST_INCLUDED: Final = 1_000_000  # characters of included files, in all stacks
_GLOB: Final = re.compile(r"[*?\[]")
_DEEPEST_PATTERN: Final = 20  # names in a pattern of [include]


def read_supervisor(
    tree: Tree,
    paths: Sequence[str],
    environment: Mapping[str, Value],
    *,
    locate: Callable[[str], str | None] | None = None,
    here: str = "",
) -> tuple[Stack, ...]:
    """One stack for each main file (with [supervisord] or [include]) and what it includes, and one for each folder of
    the files that no main file includes.

    `environment` answers `%(ENV_X)s`: what the user declared, or the environment of the container that starts
    supervisord. `replicas` is numprocs; a text that differs from process to process is one of several. `autostart=false`
    is ONCE; what is started once and not again (autorestart=false, startsecs=0) is RELEASE. `surge` is 0. Never raises.

    Where supervisord runs in a container, `locate` gives the project's name for an absolute one (None: not of the
    project), for what [include] names, and `here` is the folder that the file lies in there.
    """
    spent = _Spent()
    sets = {path: _FileSet.read(tree, path, spent, locate, here) for path in paths}
    mains = [one for one in sets.values() if one.is_main]
    included = {document.path for one in mains for document in one.documents[1:]}
    stacks = [one.stack(one.top.path, environment) for one in mains if one.top.path not in included]
    folders: dict[tuple[str, bool], list[_FileSet]] = {}
    for path, one in sets.items():
        if not one.is_main and path not in included:
            folders.setdefault((posixpath.dirname(path), is_for_development(path)), []).append(one)
    for (folder, _), loose in folders.items():
        first = loose[0]
        for other in loose[1:]:
            first.add(other.top)
        stacks.append(first.stack(first.top.path if len(loose) == 1 else folder or "supervisor", environment))
    return tuple(stack for stack in stacks if stack.services or any(d.problems for d in stack.documents))


@dataclass(slots=True)
class _Spent:
    """How many characters of included files all stacks have read: many files may include the same ones."""

    text: int = 0


@dataclass(slots=True)
class _FileSet:
    """The files that one supervisord reads, in its order."""

    tree: Tree
    top: Source
    spent: _Spent
    locate: Callable[[str], str | None] | None = None
    here: str = ""
    sections: dict[str, Section] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(
        cls, tree: Tree, path: str, spent: _Spent, locate: Callable[[str], str | None] | None, here: str
    ) -> _FileSet:
        """The file at `path` and what it includes."""
        source, troubles = opened(tree, path)
        found = cls(tree, source, spent, locate, here, problems=[*troubles])
        found.add(source)
        include = found.sections.get("include")
        files = include.get("files") if include is not None else None
        if files is not None:
            found._include(files)
        return found

    @property
    def is_main(self) -> bool:
        return any(name in self.sections for name in _MAIN)

    def add(self, source: Source) -> None:
        """Read one more file."""
        self.documents.append(stated("supervisor", source, parse_into(self.sections, source)))

    def stack(self, name: str, environment: Mapping[str, Value]) -> Stack:
        folder = posixpath.dirname(self.top.path)
        place = self.here or posixpath.join(self.tree.base, folder).rstrip("/")
        here = Value.exact(place, Origin.assumed("the folder that this file lies in", self.top.span(0, 0)))
        surroundings = Surroundings(self.sections, environment, here)
        services: list[Service] = programs(surroundings)
        if _PARKED.search(folder) and not self.is_main:
            services = [replace(service, role=Role.ONCE) for service in services]
        problems = (*self.problems, *surroundings.problems)
        documents = [_with(document, problems) for document in self.documents]
        development = is_for_development(self.top.path)
        return Stack(name, "supervisor", folder, tuple(services), tuple(documents), development)

    def _include(self, files: Text) -> None:
        """The files that match the patterns, each pattern's in order; supervisor includes one level deep only."""
        here = posixpath.dirname(self.top.path)
        try:
            filled = fill(files, {"here": Value.exact("."), "host_node_name": _HOST})
        except BadExpansion:
            return
        for match in re.finditer(r"\S+", filled.text.text):
            place = filled.text.span(*match.span())
            parts = filled.parts(filled.text.cut(*match.span()))
            pattern = Word(parts, place).exact
            path = self._located(pattern, here) if pattern is not None else None
            if path is None:
                message = "what this includes lies outside the project and is not read"
                self.problems.append(Problem("outside-project", message, place))
                continue
            for file in _matching(self.tree, path):
                if len(self.documents) >= MOST_FILES or self.spent.text >= MOST_INCLUDED:
                    message = "too many or too large files are included; not all are read"
                    self.problems.append(Problem("too-large", message, place))
                    return
                if file != self.top.path:
                    source, troubles = opened(self.tree, file)
                    self.problems += troubles
                    self.spent.text += len(source.text)
                    self.add(source)

    def _located(self, pattern: str, here: str) -> str | None:
        """The pattern in the project's names; None where it leads out of it."""
        if not pattern.startswith("/"):
            return self.tree.locate(pattern, here)
        if self.locate is None:
            return None
        names = pattern.split("/")
        fixed = next((index for index, name in enumerate(names) if _GLOB.search(name)), len(names) - 1)
        folder = self.locate("/".join(names[:fixed]) or "/")
        return self.tree.locate("/".join(names[fixed:]), folder) if folder is not None else None


_HOST: Final = Value.unknown("it is the host's name")


def _with(document: Document, problems: Sequence[Problem]) -> Document:
    own = [problem for problem in problems if problem.span.source is document.source]
    return stated(document.kind, document.source, (*document.problems, *own))


def _matching(tree: Tree, pattern: str) -> list[str]:
    """The files that a pattern of `glob` matches, sorted."""
    names = pattern.split("/")
    if len(names) > _DEEPEST_PATTERN:
        return []
    found = [""]
    for name in names:
        if not _GLOB.search(name):
            found = [posixpath.join(folder, name) for folder in found]
            continue
        matches = re.compile(translate(name)).match
        found = [
            posixpath.join(folder, entry)
            for folder in found
            for entry in tree.listdir(folder)
            if matches(entry) and (name.startswith(".") or not entry.startswith("."))
        ][: 10 * MOST_FILES]
    return sorted(path for path in found if tree.is_file(path))
