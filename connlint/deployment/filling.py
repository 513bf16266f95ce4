"""How many connections a pooler's pools open together: their sizes, the caps over several, and the clients there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, combinations
from typing import Final, TypeAlias

from connlint.deployment import demand
from connlint.deployment.pools import Pool
from connlint.records import dataclass
from connlint.value import Number, Origin, Value, total

_MOST_CAPPED: Final = (
    10  # databases with a cap of their own, where users have caps as well: 2 to the power of it is work
)

Bound: TypeAlias = Number | None  # None: no bound


@dataclass(frozen=True, slots=True)
class Share:
    """Pools of one pooler that are counted together, in connections on the server.

    `may_open`: what their sizes and caps allow, over all instances, whoever connects. `opens` and `deploy`: what the
    known clients make of it, between deploys and during one: as much as they fill, and never more than they are
    (or than min_pool_size keeps).
    """

    name: str
    may_open: Value
    opens: Value
    deploy: Value


def shares(pools: tuple[Pool, ...]) -> Iterator[Share]:
    """A share for each entry of [databases]; one for all where a user's cap reaches over several entries."""
    by_entry: dict[str, list[Pool]] = {}
    for pool in pools:
        by_entry.setdefault(pool.entry, []).append(pool)
    if len(by_entry) > 1 and any(pool.user_cap is not None for pool in pools):
        yield _share(", ".join(by_entry), pools)
        return
    for entry, own in by_entry.items():
        yield _share(entry, tuple(own))


def _share(name: str, pools: tuple[Pool, ...]) -> Share:
    allowed, instances = _allowed(pools), pools[0].pooler.instances
    return Share(
        name,
        demand.times(allowed, instances),
        _opened(pools, allowed, instances, deploying=False),
        _opened(pools, allowed, instances, deploying=True),
    )


def _allowed(pools: tuple[Pool, ...]) -> Value:
    """What one instance may open: a sum that people can follow, within the bounds of the exact maximum."""
    whole = total(_of_database(own) for own in _grouped(pools, "database"))
    caps = {pool.user: pool.user_cap for pool in pools}
    known = [cap for cap in caps.values() if cap is not None]
    if len(known) == len(caps):
        whole = whole.at_most(total(known))
    unasked: dict[Pool, Bound] = dict.fromkeys(pools)
    return _within(whole, _flow(pools, True, unasked), _flow(pools, False, unasked))


def _of_database(pools: tuple[Pool, ...]) -> Value:
    """The sizes of one database's pools, `20 x 2 users` where they are alike, up to its cap."""
    sizes = dict.fromkeys(pool.size for pool in pools)
    if len(sizes) == 1 and len(pools) > 1:
        least = max(1, sum(pool.certain for pool in pools))
        users = Value.between(least, len(pools), Origin.default("users of the settings"))
        whole = pools[0].size * users.named("users")
    else:
        whole = total(pool.size for pool in pools)
    cap = pools[0].database_cap
    return whole if cap is None else whole.at_most(cap)


def _opened(pools: tuple[Pool, ...], allowed: Value, instances: Value, *, deploying: bool) -> Value:
    """What the known clients open in all instances.

    They may all meet one instance, or come to each in turn while the connections of the others idle.
    """
    asked = {pool: _asked(pool, deploying) for pool in pools}
    low = _flow(pools, True, {pool: ends[0] for pool, ends in asked.items()})
    high = _flow(pools, False, {pool: ends[1] for pool, ends in asked.items()})
    spread = instances.bounds()
    most = None if spread is None or spread[1] is None or high is None else high * spread[1]
    clients = total(pool.clients(deploying=deploying) for pool in pools)
    if clients.bounds() == (low, most):
        return clients
    return _within(demand.times(allowed, instances), low, most)


def _asked(pool: Pool, deploying: bool) -> tuple[Bound, Bound]:
    """The least and the most connections that the pool's known clients have it open."""
    clients = pool.clients(deploying=deploying)
    least, most = _end(clients, True), _end(clients, False)
    kept = _end(pool.kept, False) or 0
    return least, None if most is None else max(most, kept)


