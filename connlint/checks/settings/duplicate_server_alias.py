"""Two aliases lead to the same server: each thread that uses both holds two connections there.

https://docs.djangoproject.com/en/stable/topics/db/multi-db/ (an alias has connections of its own, whatever its server);
incidents 24: a copied alias for a "replica" doubled the connections.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from connlint.checks.lifetimes._piling import NETWORKED
from connlint.checks.lifetimes._words import at
from connlint.deployment.model import Database, Deployment, Server, SettingsModule
from connlint.deployment.servers import address_of
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Certainty, Value, Verdict


@rule(severity=Severity.INFO, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    ends: dict[tuple[str, str], set[Server]] = defaultdict(set)  # a pooler may lead two aliases to two servers
    for route in deployment.routes:
        if route.server is not None:
            ends[route.database.module, route.database.alias].add(route.server)
    for module in deployment.modules:
        networked = [d for d in module.databases.values() if d.engine in NETWORKED and not d.states("TEST.MIRROR")]
        for one, other in combinations(networked, 2):
            alike = one.engine is other.engine and address_of(one) == address_of(other) and _same_place(one, other)
            if alike and len(ends[module.name, one.alias] | ends[module.name, other.alias]) < 2:
                yield _found(module, one, other)


def _found(module: SettingsModule, one: Database, other: Database) -> Found:
    routers = module.names.get("DATABASE_ROUTERS")
    name, second = one.get("NAME"), other.get("NAME")
    one_database = name.is_exact and second.is_exact and name.only == second.only
    routed = routers is not None and routers.always(bool)
    return Found(
        f'"{one.alias}" and "{other.alias}" lead to the same server ({address_of(one)}): a thread that uses both holds two '
        "connections there",
        (
            *at(other.get("HOST"), f'the server of "{other.alias}"', other.span),
            *at(one.get("HOST"), f'the server of "{one.alias}"', one.span),
            *((Evidence(routers, "routers send queries to more than one alias"),) if routed and routers else ()),
        ),
        subject=f"{module.name}:{one.alias}, {other.alias}",
        help="count its connections twice" + (", or use one alias for both" if one_database else ""),
        verdict=Verdict.MUST if routed else Verdict.CAN,
    )


def _same_place(one: Database, other: Database) -> bool:
    """Whether both addresses are certain, or come from the same variables, so that production keeps them equal."""
    return all(_same(one.get(key), other.get(key)) for key in ("HOST", "PORT"))


def _same(a: Value, b: Value) -> bool:
    if not a.is_exact or not b.is_exact:
        return False
    certain = a.certainty <= Certainty.DEFAULT and b.certainty <= Certainty.DEFAULT
    return certain or _variables(a) == _variables(b)


def _variables(value: Value) -> frozenset[str]:
    """What the value hangs on that production may set otherwise."""
    return frozenset(origin.note for origin in value.origins if origin.certainty is Certainty.ASSUMED)
