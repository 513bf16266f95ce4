"""Which settings a listing may print, and their values: the short lists of `show`, for every product."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from connlint.deployment.model import Database, Pooler, Server, SettingsModule
from connlint.facts import Product, product
from connlint.formats.document import Document
from connlint.report.redact import Redactor, looks_secret, printable_database_key
from connlint.report.values import as_json
from connlint.value import ABSENT, Value

Listing = dict[str, dict[str, Any]]

# Settings of configuration files whose text says where or how to serve, never who may: printed as they are.
_HARMLESS: Final[Mapping[str, frozenset[str]]] = {
    "gunicorn": frozenset({"bind", "worker_class", "loglevel", "wsgi_app"}),
    "uwsgi": frozenset({"http", "http-socket", "socket", "module", "wsgi", "wsgi-file"}),
    "pgbouncer": frozenset({"listen_addr", "ignore_startup_parameters", "track_extra_parameters"}),
    "postgresql": frozenset({"listen_addresses"}),
    "mysql": frozenset({"bind_address", "bind-address"}),
}
_CONNECTION_FIELDS: Final = frozenset({"host", "port"})  # of one database of a pooler
_PLAIN = re.compile(r"[\w.:/,*@\[\]-]{0,200}\Z")


def setting_values(module: SettingsModule) -> Iterator[tuple[str, str, Value]]:
    """(alias, flattened key, value) of everything in DATABASES that may be printed."""
    for alias, database in module.databases.items():
        for key in database.settings:
            if printable_database_key(key):
                value = _present(database, key)
                if value is not None:
                    yield alias, key, value


def databases(module: SettingsModule, clean: Redactor) -> dict[str, Listing]:
    """The JSON of DATABASES: every alias, and of each the keys on the short list."""
    result: dict[str, Listing] = {alias: {} for alias in module.databases}
    for alias, key, value in setting_values(module):
        result[alias][key] = as_json(value, clean)
    return result


def _present(database: Database, key: str) -> Value | None:
    """The value of a stated key; where some branch leaves it out, Django's default stands for that one."""
    stated = database.settings[key]
    if stated.always(lambda v: v is ABSENT):
        return None
    if not stated.ever(lambda v: v is ABSENT):
        return stated
    try:
        held = database.get(key)
    except KeyError:
        return stated
    return held


def document_values(kind: str, settings: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """The settings of a configuration file that may be printed: numbers, switches, enumerations, and a few names."""
    facts = _facts(kind)
    for key, value in settings.items():
        if looks_secret(key):
            continue
        if key in _HARMLESS.get(kind, ()):
            if value.is_unknown or value.always(_harmless_text):
                yield key, value
        elif _is_figure(value) or (facts is not None and _is_enumerated(facts, key, value)):
            yield key, value


def document_listing(document: Document) -> Iterator[tuple[str, Value]]:
    """The settings of a document that may be printed; those of a pooler's databases as `databases.shop.pool_size`."""
    yield from document_values(document.kind, document.settings)
    for group, settings in document.groups.items():
        if group.startswith("databases."):
            yield from ((f"{group}.{key}", value) for key, value in _group_values(document.kind, settings))


def pooler_values(pooler: Pooler) -> Iterator[tuple[str, Value]]:
    """The settings of a pooler that may be printed, and of its databases."""
    yield from document_values(pooler.kind, pooler.settings)
    for name, settings in pooler.databases.items():
        yield from ((f"databases.{name}.{key}", value) for key, value in _group_values(pooler.kind, settings))


def server_values(server: Server) -> Iterator[tuple[str, Value]]:
    """The settings of a database server; a declaration stands where no file states the setting."""
    yield from document_values(server.engine.value, {**server.declared, **server.settings})


def as_listing(values: Iterable[tuple[str, Value]], clean: Redactor) -> Listing:
    """The JSON of settings by name."""
    return {key: as_json(value, clean) for key, value in values}


def _group_values(kind: str, settings: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    for key, value in settings.items():
        if key in _CONNECTION_FIELDS and value.always(_harmless_text):
            yield key, value
        elif key not in _CONNECTION_FIELDS:
            yield from document_values(kind, {key: value})


def _facts(kind: str) -> Product | None:
    try:
        return product(kind)
    except KeyError:
        return None


def _is_figure(value: Value) -> bool:
    """A number or a switch, or one of several."""
    if not value.alternatives:
        return not value.is_unknown
    return _all(value, lambda v: v is None or isinstance(v, (bool, int, float)))


def _is_enumerated(facts: Product, key: str, value: Value) -> bool:
    """An enumeration's word, or something unknown of a setting that holds a number, a switch or such a word."""
    setting = facts.settings.get(key)
    if setting is None:
        return False
    if value.is_unknown:
        return setting.type not in ("str", "list")
    return bool(setting.values) and _all(value, lambda v: v in setting.values)


def _all(value: Value, test: Callable[[object], bool]) -> bool:
    return all(v is ABSENT or test(v) for v in value.alternatives)


def _harmless_text(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_harmless_text(each) for each in value)
    return value is None or isinstance(value, (bool, int)) or (isinstance(value, str) and bool(_PLAIN.match(value)))
