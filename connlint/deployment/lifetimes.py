"""How long a connection may live beside how long it may idle: over, at the edge, or below."""

from __future__ import annotations

from enum import Enum

from connlint.deployment.client_pool import has_pool
from connlint.deployment.model import Concurrency, IdleKill, Route
from connlint.value import ABSENT, Number, Value

_EDGE = 5  # seconds: a request that starts so shortly before the end can lose its connection (lab T1, "EQUAL race")
_FOREVER = float("inf")


class Standing(Enum):
    """How an age stands to an idle timeout, worst first."""

    OVER = "over"
    MAY_BE_OVER = "may be over"
    EDGE = "edge"
    MAY_BE_EDGE = "may be edge"
    UNKNOWN = "unknown"
    BELOW = "below"


_WORST_FIRST = tuple(Standing)


def standing(age: Value, kill: Value) -> Standing:
    """Compare CONN_MAX_AGE with an idle timeout, both in seconds; for an age None is for ever, for a timeout 0 is never.

    Sure only when every alternative agrees: one that is over among others makes it MAY_BE_OVER.
    """
    ages, kills = _ages(age), _kills(kill)
    if not ages or not kills:
        return Standing.UNKNOWN
    seen = {_one(a, k) for a in ages for k in kills}
    if len(seen) == 1:
        return seen.pop()
    if Standing.OVER in seen:
        return Standing.MAY_BE_OVER
    return Standing.MAY_BE_EDGE


def worst_kill(route: Route, age: Value) -> tuple[IdleKill, Standing] | None:
    """What hangs up first on this route's idle connections, and how `age` stands to it; None when nothing does.

    Middleboxes, which hang up without a word, are the subject of their own rule.
    """
    judged = [(kill, standing(age, kill.seconds)) for kill in route.kills if not kill.silent]
    return min(judged, key=lambda pair: (_WORST_FIRST.index(pair[1]), _shortest(pair[0])), default=None)


def reuses_connections(route: Route) -> bool:
    """Whether a persistent connection of this route serves later requests: on fixed threads, and without a pool.

    Under ASGI, greenlets and runserver it mostly does not; tasks close theirs (lab T10-T13, T16). Each is a rule's.
    """
    return route.group.concurrency in (Concurrency.THREADS, None) and has_pool(route.database) is False


def _one(age: Number, kill: Number) -> Standing:
    if age <= 0 or kill == _FOREVER:
        return Standing.BELOW
    if age > kill:
        return Standing.OVER
    return Standing.EDGE if age >= kill - _EDGE else Standing.BELOW


def _ages(age: Value) -> list[Number]:
    """The ages to try: every alternative, or both ends of a range. What is no number is not an age."""
    if age.alternatives:
        return [_FOREVER if v is None else v for v in age.alternatives if v is None or isinstance(v, (int, float))]
    return _ends(age)


def _kills(kill: Value) -> list[Number]:
    if kill.alternatives:
        known = [0 if v is None or v is ABSENT else v for v in kill.alternatives]
        return [_FOREVER if v <= 0 else v for v in known if isinstance(v, (int, float))]
    return _ends(kill)


def _ends(value: Value) -> list[Number]:
    bounds = value.bounds()
    return [] if bounds is None else [bounds[0], _FOREVER if bounds[1] is None else bounds[1]]


def _shortest(kill: IdleKill) -> Number:
    ends = _kills(kill.seconds)
    return min(ends, default=_FOREVER)