def _flow(pools: tuple[Pool, ...], least: bool, asked: Mapping[Pool, Bound]) -> Bound:
    """The most connections that sizes, caps and clients let through, each at its lower or at its upper end."""
    if least and len({pool.database for pool in pools if pool.database_cap is not None}) > _MOST_CAPPED:
        return 0
    counted = tuple(_distinct(pools)) if least else pools
    edges: dict[tuple[str, str], Bound] = {}
    for pool in counted:
        edges[pool.database, pool.user] = _smaller(_end(pool.size, least), asked[pool])
    of_databases = {p.database: _end(p.database_cap, least) for p in counted if p.database_cap is not None}
    of_users = {p.user: _end(p.user_cap, least) for p in counted if p.user_cap is not None}
    if least and of_users and not all(pool.certain for pool in counted):
        smallest = min((cap for cap in of_users.values() if cap is not None), default=None)
        return _smaller(most_through(edges, of_databases, {}), smallest)  # they may all be one user
    return most_through(edges, of_databases, of_users)


def _distinct(pools: tuple[Pool, ...]) -> Iterator[Pool]:
    """The pools that are there for sure: one whose user is not known may be the same as another of its database."""
    for own in _grouped(pools, "database"):
        certain = [pool for pool in own if pool.certain]
        yield from certain or own[:1]


def most_through(
    edges: Mapping[tuple[str, str], Bound], databases: Mapping[str, Bound], users: Mapping[str, Bound]
) -> Bound:
    """The largest sum of edges (database, user) under caps on databases and on users; None: without bound.

    A bipartite flow: the largest flow is the smallest cut, which caps some of the databases. With very many caps it is
    only a bound: no more than this.
    """
    capped = [name for name in dict.fromkeys(d for d, _ in edges) if databases.get(name) is not None]
    if not users:
        cuts: Iterable[tuple[str, ...]] = [
            tuple(n for n in capped if _exceeds(_sum_of(edges, database=n), databases[n]))
        ]
    elif len(capped) <= _MOST_CAPPED:
        cuts = chain.from_iterable(combinations(capped, size) for size in range(len(capped) + 1))
    else:
        cuts = [(), tuple(capped)]
    smallest: Bound = None
    for cut in cuts:
        rest = {key: value for key, value in edges.items() if key[0] not in cut}
        parts = [databases[name] for name in cut]
        for user in dict.fromkeys(u for _, u in rest):
            parts.append(_smaller(_sum_of(rest, user=user), users.get(user)))
        smallest = _smaller(smallest, _sum(parts))
    return smallest


def _sum_of(edges: Mapping[tuple[str, str], Bound], *, database: str | None = None, user: str | None = None) -> Bound:
    return _sum(v for (d, u), v in edges.items() if d == database or u == user)


def _sum(parts: Iterable[Bound]) -> Bound:
    whole: Number = 0
    for part in parts:
        if part is None:
            return None
        whole += part
    return whole


def _smaller(a: Bound, b: Bound) -> Bound:
    return b if a is None else a if b is None else min(a, b)


def _exceeds(a: Bound, cap: Bound) -> bool:
    return cap is not None and (a is None or a > cap)


def _grouped(pools: tuple[Pool, ...], key: str) -> Iterator[tuple[Pool, ...]]:
    names = dict.fromkeys(getattr(pool, key) for pool in pools)
    return (tuple(pool for pool in pools if getattr(pool, key) == name) for name in names)


def _end(value: Value, least: bool) -> Bound:
    """The lower (0 where nothing is known) or upper end of a number of connections."""
    bounds = value.bounds()
    low, high = (value.least, value.most) if bounds is None else bounds
    return (low or 0) if least else high


def _within(value: Value, least: Bound, most: Bound) -> Value:
    """`value` itself when these are its bounds, else a range that its sum does not prove."""
    if value.bounds() == (least, most):
        return value
    if value.is_unknown:
        return Value.unknown(value.reason, *value.origins, least=least, most=most)
    return Value.between(least or 0, most, *value.origins)
