"""PgCat, Odyssey, Pgpool-II and ProxySQL in containers: by the file that is mounted, else by nothing that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from connlint.deployment.containers.recognising import Running
from connlint.deployment.containers.stated import typed
from connlint.deployment.model import Engine, Pooler
from connlint.facts import product
from connlint.formats.document import Document
from connlint.value import Origin, Value

KINDS: Final = ("pgcat", "odyssey", "pgpool", "proxysql")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_NODE: Final = re.compile(r"\s*\d+:(?P<host>[^:,;]+)(?::(?P<port>\d{1,5}))?")  # 0:host:port:...


def pooler(running: Running) -> Pooler:
    """The pooler of one of `KINDS` that a container runs; without a file that can be read, nothing of it is known."""
    kind, service = running.facts.product, running.service
    document = _document(running)
    settings = dict(document.settings) if document is not None else _variables(running)
    databases = _section(document, "databases.") if document is not None else _backend(running)
    if document is None and not running.facts.settings:
        for key in product(kind).settings:
            settings[key] = Value.unknown(f"{key} of {service.name} is not known: its file is not in the repository")
    return Pooler(
        name=service.name,
        kind=kind,
        document=document,
        settings=settings,
        databases=databases,
        users=_section(document, "users."),
        instances=service.replicas,
        serves=Engine.MYSQL if kind == "proxysql" else Engine.POSTGRESQL,
        hosts=frozenset(host.lower() for host in service.names | {service.name}),
        span=service.span,
        ports=service.ports,
        told=True,
    )


def _document(running: Running) -> Document | None:
    """The file the command names, else the one at the image's own place."""
    words = [word.exact for word in running.arguments if word.exact is not None]
    named = [word for word in words if "/" in word and not word.startswith("-")]
    for path in (*named, *running.facts.files):
        source = running.container.text(path)
        if source is not None:
            kind = running.facts.product
            read = getattr(import_module(f"connlint.formats.poolers.{kind}"), f"read_{kind}")
            document: Document = read(source)
            return document
    return None


def _section(document: Document | None, prefix: str) -> dict[str, Mapping[str, Value]]:
    groups = document.groups.items() if document is not None else ()
    return {name.removeprefix(prefix): values for name, values in groups if name.startswith(prefix)}


def _variables(running: Running) -> dict[str, Value]:
    """What the variables of the image state; each of its processes serves one client (Pgpool-II)."""
    found = {}
    for key, names in running.facts.settings.items():
        given = running.variable(names)
        if given is None and key in running.facts.defaults:
            given = Value.exact(running.facts.defaults[key], Origin.default("default of the image"))
        if given is not None:
            found[key] = typed(given, _number, f"{key} is not a whole number")
    if "max_client_conn" in found:
        found["default_pool_size"] = found["max_client_conn"]
    return found


def _number(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text) else None


def _backend(running: Running) -> dict[str, Mapping[str, Value]]:
    """The first of the nodes in a variable, which stands for all of them."""
    nodes = running.variable(running.facts.entry.get("nodes", ()))
    if nodes is None:
        return {}
    if not nodes.is_exact:
        return {"*": {"host": Value.unknown(nodes.reason or "its nodes are not known", *nodes.origins)}}
    found = _NODE.match(str(nodes.only))
    if found is None:
        return {}
    port = Value.exact(int(found["port"] or 5432), *nodes.origins)
    return {"*": {"host": Value.exact(found["host"], *nodes.origins), "port": port}}
