"""The numbers of a pooler's file that would fit: clients to admit, server connections for a pool."""

from __future__ import annotations

from math import ceil

from connlint.deployment.budget import Limit
from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Deployment, Pooler, Route
from connlint.deployment.pools import pools_of
from connlint.finding import Fix, Safety
from connlint.fixing.lines import set_number
from connlint.fixing.literals import replace_literal

_SIZE = "default_pool_size"


def admit(deployment: Deployment, limit: Limit) -> Fix | None:
    """Raise what a pooler admits to what is asked of each of its instances, during a deploy as well."""
    pooler = _pooler(deployment, limit.at.partition(",")[0])
    asked = limit.steady.bounds()
    instances = pooler.instances.bounds() if pooler is not None else None
    if pooler is None or pooler.kind != "pgbouncer" or asked is None or asked[1] is None or instances is None:
        return None
    if instances[0] < 1 or limit.setting != "max_client_conn":
        return None
    deploy = limit.deploy.bounds() or asked
    number = ceil(max(asked[1], deploy[1] or 0) / instances[0])
    stated = pooler.get(limit.setting)
    return set_number(pooler.document, stated, limit.setting, number, f"raise {limit.setting} to {number}")


def shrink(deployment: Deployment, limit: Limit) -> Fix | None:
    """Lower default_pool_size so far that all pools fit, where it is the size of every one of them."""
    name, _, server = limit.at.partition(" -> ")
    pooler = _pooler(deployment, name)
    asked, granted = limit.steady.bounds(), limit.usable.bounds()
    if pooler is None or pooler.kind != "pgbouncer" or asked is None or asked[1] is None or granted is None:
        return None
    size, instances = pooler.get(_SIZE), pooler.instances
    pools = next((own for at, own in pools_of(deployment, pooler).items() if at.name == server), ())
    if not size.is_exact or not isinstance(size.only, int) or not instances.is_exact or not pools:
        return None
    if not all(set(size.origins) <= set(pool.size.origins) for pool in pools):
        return None  # some have a size of their own
    each = len(pools) * int(str(instances.only))
    number = size.only - ceil((asked[1] - granted[0]) / each)
    if not 1 <= number < size.only:
        return None
    return set_number(pooler.document, size, _SIZE, number, f"lower {_SIZE} to {number}")


def leave(kept: list[Route]) -> Fix | None:
    """Close after each request (lab T22d: then nobody starves), where one setting is all that keeps the connections."""
    ages = {id(route.database): route.database for route in kept}
    database = next(iter(ages.values()))
    if len(ages) != 1 or has_pool(database) is not False:
        return None
    return replace_literal(database.get("CONN_MAX_AGE"), "0", "set CONN_MAX_AGE to 0", Safety.UNSAFE)


def _pooler(deployment: Deployment, name: str) -> Pooler | None:
    return next((pooler for pooler in deployment.poolers if pooler.name == name), None)
