"""OPTIONS["pool"] is neither True nor a dict of arguments that ConnectionPool takes: the first query fails, or no pool is made.

https://www.psycopg.org/psycopg3/docs/api/pool.html#psycopg_pool.ConnectionPool; lab T9: {"minsize": 2} is a TypeError, and {}
is no pool at all. Django itself passes kwargs, open and configure, and check before 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._slips import is_slip
from connlint.checks.lifetimes._words import at, setting
from connlint.checks.pools._pooled import is_empty, is_no_switch
from connlint.checks.settings._keys import nearest
from connlint.deployment.model import Database, Deployment, Engine
from connlint.facts import Version, product
from connlint.finding import Severity
from connlint.fixing.entries import key_or_value, rename
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import ABSENT, Value, Verdict

_NUMBERS = ("int", "seconds")


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        if database.engine is not Engine.POSTGRESQL:
            continue
        switch = database.settings.get("OPTIONS.pool")
        if switch is not None:
            yield from _switch(database, switch)
        seen = set()
        for name, value in database.below("OPTIONS.pool"):
            argument = name.partition(".")[0]
            if argument not in seen and value.ever(lambda v: v is not ABSENT) | value.is_unknown:
                seen.add(argument)
                yield from _argument(database, argument, value, deployment.version("psycopg-pool"))


def _switch(database: Database, switch: Value) -> Iterator[Found]:
    """What stands in place of a dict of arguments."""
    for test, message, label, severity in (
        (is_empty, "is an empty dict, which means no pool", "no pool", Severity.WARNING),
        (
            is_no_switch,
            "is neither True nor a dict: the first query fails with a TypeError",
            "neither True nor a dict",
            None,
        ),
    ):
        if switch.ever(test):
            yield Found(
                f'OPTIONS["pool"] of "{database.alias}" {message}',
                at(switch, label, database.span),
                subject=setting(database, "OPTIONS.pool"),
                help="write True for a pool with its defaults, or a dict with at least one argument, such as min_size",
                severity=severity,
                verdict=Verdict.MUST if switch.always(test) else Verdict.CAN,
            )


def _argument(database: Database, name: str, value: Value, version: Version | None) -> Iterator[Found]:
    """One argument: unknown, passed by Django itself, or text for a number."""
    pool, django = product("psycopg_pool"), product("django_postgresql")
    known, fix = pool.settings.get(name), None
    sure = not value.ever(lambda v: v is ABSENT)
    place = key_or_value(value, name) or database.span
    if pool.knows(name, version) is False:
        near = nearest(name, pool.settings)
        fix = (
            rename(value, name, near)
            if near and is_slip(name, near) and not database.states(f"OPTIONS.pool.{near}")
            else None
        )
        message, label = f"has no argument {name}: the first query fails with a TypeError", "not known"
        help_ = f"write {near}" if near is not None else "remove it"
    elif name in django.sets["pool_reserved"] and _is_reserved(name, database.django):
        message = f"gets {name} from Django already: the first query fails with a TypeError"
        label, help_ = "Django passes it, too", f"remove {name}"
    elif known is not None and known.type in _NUMBERS and value.ever(lambda v: isinstance(v, str)):
        message, label = f"gets text as {name}: the first query fails with a TypeError", "text, not a number"
        help_, sure = f"make {name} a number, as int(...) does", value.always(lambda v: isinstance(v, str))
    else:
        return
    yield Found(
        f'the pool of "{database.alias}" {message}',
        (Evidence(place, label),),
        subject=setting(database, f"OPTIONS.pool.{name}"),
        help=help_,
        verdict=Verdict.MUST if sure else Verdict.CAN,
        fix=fix,
    )


def _is_reserved(name: str, django: Version | None) -> bool:
    """Whether this Django refuses the argument; one that some later version takes counts only where the version is known."""
    freed = product("django_postgresql").settings.get(f"pool.{name}")
    return freed is None or freed.known_in(django) is False
