"""What a client asks for while it connects: libpq's `options`, MySQL's `init_command`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from connlint.deployment.model import Database, Engine
from connlint.value import Value

# libpq hands `options` to the server as command-line switches: -c name=value, -cname=value or --name=value, a
# backslash before white space keeps it (https://www.postgresql.org/docs/current/libpq-connect.html, "options").
_SWITCH = re.compile(r"(?:-c\s*|--)(?P<name>[A-Za-z_][\w.-]*)=(?P<value>(?:\\.|[^\s\\])*)")
_ASSIGNMENT = re.compile(
    r"(?:\bset\b|,)\s*(?:session\s+|local\s+|@@session\.|@@)?(?P<name>[a-z_]+)\s*=\s*(?P<value>[^,;\s]+)", re.IGNORECASE
)
_BLANKS = " \t\n\v\f\r"
_LONGEST = 4_000  # characters; longer than any real one


def switches(text: str) -> Iterator[tuple[str, str, str]]:
    """Each server setting in the text of `options`: `-c` or `--`, the name as it is spelled, the value."""
    for match in _SWITCH.finditer(text[:_LONGEST]):
        yield match.group()[:2], match["name"], match["value"].replace("\\", "")


def without(text: str, names: Collection[str]) -> str:
    """The text of `options` without the settings `names`, as they are spelled in it."""
    return " ".join(match.group() for match in _SWITCH.finditer(text[:_LONGEST]) if match["name"] not in names)


def unread_by_pgbouncer(text: str) -> bool:
    """Whether `options` holds something beside settings, be it a blank at the end: PgBouncer then refuses all of it."""
    at = 0
    for match in _SWITCH.finditer(text[:_LONGEST]):
        if text[at : match.start()].strip(_BLANKS):
            return True
        at = match.end()
    return at < len(text)


def startup_parameters(database: Database) -> Mapping[str, Value] | None:
    """Server settings that OPTIONS.options sends at start-up, by name in lower case, the text as the value.

    Empty when there is no `options`; None when it is there and cannot be told.
    """
    stated = database.settings.get("OPTIONS.options")
    if stated is None:
        return {}
    if not stated.is_exact:
        return None
    text = stated.only
    if text in (None, ""):
        return {}
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    return {name.lower().replace("-", "_"): Value.exact(value, *stated.origins) for _, name, value in switches(text)}


def session_variables(database: Database) -> Mapping[str, Value] | None:
    """Session variables that MySQL's OPTIONS.init_command sets; None when it is there and cannot be told."""
    stated = database.settings.get("OPTIONS.init_command")
    if stated is None:
        return {}
    if not stated.is_exact or not isinstance(stated.only, str) or len(stated.only) > _LONGEST:
        return None
    return {
        match["name"].lower(): Value.exact(match["value"].strip("'\""), *stated.origins)
        for match in _ASSIGNMENT.finditer(stated.only)
    }


def session_setting(database: Database, name: str) -> Value | None:
    """The text this client sets for the server setting `name` in its session; None when it sets none.

    Unknown when it may set it and nobody can tell.
    """
    if database.engine is Engine.MYSQL:
        found = session_variables(database)
        key = "OPTIONS.init_command"
    else:
        found = startup_parameters(database)
        key = "OPTIONS.options"
    if found is None:
        return Value.unknown(f"{key} is not known", *database.settings[key].origins)
    return found.get(name)
