"""PgBouncer in a container: a mounted pgbouncer.ini, or the one its image writes out of variables.

Each image has its own names and defaults, as its entrypoint script has them (facts/images.toml). The connection string of its
one entry is made of variables too; of an URL only host, port and name are kept, never what stands before the @.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from connlint.deployment.containers.recognising import Running
from connlint.deployment.containers.stated import Stated, typed
from connlint.facts import Product, product
from connlint.formats.pgbouncer.connstr import FORCED, parts
from connlint.formats.pgbouncer.reader import read_pgbouncer
from connlint.formats.pgbouncer.reader import typed as parsed
from connlint.value import Origin, Value

_TRUE: Final = ("1", "yes", "true")  # is_boolean_yes of the images that have such variables
_MOST_ENTRIES: Final = 50
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_OF_ENTRY: Final = ("host", "port", "dbname", "pool_size", "reserve_pool_size", "pool_mode", "max_db_connections")

Entries = dict[str, Mapping[str, Value]]


def stated(running: Running) -> tuple[Stated, Entries, Entries]:
    """What is stated of the PgBouncer in a container: its settings, its [databases] and its [users]."""
    named = next((word for word in reversed(running.arguments) if not word.known.startswith("-")), None)
    paths = [*running.facts.files]
    if named is not None and named.exact is not None and "." in named.exact:
        paths.insert(0, named.exact)
    source = next((text for path in paths if (text := running.container.text(path)) is not None), None)
    if source is not None:
        document = read_pgbouncer(source, running.container.tree, version=running.version)
        sections = {name: _section(document.groups, f"{name}.") for name in ("databases", "users")}
        return Stated(document.settings, document), sections["databases"], sections["users"]
    table = product("pgbouncer")
    settings: dict[str, Value] = {}
    if running.scripted:
        return Stated(), {}, {}
    for key, names in running.facts.settings.items():
        given = running.variable(names)
        if given is not None and key in table.settings:
            settings[key] = _setting(table, key, given)
    for key, written in running.facts.defaults.items():
        if key not in settings:
            settings[key] = _setting(table, key, Value.exact(written, Origin.default("default of the image")))
    return Stated(settings), dict(_entries(running)), {}


def _section(groups: Mapping[str, Mapping[str, Value]], prefix: str) -> Entries:
    return {name.removeprefix(prefix): values for name, values in groups.items() if name.startswith(prefix)}


def _setting(table: Product, key: str, text: Value) -> Value:
    return typed(text, partial(parsed, table.settings[key]), f"PgBouncer refuses the value of {key}")


def _entries(running: Running) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """The lines of [databases] that the image writes."""
    names = running.facts.entry
    if not names:
        return
    urls = running.variable(names.get("urls", ()))
    url = running.variable(names.get("url", ()))
    if urls is not None:
        for index in range(_count(urls)):
            yield _by_url(running, urls, index)
        return
    if url is not None:
        yield "*", _by_url(running, url, None)[1]  # the only entry there is; its name is part of what may be a secret
        return
    entry = {key: value for key in _OF_ENTRY if (value := _part(running, key)) is not None}
    if "host" not in entry:
        return  # the image does not start without it
    forced = running.variable(names.get("forced", ()))
    if running.variable(names.get("user", ())) is not None or "user" in running.facts.entry_defaults:
        entry["user"] = Value.exact(FORCED)
    if forced is not None and forced.ever(lambda v: str(v).lower() in _TRUE):
        entry["user"] = Value.exact(FORCED, *forced.origins)
    name = _part(running, "name")
    yield (str(name.only) if name is not None and name.is_exact else "*"), entry
    yield from _further(running)


def _further(running: Running) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """`PGBOUNCER_DSN_0` and so on: a name and a connection string each, up to the first that is not set."""
    for prefix in running.facts.entry.get("dsn", ()):
        for index in range(_MOST_ENTRIES):
            value = running.variable((f"{prefix}{index}",))
            if value is None:
                break
            name, _, string = str(value.only).partition("=") if value.is_exact else ("", "", "")
            pairs = {part.key: part.value for part in parts(string[:10_000])[0]}
            entry = {k: _value(k, Value.exact(v, *value.origins)) for k, v in pairs.items() if k in _OF_ENTRY}
            if "user" in pairs:
                entry["user"] = Value.exact(FORCED, *value.origins)
            if name:
                yield name, entry


def _part(running: Running, key: str) -> Value | None:
    """One part of the entry: its variable, else what the image writes there."""
    value = running.variable(running.facts.entry.get(key, ()))
    if value is not None:
        return _value(key, value)
    default = running.facts.entry_defaults.get(key)
    return None if default is None else _value(key, Value.exact(default, Origin.default("default of the image")))


def _value(key: str, text: Value) -> Value:
    if key in ("host", "dbname", "name"):
        return text
    if key == "pool_mode":
        return _setting(product("pgbouncer"), key, text)
    return typed(text, lambda t: int(t) if _WHOLE.fullmatch(t) else None, f"{key} is not a whole number")


def _count(urls: Value) -> int:
    return min(str(urls.only).count(",") + 1, _MOST_ENTRIES) if urls.is_exact else 1


def _by_url(running: Running, value: Value, index: int | None) -> tuple[str, Mapping[str, Value]]:
    """The entry for one of the URLs in a variable (None: there is but one); its name is that of the database."""
    if value.is_unknown:
        return "*", {"host": Value.unknown(value.reason, *value.origins), "port": value}

    def split(read: Callable[[str], object]) -> Value:
        return typed(
            value,
            lambda text: read((text if index is None else text.split(",")[index]).strip()),
            "it is not an URL that can be read",
        )

    port = split(lambda text: _of_url(text)[1] or int(running.facts.entry_defaults.get("port", "5432")))
    name = split(lambda text: _of_url(text)[2] or "*")
    return (str(name.only) if name.is_exact else "*"), {"host": split(lambda text: _of_url(text)[0]), "port": port}


def _of_url(text: str) -> tuple[str | None, int | None, str]:
    """Host, port and database of an URL; nothing of a text that is none."""
    try:
        url = urlsplit(text)
        return (url.hostname, url.port, url.path.lstrip("/")) if url.hostname else (None, None, "")
    except ValueError:
        return None, None, ""
