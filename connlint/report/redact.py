"""What may be shown and what may not: names of secrets, addresses with passwords, and the final net.

connlint reads files that hold passwords and prints lines of them, so everything here denies by default. There
are three layers: a frame shows of a line only what is certainly harmless or what a finding is about (`masks`),
a listing shows only settings on a short list (below), and whatever is printed passes a `Redactor` that knows
the secrets met while reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

MASK: Final = "•••"

# The only keys of DATABASES whose values are printed. Each says how connections are opened, kept or closed;
# none names a user, a password, a database or a file. HOST is printed without userinfo.
PRINTABLE_DATABASE_KEYS: Final = frozenset(
    {
        "ENGINE", "HOST", "PORT", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "ATOMIC_REQUESTS", "AUTOCOMMIT",
        "DISABLE_SERVER_SIDE_CURSORS", "TIME_ZONE", "TEST.MIRROR", "TEST.MIGRATE", "TEST.CHARSET",
        "OPTIONS", "OPTIONS.pool", "OPTIONS.connect_timeout", "OPTIONS.read_timeout", "OPTIONS.write_timeout",
        "OPTIONS.keepalives", "OPTIONS.keepalives_idle", "OPTIONS.keepalives_interval", "OPTIONS.keepalives_count",
        "OPTIONS.tcp_user_timeout", "OPTIONS.sslmode", "OPTIONS.target_session_attrs", "OPTIONS.prepare_threshold",
        "OPTIONS.server_side_binding", "OPTIONS.isolation_level", "OPTIONS.charset", "OPTIONS.timeout",
        "OPTIONS.transaction_mode", "OPTIONS.threaded", "OPTIONS.CONN_MAX_AGE", "OPTIONS.CONN_HEALTH_CHECKS",
        "OPTIONS.conn_max_age", "OPTIONS.conn_health_checks",
    }
)  # fmt: skip
# The arguments of psycopg_pool.ConnectionPool that are numbers, switches or classes; `conninfo` and `kwargs` are not.
PRINTABLE_POOL_KEYS: Final = frozenset(
    {
        "min_size", "max_size", "timeout", "max_waiting", "max_lifetime", "max_idle", "reconnect_timeout",
        "num_workers", "open", "check", "close_returns", "min", "max", "increment", "getmode",
    }
)  # fmt: skip
# The same by last name, for frames: there a key is seen without its parents.
CONNECTION_KEYS: Final = frozenset(
    {key.rsplit(".", 1)[-1] for key in PRINTABLE_DATABASE_KEYS if key not in ("OPTIONS", "OPTIONS.pool")}
    | {"host", "port", "pool_mode", "pool_size", "min_pool_size", "reserve_pool", "reserve_pool_size"}
)

_SECRET_WORD = re.compile(
    r"pass|pwd|secret|token|credential|dsn|auth|private|user|salt|signature|cookie|conninfo|connstr|licen[cs]e"
    r"|(?:^|[^a-z0-9])(?:keys?|pw|uid|cert|sid)(?:$|[^a-z0-9])|[a-z0-9]keys?$",
    re.I,
)
# `superuser_reserved_connections` and `max_user_connections` count, they do not name: limits are no secrets.
_LIMIT = re.compile(r"(?:connections?|timeout|size|limit|clients?|count|lifetime|delay|attempts|retries)$", re.I)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def looks_secret(key: str) -> bool:
    """Whether a setting of this name can hold a secret, or the name of a user."""
    if _LIMIT.search(key):
        return False
    return bool(_SECRET_WORD.search(key) or _SECRET_WORD.search(_CAMEL.sub("_", key)))


def printable_database_key(key: str) -> bool:
    """Whether the value of this flattened key of DATABASES may be printed."""
    if key in PRINTABLE_DATABASE_KEYS:
        return True
    return key.startswith("OPTIONS.pool.") and key.removeprefix("OPTIONS.pool.") in PRINTABLE_POOL_KEYS


# The keys of settings whose values are words; the others hold numbers and switches, and a word there is none of their own.
WORD_KEYS: Final = frozenset(
    {
        "ENGINE", "HOST", "PORT", "TIME_ZONE", "MIRROR", "CHARSET", "sslmode", "target_session_attrs",
        "isolation_level", "charset", "transaction_mode", "host", "port", "pool_mode", "check", "getmode",
        "DATABASE_ROUTERS", "INSTALLED_APPS", "MIDDLEWARE", "SESSION_ENGINE", "BACKEND", "worker_class",
    }
)  # fmt: skip

# Every pattern passes a line once, however long and hostile.
_UNBROKEN = re.compile(r"[^\s'\"<>`]+")
_USER_HOST = re.compile(r"@(?=[\w\[])")
_PATH = re.compile(r"[^/?#]*(/[^?#]+)?")
_PARAMETER = re.compile(r"[?&;]([\w.-]*)=?([^&;#]*)")
_PARAMETER_VALUE = re.compile(r"[\w.:-]{0,40}\Z")
_PAIR = re.compile(r"(?<![\w.-])([A-Za-z_][\w.-]*)=('[^']*'|\"[^\"]*\"|[^\s&'\"`,;)\]}]+)")


def secret_ranges(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of any text that an address must not show, and a value after `password=` and the like."""
    if "@" in text or "://" in text:
        for word in _UNBROKEN.finditer(text):
            yield from ((word.start() + a, word.start() + b) for a, b in _in_address(word.group()))
    for match in _PAIR.finditer(text):
        if looks_secret(match.group(1)):
            yield match.span(2)


