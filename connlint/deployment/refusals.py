"""What PgBouncer does with the start-up parameters that a client's OPTIONS.options sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from connlint.deployment.model import Deployment, Pooler, Route
from connlint.deployment.startup import startup_parameters
from connlint.facts import Version, product
from connlint.value import Value


class Fate(Enum):
    """What becomes of a start-up parameter at the pooler."""

    KEPT = "kept"  # set on every server connection the client gets
    REFUSED = "refused"  # the connection fails
    DROPPED = "dropped"  # the client connects, and the setting is gone
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sent:
    """One parameter that an alias sends through a PgBouncer. `ruling`: the pooler's setting that decides."""

    route: Route
    pooler: Pooler
    name: str
    value: Value
    fate: Fate
    ruling: Value


# Release 1.20 reads the parameters inside of `options`; before it `options` is one parameter, refused or ignored whole
# (PgBouncer NEWS 1.20; src/client.c, set_startup_options).
_READS_OPTIONS = Version((1, 20))


def sent_parameters(deployment: Deployment) -> Iterator[Sent]:
    """Every start-up parameter that goes to a PgBouncer, once per alias and pooler."""
    seen = set()
    for route in deployment.routes:
        pooler = route.pooler
        key = (route.database.module, route.database.alias, pooler)
        if pooler is None or pooler.kind != "pgbouncer" or key in seen:
            continue
        seen.add(key)
        ignored = pooler.get("ignore_startup_parameters")
        for name, value in (startup_parameters(route.database) or {}).items():
            yield Sent(route, pooler, name, value, _fate(pooler, name, ignored), ignored)


def _fate(pooler: Pooler, name: str, ignored: Value) -> Fate:
    if not ignored.is_exact:
        return Fate.UNKNOWN
    names = _words(ignored)
    if pooler.version is None:
        fates = {_of_version(pooler, name, names, reads) for reads in (True, False)}
        return fates.pop() if len(fates) == 1 else Fate.UNKNOWN
    return _of_version(pooler, name, names, pooler.version >= _READS_OPTIONS)


def _of_version(pooler: Pooler, name: str, ignored: frozenset[str], reads_options: bool) -> Fate:
    if not reads_options:
        return Fate.DROPPED if "options" in ignored else Fate.REFUSED
    tracked = product("pgbouncer").sets["tracked_parameters"] | _words(pooler.get("track_extra_parameters"))
    if name in tracked:
        return Fate.KEPT
    return Fate.DROPPED if ignored & {name, "options"} else Fate.REFUSED


def _words(value: Value) -> frozenset[str]:
    """The names in a list setting, in lower case."""
    lists = (v for v in value.alternatives if isinstance(v, (list, tuple)))
    return frozenset(str(word).lower() for words in lists for word in words)
