"""Nobody sets the number of workers, and the platform does: it follows the size of the machine, silently.

https://devcenter.heroku.com/articles/python-concurrency; gunicorn and uvicorn take WEB_CONCURRENCY for their workers.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.injected import injected_into
from connlint.deployment.model import Database, Deployment
from connlint.deployment.routes import NETWORKED
from connlint.deployment.servers import address_of
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Certainty, Value


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        platform = injected_into(group.processes)
        if platform is None or group.span is None or not group.databases:
            continue
        if all(_is_on_the_machine(database) for database in group.databases.values()):
            continue  # a database beside the process: this runs on a machine of its own
        yield Found(
            f"nothing sets the workers of {group.name}, so {platform.title} does: WEB_CONCURRENCY is {_amount(group.processes)} "
            "by the size of the machine, and a larger one opens more connections",
            (Evidence(group.span, "no number of workers"),),
            subject=f"{group.name}: WEB_CONCURRENCY",
            help="set the number of workers, or WEB_CONCURRENCY, to what your database has room for",
        )


def _is_on_the_machine(database: Database) -> bool:
    host = database.get("HOST")
    stated = database.states("HOST") and host.is_exact and host.certainty is Certainty.EXACT
    return stated and database.engine in NETWORKED and address_of(database).partition(":")[0] == "localhost"


def _amount(value: Value) -> str:
    bounds = value.bounds()
    return str(value) if bounds is None or bounds[0] == bounds[1] else f"{bounds[0]} to {bounds[1]}"
