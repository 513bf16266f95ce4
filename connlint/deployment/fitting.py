"""How many fit: the largest number of replicas, processes or threads of a process group that no limit forbids."""

from __future__ import annotations

from typing import Any, Final

from connlint.deployment.budget import Limit, limits
from connlint.deployment.model import Deployment, ProcessGroup
from connlint.records import dataclass, replace
from connlint.value import Origin, Value

COUNTS: Final = ("replicas", "processes", "threads")
_BEYOND: Final = 1 << 20  # more than anybody runs: then nothing limits it


@dataclass(frozen=True, slots=True)
class Fit:
    """`most` of what `key` counts fit, between deploys and during one; None: no limit is in the way, or `unknown` says
    why nobody can tell. `at`: the limit that one more would (or may) exceed, as it then is.
    """

    deployment: str
    key: str
    now: Value
    most: int | None = None
    at: Limit | None = None
    unknown: str = ""


def most_that_fit(deployment: Deployment, group: str, count: str) -> Fit | None:
    """How many of `count` (one of COUNTS) of the process group called `group` fit; None where no group is called so.

    Demand never falls when one of these grows, so the answer is found by halving. Limits that do not depend on it (what a
    pooler's pools may open, whoever connects) are left out.
    """
    mine = next((each for each in deployment.groups if each.name == group), None)
    if mine is None:
        return None
    key = f"processes.{group}.{count}"
    now: Value = getattr(mine, count)

    one, two = (limits(_with(deployment, mine, count, number)) for number in (1, 2))
    fixed = {_which(a) for a, b in zip(one, two, strict=True) if (a.steady, a.deploy) == (b.steady, b.deploy)}
    doubtful = next((limit for limit in one if limit.verdict == "unknown" and _which(limit) not in fixed), None)
    if doubtful is not None:
        return Fit(deployment.name, key, now, unknown=_reason(doubtful))

    def broken(number: int) -> Limit | None:
        found = limits(_with(deployment, mine, count, number))
        return next((each for each in found if each.verdict != "fits" and _which(each) not in fixed), None)

    low, high = 0, 1
    while (found := broken(high)) is None:
        if high >= _BEYOND:
            return Fit(deployment.name, key, now)
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        nearer = broken(middle)
        low, high, found = (middle, high, found) if nearer is None else (low, middle, nearer)
    return Fit(deployment.name, key, now, low, found)


def _which(limit: Limit) -> tuple[str, str, str]:
    return limit.at, limit.kind, limit.setting


def _with(deployment: Deployment, group: ProcessGroup, count: str, number: int) -> Deployment:
    """The deployment with another number in one place."""
    value = Value.exact(number, Origin.declared(None, "what is asked")).named(getattr(group, count).name)
    changed: dict[str, Any] = {count: value}
    other = replace(group, **changed)
    routes = tuple(replace(r, group=other) if r.group is group else r for r in deployment.routes)
    groups = tuple(other if each is group else each for each in deployment.groups)
    return replace(deployment, groups=groups, routes=routes)


def _reason(limit: Limit) -> str:
    """What keeps a limit from being judged."""
    if limit.usable.is_unknown:
        return limit.usable.reason
    unknown = next((term for term in limit.terms if term.connections.is_unknown), None)
    if unknown is not None:
        return unknown.fact or unknown.connections.reason
    return limit.deploy.reason
