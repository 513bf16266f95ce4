"""Connections are kept and never tested: when the server or the network drops one, the next request fails with it.

https://docs.djangoproject.com/en/stable/ref/settings/#conn-health-checks (Django 4.1); lab T1, T2: OperationalError on the first
request after the drop, and none with CONN_HEALTH_CHECKS, which costs one short query for each request.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._unknown import unknown_setting
from connlint.checks.lifetimes._piling import NETWORKED
from connlint.checks.lifetimes._words import at, setting
from connlint.deployment.client_pool import has_pool
from connlint.deployment.declaring import line
from connlint.deployment.model import Concurrency, Database, Deployment, ProcessGroup
from connlint.deployment.processes import UNSEEN, unseen_fact
from connlint.facts import Version
from connlint.finding import Safety, Severity
from connlint.fixing.keys import set_beside
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Verdict

KEY = "CONN_HEALTH_CHECKS"
_SINCE = Version((4, 1))


@rule(severity=Severity.WARNING, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    seen = set()
    for group in deployment.groups:
        for database in group.databases.values():
            if group.concurrency in (Concurrency.THREADS, None) and database not in seen and _is_untested(database):
                seen.add(database)
                yield from _judged(deployment, group, database)


def _is_untested(database: Database) -> bool:
    """Whether connections of this alias may be kept without a test; what Django cannot do is not asked of it."""
    tested = database.get(KEY)
    old = database.django is not None and database.django < _SINCE
    return (
        database.engine in NETWORKED and database.persistent is not False and has_pool(database) is False
        and not tested.always(bool) and not old
    )  # fmt: skip


def _judged(deployment: Deployment, group: ProcessGroup, database: Database) -> Iterator[Found | Missing]:
    age, tested = database.get("CONN_MAX_AGE"), database.get(KEY)
    unknown = next((key for key, value in (("CONN_MAX_AGE", age), (KEY, tested)) if value.is_unknown), None)
    if unknown is not None:
        yield unknown_setting(database, unknown)
    elif group.concurrency is None:
        yield _serving(group)
    elif database.django is None:
        yield Missing("which version of Django is installed", line("versions", "django", value="5.2"))
    else:
        sure = database.persistent is True and not tested.ever(bool)
        stated = database.states(KEY)
        yield Found(
            f'{group.name} keeps connections to "{database.alias}" (CONN_MAX_AGE is {age}) and never tests them: the first '
            "request after the server or the network has dropped one fails",
            (
                *at(age, "kept for the next request", database.span),
                *(at(tested, "not tested before", database.span) if stated else ()),
                Evidence(group.worker_class, "serves with threads that use it again"),
            ),
            subject=setting(database, KEY),
            help=f'set "{KEY}": True in the alias: one short query when a request first uses a kept connection',
            verdict=Verdict.MUST if sure else Verdict.CAN,
            fix=set_beside(
                deployment,
                database,
                "CONN_MAX_AGE",
                KEY,
                "True",
                f"{'set' if stated else 'add'} {KEY} = True",
                Safety.SAFE,
            ),
        )


def _serving(group: ProcessGroup) -> Missing:
    """What serves the requests, which decides whether a kept connection is used again."""
    if group.server == UNSEEN:
        return Missing(*unseen_fact(group))
    return Missing(f"how the worker class of {group.name} serves requests", "")
