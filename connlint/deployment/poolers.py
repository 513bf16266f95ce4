"""The poolers a deployment speaks of: PgBouncer by its file, managed ones by declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connlint.deployment import demand
from connlint.deployment.model import Engine, Pooler
from connlint.deployment.readers import version_of
from connlint.formats.document import Document
from connlint.project.configuration import DeclaredPooler
from connlint.value import Value


def poolers(
    documents: Sequence[Document], declared: Mapping[str, DeclaredPooler], versions: Mapping[str, Value]
) -> tuple[Pooler, ...]:
    """One pooler per pgbouncer.ini, with what is declared of it; declared ones without a file after them."""
    files = [document for document in documents if document.kind == "pgbouncer"]
    found = []
    taken = set()
    for document in files:
        name, said = _declaration(document, declared, len(files))
        taken.add(name)
        found.append(_pooler(name or _name(document, files), document, said, versions))
    found += [_pooler(name, None, said, versions) for name, said in declared.items() if name not in taken]
    return tuple(found)


def _pooler(name: str, document: Document | None, said: DeclaredPooler | None, versions: Mapping[str, Value]) -> Pooler:
    kind = str(said.kind.only) if said is not None and said.kind is not None else "pgbouncer"
    settings = dict(document.settings) if document is not None else {}
    hosts: frozenset[str] = frozenset()
    if said is not None:
        settings.update(said.settings)
        if said.host is not None:
            hosts = frozenset({str(said.host.only).lower()})
    return Pooler(
        name=name,
        kind=kind,
        document=document,
        settings=settings,
        databases=_group(document, "databases."),
        users=_group(document, "users."),
        instances=said.instances if said is not None and said.instances is not None else demand.one("one instance"),
        serves=Engine.POSTGRESQL,
        hosts=hosts,
        version=version_of(versions, kind),
        span=document.source.span(0, 0) if document is not None else None,
    )


def _group(document: Document | None, prefix: str) -> dict[str, Mapping[str, Value]]:
    groups = document.groups.items() if document is not None else ()
    return {name.removeprefix(prefix): values for name, values in groups if name.startswith(prefix)}


def _declaration(
    document: Document, declared: Mapping[str, DeclaredPooler], files: int
) -> tuple[str, DeclaredPooler | None]:
    """The declared pooler that names this file, or the only one that names none when there is one file."""
    for name, said in declared.items():
        if said.config is not None and said.config.only == document.path:
            return name, said
    loose = [(name, said) for name, said in declared.items() if said.config is None and said.host is None]
    return loose[0] if files == 1 and len(loose) == 1 else ("", None)


def _name(document: Document, files: Sequence[Document]) -> str:
    return "pgbouncer" if len(files) == 1 else document.path
