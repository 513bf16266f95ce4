"""Reads the files of one stack: `include`, `extends` and overrides carried out, with every problem on the way.

Source: compose-go 2, loader/loader.go, include.go, extends.go: within a file variables are put in first, then what is
included, then what is extended, and then it is laid over the files before it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.compose.dotenv import EnvFile, env_values, merged_lookup, parse_env_file
from connlint.formats.compose.merging import merge_sections, merge_service, merge_services
from connlint.formats.compose.model import Item, Leaf, Listing, Reading, Table, read_sections
from connlint.formats.document import Document, Problem
from connlint.formats.words import Text, Word
from connlint.formats.yaml_nodes import MappingNode, YamlFile, read_yaml, weight_of
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, field
from connlint.source import Source, Span
from connlint.value import Value

_MOST_FILES: Final = 60  # included or extended, in one stack
_MOST_READ: Final = 3_000_000  # characters of such files
_MOST_NODES: Final = 300_000  # of all stacks, a file of several stacks in each
_MOST_READS: Final = 300  # of the same ones, too
_MOST_DEPTH: Final = 12
_MOST_MERGED: Final = 200_000  # entries of services, put together
_SECTIONS: Final = ("services", "configs", "secrets", "networks")
_TEMPLATE: Final = ("{%", "{{", "<%", "{#")


class Files:
    """The files of a project, each parsed once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.spent = 0  # values put together so far, in all stacks
        self._yaml: dict[str, YamlFile | Unreadable] = {}
        self._env: dict[tuple[str, str], EnvFile | Unreadable] = {}

    def yaml(self, path: str) -> YamlFile | Unreadable:
        if path not in self._yaml:
            try:
                self._yaml[path] = _without_template(read_yaml(self.tree.read(path)))
            except Unreadable as error:
                self._yaml[path] = error
        return self._yaml[path]

    def env(self, path: str, form: str = "") -> EnvFile | Unreadable:
        if (path, form) not in self._env:
            try:
                self._env[path, form] = parse_env_file(self.tree.read(path), form)
            except Unreadable as error:
                self._env[path, form] = error
        return self._env[path, form]


def _without_template(file: YamlFile) -> YamlFile:
    """A file that is no YAML because another tool fills it in first is no broken one."""
    problems = []
    for problem in file.problems:
        if problem.code == "syntax" and any(sign in file.source.text for sign in _TEMPLATE):
            message = "it is a template that another tool fills in; it is not read"
            problem = Problem("template", message, problem.span)
        elif problem.code == "duplicate-key":
            problem = Problem(problem.code, problem.message, problem.span, fatal=True)  # compose refuses them
        problems.append(problem)
    is_template = any(problem.code == "template" for problem in problems)
    return YamlFile(file.source, () if is_template or file.is_broken else file.documents, tuple(problems))