def _in_address(word: str) -> Iterator[tuple[int, int]]:
    """Userinfo; the path when there is userinfo; and the parameters that are not on the list of connection settings."""
    scheme = word.find("://")
    ends = [match.start() for match in _USER_HOST.finditer(word)]
    end = ends[-1] if ends else -1
    begin = scheme + 3 if 0 <= scheme < end else -1
    if begin < 0 < end:
        colon = word.find(":", 0, end)
        begin = 1 + max(word.rfind(sign, 0, colon) for sign in "/@=,;(") if colon > 0 else end
    if 0 <= begin < end:
        yield begin, end
    if scheme < 0:
        return
    path = _PATH.match(word, max(end + 1, scheme + 3))
    if end > scheme and path is not None and path.group(1):
        yield path.start(1) + 1, path.end(1)
    query = word.find("?", max(end, scheme))
    for parameter in _PARAMETER.finditer(word, query) if query >= 0 else ():
        if parameter.group(1) not in CONNECTION_KEYS or not _PARAMETER_VALUE.match(parameter.group(2)):
            yield parameter.span(2)


def scrub(text: str) -> str:
    """`text` with its `secret_ranges` masked."""
    if "@" not in text and "=" not in text:
        return text
    parts, at = [], 0
    for start, end in merged(secret_ranges(text)):
        parts += [text[at:start], MASK]
        at = end
    return "".join((*parts, text[at:]))


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same places as sorted ranges that neither overlap nor touch; empty ones left out."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


# Too common to be told from ordinary words: as passwords they give nothing away that their own line does not,
# and masking them everywhere would make reports unreadable.
_COMMON_TEXT: Final = """
postgres postgresql pgbouncer mysql mariadb sqlite sqlite3 oracle redis root admin default primary replica
localhost django gunicorn uwsgi celery psycopg psycopg2 password passwd secret user username database name
host port test tests true false none null web worker beat app dev development production staging local main
settings config connection connections the and not
"""
_COMMON: Final = frozenset(_COMMON_TEXT.split())
_SHORTEST: Final = 3
_ANYWHERE: Final = 8  # from this length on, a secret is masked inside longer words too
_MOST: Final = 2000


class Redactor:
    """The final net: masks known secret strings and `secret_ranges` in whatever is about to be printed."""

    def __init__(self, secrets: Iterable[str] = (), harmless: Iterable[str] = ()) -> None:
        known = {s.strip() for s in secrets} - set(harmless)
        usable = sorted((s for s in known if _worth_hiding(s)), key=len, reverse=True)[:_MOST]
        self._patterns = [re.escape(s) if len(s) >= _ANYWHERE else rf"(?<!\w){re.escape(s)}(?!\w)" for s in usable]

    @cached_property
    def _known(self) -> re.Pattern[str] | None:
        """Compiled once something is printed: a run without findings needs none."""
        return re.compile("|".join(self._patterns)) if self._patterns else None

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        return scrub(self._known.sub(MASK, text) if self._known else text)

    def ranges(self, text: str) -> Iterator[tuple[int, int]]:
        """The stretches of `text` that are secret."""
        yield from secret_ranges(text)
        if self._known:
            yield from (match.span() for match in self._known.finditer(text))

    def __repr__(self) -> str:
        return "Redactor(•••)"


def _worth_hiding(secret: str) -> bool:
    if len(secret) < _SHORTEST or secret.lower() in _COMMON:
        return False
    return not (secret.isdigit() and len(secret) < 5)
