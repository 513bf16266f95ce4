"""What a change does to the limits: which of them are asked for more or less than before, in words and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from connlint.deployment.budget import Limit, limits
from connlint.deployment.model import Deployment
from connlint.records import dataclass
from connlint.report.cells import printable
from connlint.report.values import amount, as_json
from connlint.value import Value

_OF: Final = {"server": "server {}", "pooler-clients": "clients of {}", "pooler-servers": "pools of {}"}
_THINGS: Final = {"pooler-clients": "client"}


@dataclass(frozen=True, slots=True)
class Change:
    """One limit before and after; None where it is not there."""

    deployment: str
    before: Limit | None
    after: Limit | None

    @property
    def limit(self) -> Limit:
        """The limit as it is now, or as it was last."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def matters(self) -> bool:
        """Whether anything that counts is different."""
        return self.before is None or self.after is None or _figures(self.before) != _figures(self.after)


@dataclass(frozen=True, slots=True)
class Base:
    """What a report is compared with: the commit, its limits, and how many of the findings were there."""

    ref: str
    commit: str
    changes: tuple[Change, ...] = ()
    findings: int = 0

    def lines(self, clean: Callable[[str], str]) -> tuple[str, ...]:
        """A line for each limit that changed."""
        several = len({change.deployment for change in self.changes}) > 1
        told = []
        for change in self.changes:
            if change.matters:
                start = f"{change.deployment}: " if several else ""
                told.append(printable(clean(f"{start}{in_words(change)}")))
        return tuple(told)

    @property
    def name(self) -> str:
        """`main (3f2a1c9d)`."""
        return f"{printable(self.ref)} ({self.commit[:8]})"


def changes(before: Iterable[Deployment], after: Iterable[Deployment]) -> tuple[Change, ...]:
    """Every limit of the deployments, paired by name; where only one of each is left without a partner, these two."""
    was, now = ({each.name: each for each in several} for several in (before, after))
    alone, new = ([name for name in mine if name not in other] for mine, other in ((was, now), (now, was)))
    renamed = {new[0]: alone[0]} if len(alone) == len(new) == 1 else {}
    found = [
        change
        for name, deployment in now.items()
        for change in _of_one(name, was.get(renamed.get(name, name)), deployment)
    ]
    gone = (name for name in alone if name not in renamed.values())
    return (*found, *(change for name in gone for change in _of_one(name, was[name], None)))


def in_words(change: Change) -> str:
    """`server db, max_connections: this change adds 12 connections: 61 -> 73 of 97`."""
    limit, before, after = change.limit, change.before, change.after
    setting = f", {limit.setting}" if limit.setting else ""
    head = f"{_OF.get(limit.kind, '{}').format(limit.at)}{setting}"
    if before is None:
        return f"{head}: new, {amount(limit.steady)} of {amount(limit.usable)}"
    if after is None:
        return f"{head}: no longer there, was {amount(limit.steady)} of {amount(limit.usable)}"
    thing = _THINGS.get(limit.kind, "connection")
    of = amount(after.usable)
    was = amount(before.usable)
    granted = of if of == was else f"{of}, which was {was}"
    if _numbers(before.steady) == _numbers(after.steady):
        told = f"{amount(after.steady)} as before"
    else:
        told = f"{_said(before.steady, after.steady, thing)}: {amount(before.steady)} -> {amount(after.steady)}"
    deploy = ""
    if _numbers(before.deploy) != _numbers(after.deploy) and _numbers(after.deploy) != _numbers(after.steady):
        deploy = f"; during a deploy {amount(before.deploy)} -> {amount(after.deploy)}"
    return f"{head}: {told} of {granted}{deploy}"


def as_json_of(base: Base, clean: Callable[[str], str]) -> dict[str, Any]:
    """The commit, and each limit before and after."""
    return {
        "ref": base.ref,
        "commit": base.commit,
        "findings_before": base.findings,
        "limits": [
            {
                "deployment": change.deployment,
                "at": clean(change.limit.at),
                "kind": change.limit.kind,
                "before": _limit(change.before, clean),
                "after": _limit(change.after, clean),
                "changed": change.matters,
                "summary": clean(in_words(change)),
            }
            for change in base.changes
        ],
    }


def _of_one(name: str, before: Deployment | None, after: Deployment | None) -> Iterator[Change]:
    was = {(limit.at, limit.kind, limit.setting): limit for limit in (limits(before) if before is not None else ())}
    now = {(limit.at, limit.kind, limit.setting): limit for limit in (limits(after) if after is not None else ())}
    for key in dict.fromkeys((*now, *was)):
        yield Change(name, was.get(key), now.get(key))


def _said(before: Value, after: Value, thing: str) -> str:
    mine, theirs = before.bounds(), after.bounds()
    if mine is None or theirs is None or mine[0] != mine[1] or theirs[0] != theirs[1]:
        return f"this change moves the {thing}s"
    number = theirs[0] - mine[0]
    plural = "" if abs(number) == 1 else "s"
    return f"this change {'adds' if number > 0 else 'removes'} {abs(number)} {thing}{plural}"


def _numbers(value: Value) -> object:
    return value.bounds() or (value.least, value.most, "unknown")


def _figures(limit: Limit) -> tuple[object, ...]:
    return tuple(map(_numbers, (limit.usable, limit.steady, limit.deploy)))


def _limit(limit: Limit | None, clean: Callable[[str], str]) -> dict[str, Any] | None:
    if limit is None:
        return None
    figures = {"usable": limit.usable, "steady": limit.steady, "deploy": limit.deploy}
    return {**{name: as_json(value, clean) for name, value in figures.items()}, "verdict": limit.verdict}
