"""Read each config file with the reader of its kind; a reader is imported only when a file needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connlint.deployment.model import Engine
from connlint.deployment.servers import product_behind
from connlint.facts import Version
from connlint.formats.document import Document, Problem
from connlint.formats.packages.versions import Packages
from connlint.project.configuration import Configuration
from connlint.project.discovery import Inventory
from connlint.project.tree import Given, Tree, Unreadable
from connlint.source import Source
from connlint.value import Value

_KINDS = ("gunicorn", "uwsgi", "pgbouncer", "postgresql", "mysql")


def read_documents(
    tree: Tree, inventory: Inventory, configuration: Configuration, versions: Mapping[str, Value]
) -> Iterator[Document]:
    """Every config file of the inventory; one that cannot be read is a document with that problem."""
    for kind in _KINDS:
        for path in getattr(inventory, kind):
            try:
                source = tree.read(path)
            except Unreadable as error:
                nothing = Source(path, "")
                yield Document(kind, nothing, problems=(Problem(error.code, str(error), nothing.span(0, 0)),))
            else:
                yield tree.recall(_read, kind, source, Given(configuration.env), configuration.cpus, Given(versions))


def unread_documents(inventory: Inventory, packages: Packages) -> Iterator[Document]:
    """A document for each further file that could not be read: to tell what it is, or what it installs."""
    known = {path for kind in _KINDS for path in getattr(inventory, kind)}
    for path, reason in inventory.unread:
        if path not in known:
            nothing = Source(path, "")
            yield Document("unread", nothing, problems=(Problem("unreadable", reason, nothing.span(0, 0)),))
    for problem in packages.problems:
        yield Document("requirements", problem.span.source, problems=(problem,))


def version_of(versions: Mapping[str, Value], name: str) -> Version | None:
    """The version of a product when it is known exactly."""
    value = versions.get(name)
    return Version.parse(str(value.only)) if value is not None and value.is_exact else None


def _read(
    tree: Tree,
    kind: str,
    source: Source,
    environment: Given[Mapping[str, Value]],
    cpus: Value,
    stated: Given[Mapping[str, Value]],
) -> Document:
    env, versions = environment.it, stated.it
    if kind == "gunicorn":
        from connlint.python.gunicorn import evaluate_gunicorn

        return evaluate_gunicorn(tree, source.path, environment=env, cpus=cpus)
    if kind == "uwsgi":
        from connlint.formats.uwsgi.reader import read_uwsgi

        return read_uwsgi(source, tree, environment=env, cpus=cpus)
    if kind == "pgbouncer":
        from connlint.formats.pgbouncer.reader import read_pgbouncer

        return read_pgbouncer(source, tree, version=version_of(versions, kind))
    if kind == "postgresql":
        from connlint.formats.postgresql.reader import read_postgresql

        return read_postgresql(source, tree, version=version_of(versions, kind))
    from connlint.formats.mysql.reader import read_mysql

    if product_behind(Engine.MYSQL, versions) == "mariadb":
        return read_mysql(source, tree, version=version_of(versions, "mariadb"), server="mariadb")
    return read_mysql(source, tree, version=version_of(versions, "mysql"), server="mysql")
