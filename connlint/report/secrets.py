"""The secrets that reading a project has met, collected so that nothing printed repeats them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from connlint.report.model import Report
from connlint.report.redact import Redactor, looks_secret, printable_database_key
from connlint.value import Value

_DEEPEST = 6


def redactor(*reports: Report) -> Redactor:
    """The final net for everything printed about these reports."""
    secrets = {secret for report in reports for secret in (*report.secrets, *_secrets(report))}
    return Redactor(secrets, (name for report in reports for name in _public(report)))


def _secrets(report: Report) -> Iterator[str]:
    modules = [*report.modules, *(module for deployment in report.deployments for module in deployment.modules)]
    for module in modules:
        for database in module.databases.values():
            for key, value in database.settings.items():
                if not printable_database_key(key) and (looks_secret(key) or key == "USER"):
                    yield from _strings(value)
        yield from _of_settings(module.names)
    documents = [*report.documents, *(document for d in report.deployments for document in d.documents)]
    for document in documents:
        for settings in (document.settings, *document.groups.values()):
            yield from _of_settings(settings)
        yield from (e.value for e in document.entries if e.value and looks_secret(e.key) and len(e.value) < 500)


def _of_settings(settings: Mapping[str, Value]) -> Iterator[str]:
    for key, value in settings.items():
        if looks_secret(key):
            yield from _strings(value)


def _strings(value: Value) -> Iterator[str]:
    for alternative in value.alternatives:
        for text in _texts(alternative, _DEEPEST):
            yield text
            yield quote(text, safe="")


def _texts(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) < 5000:
            yield value
    elif isinstance(value, bytes):
        yield value[:5000].decode("utf-8", "replace")
    elif isinstance(value, Mapping) and depth:
        for each in value.values():
            yield from _texts(each, depth - 1)
    elif isinstance(value, (list, tuple, set, frozenset)) and depth:
        for each in value:
            yield from _texts(each, depth - 1)


def _public(report: Report) -> Iterator[str]:
    """Names a report must print anyway; a password that equals one gives nothing away by it."""
    paths = [document.path for document in report.documents]
    for module in report.modules:
        paths.append(module.path)
        yield from module.name.split(".")
        yield from module.databases
        for database in module.databases.values():
            host = database.settings.get("HOST")
            yield from (a for a in (host.alternatives if host else ()) if isinstance(a, str) and "@" not in a)
    for deployment in report.deployments:
        paths.append(deployment.name)
        yield from (group.name for group in deployment.groups)
        yield from (pooler.name for pooler in deployment.poolers)
        yield from (server.name for server in deployment.servers)
    for path in paths:
        yield from path.replace(".", "/").replace("-", "/").replace("_", "/").split("/")
        yield from path.split("/")
