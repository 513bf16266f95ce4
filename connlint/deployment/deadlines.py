"""When a request or a task is ended from outside, and which settings end its statement before that.

Seconds everywhere. Real deadlines only: gunicorn's `timeout` with sync workers (a heartbeat elsewhere, lab T21), uWSGI's
`harakiri`, Celery's hard time limit, Heroku's router. The map puts the first two on the process group.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.idle import in_seconds
from connlint.deployment.model import Concurrency, Deployment, Engine, Route, Server
from connlint.deployment.startup import session_setting
from connlint.facts import product
from connlint.formats.postgresql.values import typed
from connlint.records import dataclass
from connlint.value import ABSENT, Certainty, Origin, Value, Verdict

# Celery's hard limit in Django's settings: with namespace="CELERY", and by its name before 4.0. The soft one only
# raises inside the task (https://docs.celeryq.dev/en/stable/userguide/configuration.html#task-time-limit).
_CELERY_LIMITS = ("CELERY_TASK_TIME_LIMIT", "CELERYD_TASK_TIME_LIMIT")


@dataclass(frozen=True, slots=True, eq=False)
class Deadline:
    """After `seconds`, `ends` says what happens to the work; `setting` is the name behind it, where there is one."""

    setting: str
    seconds: Value
    ends: str

    @property
    def told(self) -> str:
        """`gunicorn kills the worker after 30 s (timeout)`, with a word where that is a default."""
        default = ", its default" if is_default(self.seconds) else ""
        return f"{self.ends} after {self.seconds} s ({self.setting}{default})"


def deadline(route: Route) -> Deadline | None:
    """The tightest deadline on work that uses this route; None when nothing known ends it."""
    found = [each for each in _deadlines(route) if in_force(each.seconds) is not None]
    return min(found, key=_tightness, default=None)


def _tightness(found: Deadline) -> float:
    bounds = found.seconds.bounds()
    return float("inf") if bounds is None else bounds[0]


def _deadlines(route: Route) -> Iterator[Deadline]:
    group = route.group
    if group.deadline is not None:
        yield Deadline(group.deadline_name, group.deadline, f"{group.server} kills the worker")
    if group.concurrency is Concurrency.TASKS and group.server == "celery" and group.module is not None:
        for name in _CELERY_LIMITS:
            if name in group.module.names:
                yield Deadline(name, group.module.names[name], "Celery kills the task's process")
                return
    platform = route.server.declared.get("platform") if route.server is not None else None
    if group.name == "web" and platform is not None and platform.always(lambda p: str(p).startswith("heroku")):
        note = Origin.assumed("assumed: what uses Heroku Postgres runs behind Heroku's router")
        yield Deadline("H12", product("heroku").default("router_timeout", None).because(*platform.origins, note),
                       "Heroku's router gives up on the request")  # fmt: skip


def in_force(limit: Value) -> Value | None:
    """`limit` without the alternatives that switch it off (0, None, unset); None when it is off in every case."""
    if not limit.alternatives:
        return limit
    kept = [v for v in limit.alternatives if not (v is ABSENT or v is None or v == 0)]
    if len(kept) == len(limit.alternatives):
        return limit
    return Value.choice(kept, *limit.origins) if kept else None


def reaches(limit: Value, bound: Value) -> Verdict:
    """Whether `limit` comes to `bound` or more: MUST, CAN, HOLDS (it stays below) or UNKNOWN.

    Both in seconds. Alternatives that switch `limit` off never reach; those that switch `bound` off are not reached.
    """
    kept, reached = in_force(limit), in_force(bound)
    if kept is None or reached is None:
        return Verdict.HOLDS
    verdict = _REVERSED[reached.compare(kept)]
    return Verdict.CAN if verdict is Verdict.MUST and (kept is not limit or reached is not bound) else verdict


_REVERSED = {Verdict.HOLDS: Verdict.MUST, Verdict.MUST: Verdict.HOLDS, Verdict.CAN: Verdict.CAN,
             Verdict.UNKNOWN: Verdict.UNKNOWN}  # fmt: skip


def server_limit(route: Route, name: str) -> Value:
    """PostgreSQL's time limit `name` (statement_timeout and the like) as this route's sessions have it, in seconds.

    What OPTIONS.options asks for wins over the server's file; 0 means that there is no limit. Unknown without the
    server's file, and where a pooler may drop what the client asks for (lab T5) or sets something of its own.
    """
    stated = session_setting(route.database, name)
    if route.pooler is not None:
        entry = route.pooler.databases.get(route.pool_database or "", {})
        if stated is not None or "connect_query" in entry:
            return Value.unknown(f"what {route.pooler.name} makes of {name} is not known")
    if stated is None:
        return _of_server(route.server, name)
    if stated.is_unknown:
        return stated
    parsed = typed(product("postgresql").settings[name], str(stated.only))
    if not isinstance(parsed, int):
        return Value.unknown(f"{name} in OPTIONS.options is no duration", *stated.origins)
    return in_seconds(Value.exact(parsed, *stated.origins))


def _of_server(server: Server | None, name: str) -> Value:
    if server is None or server.engine is not Engine.POSTGRESQL or server.document is None:
        where = server.name if server is not None else "the server"
        return Value.unknown(f"{name} of {where} is not known")
    return in_seconds(server.get(name))


def known_off(limit: Value) -> bool:
    """Whether `limit` is known to be switched off in every case."""
    return limit.always(lambda v: v == 0 or v is None)


def is_default(value: Value) -> bool:
    """Whether nobody wrote the value down: it is the product's own."""
    return value.certainty is Certainty.DEFAULT


def deadlined(deployment: Deployment) -> Iterator[tuple[Route, Deadline]]:
    """Every PostgreSQL route with a deadline, and that deadline."""
    for route in deployment.routes:
        if route.database.engine is Engine.POSTGRESQL and (found := deadline(route)) is not None:
            yield route, found
