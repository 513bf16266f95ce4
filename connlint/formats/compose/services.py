"""Makes services of the tables that compose files come to: command, environment, image, replicas, names, role.

Source: the Compose specification and compose-go 2 (types/). What it says of swarm is of docker/cli's stack deploy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connlint.formats.compose.dotenv import env_values, merged_lookup
from connlint.formats.compose.interpolation import Lookup, unset
from connlint.formats.compose.loading import Loading
from connlint.formats.compose.model import Item, Leaf, Listing, Table, pairs_of
from connlint.formats.compose.mounts import attached, ports_of, volumes
from connlint.formats.compose.shellwords import InvalidCommand, split_words
from connlint.formats.document import Problem
from connlint.formats.services import ONE, Build, Role, Service
from connlint.formats.words import Command, Word
from connlint.project.tree import Unreadable
from connlint.source import Span
from connlint.value import Origin, Value

_MOST_SERVICES: Final = 1000
_MOST_VARIABLES: Final = 50_000  # of all services of a stack
_STOPS_FIRST: Final = Value.exact(0, Origin.default("compose stops a container before it starts the new one"))


def services_of(loading: Loading, stack: Table) -> tuple[Service, ...]:
    """The services of a stack, in the order of its files."""
    table = stack.table("services")
    if table is None:
        return ()
    tables = {name: item for name, item in table.entries.items() if isinstance(item, Table)}
    if len(tables) > _MOST_SERVICES:
        message = f"there are more than {_MOST_SERVICES} services; the rest is not read"
        loading.problems.append(Problem("too-large", message, table.span))
        tables = dict(list(tables.items())[:_MOST_SERVICES])
    profiles = _profiles(loading.variables)
    release = set(_completed(tables, profiles))
    aliases = _links(tables)
    reader = _Reader(loading, stack)
    return tuple(
        reader.service(name, item, table.keys[name], _role(name, item, profiles, release), aliases.get(name, ()))
        for name, item in tables.items()
    )


class _Reader:
    def __init__(self, loading: Loading, stack: Table) -> None:
        self._loading = loading
        self._stack = stack
        self._variables = 0

    def service(self, name: str, item: Table, span: Span, role: Role, aliases: Iterable[str]) -> Service:
        entrypoint = self._command(item.entries.get("entrypoint"))
        command = self._command(item.entries.get("command"))
        image, build = item.leaf("image"), self._build(item.entries.get("build"))
        environment, elsewhere = self._environment(item)
        mounts = volumes(item, self._loading)
        files, given = attached(item, self._stack, self._loading)
        directory = item.leaf("working_dir")
        replicas = _replicas(item)
        return Service(
            name=name,
            span=span,
            command=None if command is not None and command.is_empty else command,  # docker takes the image's then
            entrypoint=entrypoint,
            environment=environment,
            elsewhere=elsewhere,
            image=image.word.value if image is not None else _unknown_image(item, build),
            build=build,
            replicas=replicas,
            surge=_surge(item, replicas),
            role=role,
            names=frozenset({name, *_names(item), *aliases}),
            ports=ports_of(item),
            mounts=(*mounts, *given),
            files=files,
            directory=directory.exact if directory is not None else None,
            extra=_extra(item),
        )

    def _command(self, item: Item | None) -> Command | None:
        """The words of `command` or `entrypoint`; None where nothing is stated, or null."""
        if isinstance(item, Listing):
            return Command(item.span, tuple(leaf.word for leaf in item.items if isinstance(leaf, Leaf)))
        if not isinstance(item, Leaf) or item.is_null:
            return None
        try:
            return Command(item.word.span, split_words(item.word))
        except InvalidCommand as error:
            self._loading.problems.append(Problem("syntax", str(error), item.span, fatal=True))
            unknown = Value.unknown("this command is not valid", Origin.at(item.word.span))
            return Command(item.word.span, (Word((unknown,), item.word.span, loose=True),))

    def _build(self, item: Item | None) -> Build | None:
        if isinstance(item, Leaf) and not item.is_null:
            item = Table({"context": item}, {"context": item.span}, item.span)
        if not isinstance(item, Table):
            return None
        context = item.leaf("context")
        folder = self._loading.locate(context) if context is not None else self._loading.folder
        file, target, inline = item.leaf("dockerfile"), item.leaf("target"), item.leaf("dockerfile_inline")
        name = file.exact if file is not None else "Dockerfile"
        if folder is None or name is None:
            return None
        path = self._loading.files.tree.locate(name, folder)
        if path is None:
            return None
        arguments = {
            key: word.value if word is not None else self._from_shell(key, span)
            for key, word, span in pairs_of(item.entries.get("args"))
        }
        return Build(
            context=folder,
            dockerfile=path,
            target=(target.exact or "") if target is not None else "",
            arguments=arguments,
            span=item.span,
            inline=inline.word.span if inline is not None else None,
        )

    def _from_shell(self, name: str, span: Span) -> Value:
        value = self._loading.variables.get(name)
        return unset(name, span) if value is None else value.because(Origin.at(span))

    def _environment(self, item: Table) -> tuple[Mapping[str, Value], tuple[tuple[Span, str], ...]]:
        """The variables of a service: those of its env files, with `environment` over them."""
        own: dict[str, Value] = {}
        stated = item.entries.get("environment")
        if isinstance(stated, (Table, Listing)) and not self._may_take(stated):
            return {}, ((stated.span, "the stack has too many variables"),)
        for name, word, span in pairs_of(stated):
            own[name] = word.value if word is not None else self._from_shell(name, span)
        found: dict[str, Value] = {}
        elsewhere: list[tuple[Span, str]] = []
        for leaf, form in _env_files(item.entries.get("env_file")):
            values = self._env_file(leaf, form, merged_lookup(self._loading.variables, own), found)
            if values is None:
                path = leaf.exact
                reason = "which env file is read is not known" if path is None else f"{path} is not in the repository"
                elsewhere.append((leaf.span, reason))
            else:
                found.update(values)
        return {**found, **own}, tuple(elsewhere)

    def _may_take(self, stated: Table | Listing) -> bool:
        """Whether these variables are read; says so where they are not."""
        before = self._variables
        self._variables += len(stated.entries if isinstance(stated, Table) else stated.items)
        if before <= _MOST_VARIABLES < self._variables:
            message = f"the services have more than {_MOST_VARIABLES} variables; the rest is not read"
            self._loading.problems.append(Problem("too-large", message, stated.span))
        return self._variables <= _MOST_VARIABLES

    def _env_file(self, leaf: Leaf, form: str, lookup: Lookup, before: Mapping[str, Value]) -> dict[str, Value] | None:
        loading = self._loading
        path = loading.locate(leaf)
        if path is None or not loading.files.tree.names_file(path):
            return None
        file = loading.files.env(path, form)
        if isinstance(file, Unreadable):
            message = f"the env_file {path} cannot be read: {file}"
            loading.problems.append(Problem("missing", message, leaf.span))
        self._variables += 0 if isinstance(file, Unreadable) else len(file.assignments)
        if isinstance(file, Unreadable) or self._variables > _MOST_VARIABLES:
            return None
        loading.note_env(file)
        values, problems = env_values(file, lookup, before)
        loading.problems.extend(problems)
        return values


def _unknown_image(item: Table, build: Build | None) -> Value | None:
    """That an image is built, though nobody can tell where from."""
    stated = item.entries.get("build")
    if build is not None or stated is None or (isinstance(stated, Leaf) and stated.is_null):
        return None
    return Value.unknown("where its image is built from is not known", Origin.at(stated.span))


def _env_files(item: Item | None) -> Iterator[tuple[Leaf, str]]:
    """The paths of `env_file`, each with its format; one that is named again stays in its first place."""
    found: dict[object, tuple[Leaf, str]] = {}
    for index, part in enumerate(item.items if isinstance(item, Listing) else (item,)):
        path, form = part, None
        if isinstance(part, Table):
            path, form = part.leaf("path"), part.leaf("format")
        if isinstance(path, Leaf) and not path.is_null:
            key = (path.folder, path.exact) if path.exact is not None else index
            found[key] = path, (form.exact or "") if form is not None else ""
    yield from found.values()


def _profiles(variables: Mapping[str, Value]) -> frozenset[str]:
    chosen = variables.get("COMPOSE_PROFILES")
    text = str(chosen.only) if chosen is not None and chosen.is_exact else ""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _is_enabled(item: Table, profiles: frozenset[str]) -> bool:
    own = [leaf.exact for leaf in item.listed("profiles") if isinstance(leaf, Leaf)]
    return not own or "*" in profiles or not profiles.isdisjoint(name for name in own if name is not None)


def _completed(tables: Mapping[str, Table], profiles: frozenset[str]) -> Iterator[str]:
    """The services that another one waits for until they have ended."""
    for item in tables.values():
        depends = item.table("depends_on")
        if depends is None or not _is_enabled(item, profiles):
            continue
        for name in depends.entries:
            needed = depends.table(name)
            condition = needed.leaf("condition") if needed is not None else None
            if condition is not None and condition.exact == "service_completed_successfully":
                yield name


def _role(name: str, item: Table, profiles: frozenset[str], release: set[str]) -> Role:
    if not _is_enabled(item, profiles):
        return Role.ONCE
    mode = _at(item, "deploy", "mode")
    is_job = mode is not None and (mode.exact or "").endswith("-job")
    return Role.RELEASE if name in release or is_job else Role.SERVICE


def _at(item: Table, *names: str) -> Leaf | None:
    """The scalar at a path of keys."""
    found: Table | None = item
    for name in names[:-1]:
        found = found.table(name) if found is not None else None
    return found.leaf(names[-1]) if found is not None else None


def _replicas(item: Table) -> Value:
    mode = _at(item, "deploy", "mode")
    if mode is not None and (mode.exact is None or mode.exact.startswith("global")):
        reason = "one runs on each node of the swarm" if mode.exact else "how it is spread over nodes is not known"
        return Value.unknown(reason, Origin.at(mode.word.span))
    leaf = item.leaf("scale") or _at(item, "deploy", "replicas")
    return ONE if leaf is None else _number(leaf)


def _number(leaf: Leaf) -> Value:
    """A text as a count: of the origins of the text."""
    value = leaf.word.value
    if value.is_unknown:
        return Value.unknown(value.reason, *value.origins)
    try:
        return Value.choice([int(str(text).strip()) for text in value.alternatives], *value.origins)
    except ValueError:
        return Value.unknown("it is not a number", *value.origins)


def _surge(item: Table, replicas: Value) -> Value | None:
    """How many more run during an update: `parallelism` with `order: start-first`, else none."""
    order = _at(item, "deploy", "update_config", "order")
    if order is None or order.exact == "stop-first":
        return _STOPS_FIRST if order is None else Value.exact(0, Origin.at(order.word.span))
    if order.exact != "start-first":
        return None
    at_once = _at(item, "deploy", "update_config", "parallelism")
    count = Value.exact(1, Origin.at(order.word.span, "start-first")) if at_once is None else _number(at_once)
    if count.is_exact and count.only == 0:  # all at once
        return replicas.because(*count.origins)
    return count.because(Origin.at(order.word.span)).at_most(replicas)


def _extra(item: Table) -> dict[str, Value]:
    leaf = _at(item, "deploy", "resources", "limits", "cpus") or item.leaf("cpus")
    if leaf is None:
        return {}
    value = leaf.word.value
    if not value.is_exact:
        return {"cpus": Value.unknown(value.reason or "it has several values", *value.origins)}
    try:
        cpus = float(str(value.only))
    except ValueError:
        return {"cpus": Value.unknown("it is not a number", *value.origins)}
    return {"cpus": Value.exact(cpus, *value.origins)} if cpus > 0 else {}


def _names(item: Table) -> Iterator[str]:
    """Hosts under which others reach the service, besides its own name."""
    for key in ("container_name", "hostname"):
        leaf = item.leaf(key)
        if leaf is not None and leaf.exact:
            yield leaf.exact
    networks = item.table("networks")
    for name in networks.entries if networks is not None else ():
        network = networks.table(name) if networks is not None else None
        for alias in network.listed("aliases") if network is not None else ():
            if isinstance(alias, Leaf) and alias.exact:
                yield alias.exact


def _links(tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """Other names that `links: ["db:database"]` gives to a service."""
    found: dict[str, list[str]] = {}
    for item in tables.values():
        for leaf in item.listed("links"):
            text = leaf.exact if isinstance(leaf, Leaf) else None
            name, colon, alias = (text or "").partition(":")
            if colon and alias and name in tables:
                found.setdefault(name, []).append(alias)
    return found
