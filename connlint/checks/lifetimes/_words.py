"""How the rules about lifetimes put a time into words, and where they point when nobody wrote one down."""

from __future__ import annotations

from connlint.deployment.deadlines import Deadline, in_force, is_default
from connlint.deployment.model import Database, IdleKill
from connlint.rulebook import Evidence
from connlint.source import Span
from connlint.value import Value


def kept(age: Value) -> str:
    """`for ever`, `for 600 s`, `for 0 or 600 s`, `for ever or for 60 s`: how long a CONN_MAX_AGE keeps a connection."""
    if not age.alternatives:
        return f"for {age} s"
    numbers = " or ".join(str(v) for v in age.alternatives if v is not None)
    told = ["for ever"] if age.ever(lambda v: v is None) else []
    return " or ".join([*told, f"for {numbers} s"] if numbers else told)


def hangs_up(kill: IdleKill) -> str:
    """`db.internal hangs up after 300 s idle (wait_timeout)`, with a word where that is a default."""
    default = ", its default" if is_default(kill.seconds) else ""
    return f"{kill.of} hangs up after {limit(kill.seconds)} s idle ({kill.setting}{default})"


def limit(seconds: Value) -> Value:
    """What to show of a time limit: without the alternatives that switch it off."""
    return in_force(seconds) or seconds


def setting(database: Database, key: str) -> str:
    """The subject of a finding about one key of an alias: `shop.settings:default.CONN_MAX_AGE`."""
    return f"{database.module}:{database.alias}.{key}"


def at(value: Value, text: str, *others: Span | None) -> tuple[Evidence, ...]:
    """`value` as evidence; where it leads back to no file (a default, the command line), at the first place of `others`."""
    if value.span is not None:
        return (Evidence(value, text),)
    place = next((span for span in others if span is not None), None)
    return (Evidence(value),) if place is None else (Evidence(place, text), Evidence(value))


def ending(found: Deadline) -> Evidence:
    """What ends the work, as evidence."""
    return Evidence(found.seconds, f"{found.ends} after {found.seconds} s")


def below(limit: Value) -> int | None:
    """A number of seconds that stays below `limit` with time to spare: a tenth, at least 10 s where there is room."""
    bounds = limit.bounds()
    if bounds is None or bounds[0] < 2:
        return None
    return int(bounds[0] - max(bounds[0] // 10, 10)) if bounds[0] > 20 else int(bounds[0] // 2)