@dataclass(slots=True)
class Loading:
    """One stack while it is put together. `variables`: what is put in, the user's own before `.env`.

    `folder`: where the paths of its own files start.
    """

    files: Files
    variables: dict[str, Value]
    folder: str
    sources: dict[str, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    extended: set[str] = field(default_factory=set)  # other files that were included or extended
    _bases: dict[str, Table] = field(default_factory=dict)
    _read: int = 0
    _merged: int = 0

    def stack(self, paths: Sequence[str]) -> Table | None:
        """The whole of some files, later ones over earlier ones; None when none can be read."""
        found: Table | None = None
        for path in paths:
            for table in self._file(path, Reading(merged_lookup(self.variables), self.folder), (path,)):
                found = table if found is None else _laid_over(found, table)
        return found

    def add_env_file(self, path: str, variables: Mapping[str, Value]) -> dict[str, Value]:
        """The variables of a `.env` file of the project, `variables` before them; empty when there is none."""
        if not self.files.tree.is_file(path):
            return {}
        file = self.files.env(path)
        if isinstance(file, Unreadable):
            return {}
        self.note_env(file)
        values, problems = env_values(file, merged_lookup(variables))
        self.problems.extend(problems)
        return values

    def note_env(self, file: EnvFile) -> None:
        if file.source.path not in self.sources:
            self.sources[file.source.path] = file.source
            self.problems.extend(file.problems)

    def documents(self) -> tuple[Document, ...]:
        """Every file that was read, each with its problems."""
        own: dict[str, list[Problem]] = {path: [] for path in self.sources}
        for problem in dict.fromkeys(self.problems):
            own.setdefault(problem.span.path, []).append(problem)
        return tuple(Document(_kind(path), source, problems=tuple(own[path])) for path, source in self.sources.items())

    def _file(self, path: str, reading: Reading, chain: tuple[str, ...]) -> Iterator[Table]:
        """The documents of a file, with what they include and extend."""
        for table in self._tables(path, reading):
            whole = self._included(table, reading, chain)
            services = whole.table("services")
            if services is not None:
                entries = {name: self._extended(name, services, path, ()) for name in services.entries}
                done = Table({k: v for k, v in entries.items() if v is not None}, services.keys, services.span)
                whole = whole.having("services", done)
            yield whole
        self.problems.extend(reading.problems)

    def _tables(self, path: str, reading: Reading) -> list[Table]:
        file = self.files.yaml(path)
        if isinstance(file, Unreadable):
            return []
        if path not in self.sources:
            self.sources[path] = file.source
            self.problems.extend(file.problems)
        tables = []
        for node in file.documents:
            if isinstance(node, MappingNode):
                self.files.spent += sum(weight_of(pair.value) for pair in read_sections(node).values())
                if self.files.spent > _MOST_NODES:
                    message = f"the compose files of this project come to more than {_MOST_NODES} values"
                    self._problem("too-large", message, file.source.span(0, 0))
                    return []
                tables.append(_modern(reading.sections(node)))
        return tables

    def _included(self, table: Table, reading: Reading, chain: tuple[str, ...]) -> Table:
        """The table laid over what it includes."""
        found: Table | None = None
        for item in table.listed("include"):
            for path, inner in self._inclusions(item, reading):
                if path in chain or len(chain) > _MOST_DEPTH:
                    self._problem("cycle", "this file includes itself, directly or not", item.span)
                    continue
                if not self._may_read(path, item.span):
                    continue
                for table_of_part in self._file(path, inner, (*chain, path)):
                    part = _with_contexts(table_of_part, inner.folder)
                    found = part if found is None else _laid_over(found, part)
        return table if found is None else _laid_over(found, table)

    def _inclusions(self, item: Item, reading: Reading) -> Iterator[tuple[str, Reading]]:
        """The paths of one item of `include`, and how those files are read."""
        if isinstance(item, Leaf):
            leaves, folder, env_files = [item], None, None
        elif isinstance(item, Table):
            at = item.entries.get("path")
            parts = at.items if isinstance(at, Listing) else (at,)
            leaves = [leaf for leaf in parts if isinstance(leaf, Leaf)]
            folder, env_files = item.leaf("project_directory"), item.entries.get("env_file")
        else:
            return
        inner: Reading | None = None
        for leaf in leaves:
            path = self.locate(leaf)
            if path is None:
                continue
            if inner is None:
                home = self.locate(folder) if folder is not None else posixpath.dirname(path)
                inner = Reading(self._lookup(reading, home or "", env_files), home or "")
            yield path, inner

    def _lookup(self, reading: Reading, folder: str, env_files: Item | None) -> _Lookup:
        """The variables of an included file: those of the one that includes it, then its own env files'."""
        parts = env_files.items if isinstance(env_files, Listing) else (env_files,) if env_files is not None else ()
        paths = [self.locate(part) for part in parts if isinstance(part, Leaf)]
        values: dict[str, Value] = {}
        for path in paths or [posixpath.join(folder, ".env")]:
            if path is not None:
                values.update(self.add_env_file(path, {**values, **self.variables}))
        return _Lookup(reading, values)

    def _extended(self, name: str, services: Table, path: str, chain: tuple[tuple[str, str], ...]) -> Item | None:
        """A service laid over the one it extends, if it does."""
        service = services.entries[name]
        if not isinstance(service, Table) or "extends" not in service.entries:
            return service
        own = service.without("extends")
        if (path, name) in chain or len(chain) > _MOST_DEPTH:
            self._problem("cycle", "this service extends itself, directly or not", service.keys["extends"])
            return own
        reference = service.entries["extends"]
        base = self._base(reference, services, path, (*chain, (path, name)))
        if base is None:
            return own
        self._merged += len(base.entries) + len(own.entries) if isinstance(base, Table) else 0
        if self._merged > _MOST_MERGED:
            self._problem("too-large", f"what is extended comes to more than {_MOST_MERGED} entries", reference.span)
            return own
        return merge_service(base, own)

    def _base(self, reference: Item, services: Table, path: str, chain: tuple[tuple[str, str], ...]) -> Item | None:
        """The service that `extends` names, itself extended."""
        if isinstance(reference, Leaf):
            wanted, file = reference, None
        elif isinstance(reference, Table):
            wanted_leaf, file = reference.leaf("service"), reference.leaf("file")
            if wanted_leaf is None:
                return None
            wanted = wanted_leaf
        else:
            return None
        if file is not None:
            other = self.locate(file)
            if other is None or not self._may_read(other, file.span):
                return None
            services, path = self._bases_of(other, file.span), other
        name = wanted.exact
        if name is None or name not in services.entries:
            if name is not None and (file is None or path in self.sources):
                self._problem("syntax", "there is no service of this name to extend", wanted.span, fatal=True)
            return None
        return self._extended(name, services, path, chain)

    def _bases_of(self, path: str, span: Span) -> Table:
        """The services of another file, as they stand there."""
        if path not in self._bases:
            reading = Reading(merged_lookup(self.variables), posixpath.dirname(path))
            found = [table.table("services") for table in self._tables(path, reading)]
            self.problems.extend(reading.problems)
            self._bases[path] = next((table for table in found if table is not None), Table({}, {}, span))
        return self._bases[path]

    def _may_read(self, path: str, span: Span) -> bool:
        """Whether another file is there to be read; says so where it is not."""
        self.extended.add(path)
        file = self.files.yaml(path)
        if isinstance(file, Unreadable):
            code = "unreadable" if file.code == "missing" else file.code
            self._problem(code, f"this file cannot be read: {file}", span)
            return False
        self._read += 0 if path in self._bases else len(file.source.text) + _MOST_READ // _MOST_READS
        if self._read > _MOST_READ or len(self.extended) > _MOST_FILES:
            self._problem("too-large", "too much is included or extended; it is not read any further", span)
            return False
        return True

    def locate(self, leaf: Leaf) -> str | None:
        """The project-relative path that a text names; None (with a problem) when it lies outside or is not known."""
        text = leaf.exact
        if text is None or "://" in text or text.startswith("~"):
            return None
        path = self.files.tree.locate(text, leaf.folder)
        if path is None:
            self._problem("outside-project", "this lies outside the project and is not read", leaf.span)
        return path

    def locate_quietly(self, text: str | None, folder: str) -> str | None:
        """The same for what is mounted: half of it lies on the host, and that is nothing to speak of."""
        return self.files.tree.locate(text, folder) if text and "://" not in text and text[0] != "~" else None

    def _problem(self, code: str, message: str, span: Span, *, fatal: bool = False) -> None:
        self.problems.append(Problem(code, message, span, fatal))


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The variables of an outer file before those of an included one."""

    outer: Reading
    own: Mapping[str, Value]

    def __call__(self, name: str) -> Value | None:
        value = self.outer.lookup(name)
        return value if value is not None else self.own.get(name)


def _kind(path: str) -> str:
    return "compose" if path.endswith((".yml", ".yaml")) else "env"


def _modern(table: Table) -> Table:
    """A file of docker-compose 1's first format, whose services stand at the top, as one with `services`."""
    if "services" in table.entries or "include" in table.entries:
        return table
    services: dict[str, Item] = {
        name: item
        for name, item in table.entries.items()
        if isinstance(item, Table) and not {"image", "build", "extends"}.isdisjoint(item.entries)
    }
    if not services:
        return table
    return Table({"services": Table(services, table.keys, table.span)}, {"services": table.span}, table.span)


def _with_contexts(table: Table, folder: str) -> Table:
    """A build without a context has the folder of the file that is included, not of the one that includes it."""
    services = table.table("services")
    if services is None:
        return table
    entries: dict[str, Item] = {}
    for name, service in services.entries.items():
        build = service.table("build") if isinstance(service, Table) else None
        if isinstance(service, Table) and build is not None and "context" not in build.entries:
            here = Leaf(Word.of(Text.placed(".", build.span)), build.span, folder)
            whole = build.having("context", here)
            service = service.having("build", whole)
        entries[name] = service
    return table.having("services", Table(entries, services.keys, services.span))


def _laid_over(base: Table, over: Table) -> Table:
    entries = {**base.entries, **over.entries}
    for section in _SECTIONS:
        one, other = base.table(section), over.table(section)
        if one is not None and other is not None:
            merge = merge_services if section == "services" else merge_sections
            entries[section] = merge(one, other)
        elif one is not None:
            entries[section] = one
    return Table(entries, {**base.keys, **over.keys}, over.span)
