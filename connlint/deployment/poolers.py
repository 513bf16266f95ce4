"""The poolers a deployment speaks of: PgBouncer by its file, managed ones by declaration or by their host name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.deployment import demand
from connlint.deployment.managed import KINDS, hosts_of, managed_poolers
from connlint.deployment.model import Database, Engine, Pooler
from connlint.deployment.readers import version_of
from connlint.formats.document import Document
from connlint.project.configuration import Configuration, DeclaredPooler
from connlint.records import replace
from connlint.source import Span
from connlint.value import Value

_MAIN: Final = re.compile(r"^[ \t]*(\[pgbouncer\])", re.MULTILINE)


def poolers(
    documents: Sequence[Document],
    configuration: Configuration,
    versions: Mapping[str, Value],
    databases: Sequence[Database],
    containers: Sequence[Pooler] = (),
) -> tuple[Pooler, ...]:
    """The poolers that run in containers, then one per pgbouncer.ini that none of these uses, each with what is declared
    of it; then declared ones without a file, then those that the hosts of `databases` name.
    """
    declared = configuration.poolers
    used = {pooler.document.path for pooler in containers if pooler.document is not None}
    files = [document for document in pgbouncer_files(documents) if document.path not in used]
    found = [_declared(pooler, declared, len(containers) + len(files) == 1) for pooler in containers]
    taken = {pooler.name for pooler in found}
    for document in files:
        name, said = _declaration(document, declared, files)
        taken.add(name)
        found.append(_pooler(name or _name(document, files), document, said, versions, databases))
    found += [_pooler(name, None, said, versions, databases) for name, said in declared.items() if name not in taken]
    return (*found, *managed_poolers(databases, found, configuration.servers))


def pgbouncer_files(documents: Sequence[Document]) -> list[Document]:
    """The files PgBouncer is started with: not those that another one includes."""
    files = [document for document in documents if document.kind == "pgbouncer"]
    included = {entry.span.path for document in files for entry in document.entries if entry.span.path != document.path}
    return [document for document in files if document.path not in included]


def _pooler(
    name: str,
    document: Document | None,
    said: DeclaredPooler | None,
    versions: Mapping[str, Value],
    databases: Sequence[Database],
) -> Pooler:
    named = name if document is None and name in KINDS else "pgbouncer"  # [poolers.supavisor] needs no kind
    kind = str(said.kind.only) if said is not None and said.kind is not None else named
    settings = dict(document.settings) if document is not None else {}
    hosts: frozenset[str] = frozenset()
    if said is not None:
        settings.update(said.settings)
        if said.host is not None:
            hosts = frozenset({str(said.host.only).lower()})
        elif kind in KINDS:
            hosts = hosts_of(kind, databases)
    return Pooler(
        name=name,
        kind=kind,
        document=document,
        settings=settings,
        databases=_group(document, "databases."),
        users=_group(document, "users."),
        instances=said.instances if said is not None and said.instances is not None else demand.one("one instance"),
        serves=_engine(kind, hosts, databases),
        hosts=hosts,
        version=version_of(versions, kind),
        span=_opening(document) if document is not None else None,
    )


def _declared(pooler: Pooler, declared: Mapping[str, DeclaredPooler], alone: bool) -> Pooler:
    """A pooler in a container with what is declared of one called so, or of the only one where it is the only one, too."""
    said, name = declared.get(pooler.name), pooler.name
    loose = [(name, each) for name, each in declared.items() if each.config is None and each.host is None]
    if said is None and alone and len(loose) == 1:
        name, said = loose[0]
    if said is None:
        return pooler
    settings = {**pooler.settings, **said.settings}
    instances = pooler.instances if said.instances is None else said.instances
    hosts = pooler.hosts if said.host is None else pooler.hosts | {str(said.host.only).lower()}
    return replace(pooler, name=name, settings=settings, instances=instances, hosts=hosts)


def _engine(kind: str, hosts: frozenset[str], databases: Sequence[Database]) -> Engine:
    """What a pooler speaks: for kinds that speak both, what the aliases that connect to it do."""
    if kind == "proxysql":
        return Engine.MYSQL
    spoken = {d.engine for d in databases if d.get("HOST").ever(lambda host: str(host).lower() in hosts)}
    several = KINDS.get(kind, Engine.POSTGRESQL) is None
    return Engine.MYSQL if several and spoken == {Engine.MYSQL} else Engine.POSTGRESQL


def _opening(document: Document) -> Span:
    """The first `[pgbouncer]` of the file, or its beginning."""
    match = _MAIN.search(document.source.text)
    return document.source.span(*match.span(1)) if match is not None else document.source.span(0, 0)


def _group(document: Document | None, prefix: str) -> dict[str, Mapping[str, Value]]:
    groups = document.groups.items() if document is not None else ()
    return {name.removeprefix(prefix): values for name, values in groups if name.startswith(prefix)}


def _declaration(
    document: Document, declared: Mapping[str, DeclaredPooler], files: Sequence[Document]
) -> tuple[str, DeclaredPooler | None]:
    """The declared pooler that names this file or is called what it is called here; the only one without either
    when there is one file.
    """
    for name, said in declared.items():
        if said.config is not None and said.config.only == document.path:
            return name, said
    shown = _name(document, files)
    if shown in declared and declared[shown].config is None:
        return shown, declared[shown]
    loose = [(name, said) for name, said in declared.items() if said.config is None and said.host is None]
    return loose[0] if len(files) == 1 and len(loose) == 1 else ("", None)


def _name(document: Document, files: Sequence[Document]) -> str:
    return "pgbouncer" if len(files) == 1 else document.path
